package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// JournalOptions are the choices of "dobosh-lab bench journal".
type JournalOptions struct {
	Dir       string    // of the journal; must be empty or missing
	Entries   int64     // that the journal has when it is measured, 1,000 to 1,000,000,000
	Body      int       // bytes of the body of an entry, up to 64 KiB; its meta has some 200 more
	Subjects  int       // persons that the entries are about in turn, each with a key; 1 to 10,000,000
	Appenders int       // that append one entry at a time, each waiting until it is durable; 1 to 1024
	Seconds   float64   // that they do so, 1 to 600
	Samples   int       // entries whose proofs are made and verified; 1 to 1,000,000
	Rebuild   bool      // also open the journal without the files that can be made again
	Log       io.Writer // progress for people
}

func (o JournalOptions) check() error {
	return errors.Join(within("entries", o.Entries, 1000, 1_000_000_000), within("body", o.Body, 0, 64<<10), within("subjects", o.Subjects, 1, 10_000_000),
		within("appenders", o.Appenders, 1, 1024), within("seconds", o.Seconds, 1, 600), within("samples", o.Samples, 1, 1_000_000))
}

// JournalResult is what the measurement says, one JSON object. Where entries
// are counted, those of the appenders are in it too.
type JournalResult struct {
	Entries     int64   `json:"entries"`       // that the journal was filled with
	Body        int     `json:"body_bytes"`    // of an entry
	Subjects    int     `json:"subjects"`      // that have a key
	FilledPerS  float64 `json:"filled_per_s"`  // entries, 256 together, durable
	FillCPU     float64 `json:"fill_cpu_us"`   // CPU time for each of them
	FillRSS     float64 `json:"fill_rss_mb"`   // resident memory of the process while it fills, at the end
	Open        float64 `json:"open_s"`        // until the full journal is open
	OpenCPU     float64 `json:"open_cpu_s"`    // CPU time that this takes
	OpenRSS     float64 `json:"open_rss_mb"`   // resident memory that the process gains by it
	Appenders   int     `json:"appenders"`     // at once, on the full journal
	AppendsPerS float64 `json:"appends_per_s"` // entries, one at a time by each appender, durable
	AppendCPU   float64 `json:"append_cpu_us"` // CPU time for each of them
	AppendP50   float64 `json:"append_p50_ms"` // until one is durable
	AppendP99   float64 `json:"append_p99_ms"`
	StampBytes  int     `json:"stamp_bytes"`              // of an entry that was read: salt, audit path and signed checkpoint
	PathHashes  int     `json:"path_hashes"`              // of the audit path, 32 bytes each
	Prove       float64 `json:"prove_us"`                 // to make an audit path; median
	Read        float64 `json:"read_us"`                  // to read an entry and make its stamp; median
	VerifyPerS  float64 `json:"verify_per_s"`             // stamps, one after the other, each with its signature
	KnownPerS   float64 `json:"verify_known_per_s"`       // stamps of one checkpoint, whose signature was verified once
	DiskGB      float64 `json:"disk_gb"`                  // of the whole folder
	DiskEntry   float64 `json:"disk_bytes"`               // of it for each entry
	Rebuild     float64 `json:"rebuild_s,omitempty"`      // until the journal is open without hashes and offsets
	RebuildRSS  float64 `json:"rebuild_rss_mb,omitempty"` // resident memory that the process gains by it
	Samples     int     `json:"samples"`                  // proofs that were made
	Verified    int     `json:"verified"`                 // of them that verify
	FirstErr    string  `json:"first_error,omitempty"`
	Cores       int     `json:"cores"`
}

// OK says that every proof verifies.
func (r JournalResult) OK() bool { return r.Samples > 0 && r.Verified == r.Samples }

// Write says it for people.
func (r JournalResult) Write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%d entries with bodies of %d bytes: %.0f/s together, %.0f/s by %d appenders one at a time (%.2f ms median, %.2f ms 99%%) on %d cores\n",
		r.Entries, r.Body, r.FilledPerS, r.AppendsPerS, r.Appenders, r.AppendP50, r.AppendP99, r.Cores)
	_, _ = fmt.Fprintf(w, "a stamp has %d bytes and %d hashes, is read in %.1f µs (its path in %.1f µs); %.0f/s verified, %.0f/s of a known checkpoint\n",
		r.StampBytes, r.PathHashes, r.Read, r.Prove, r.VerifyPerS, r.KnownPerS)
	_, _ = fmt.Fprintf(w, "open after %.2f s with %.1f MB of memory; %.2f GB on disk, %.0f bytes an entry\n", r.Open, r.OpenRSS, r.DiskGB, r.DiskEntry)
	if r.Rebuild > 0 {
		_, _ = fmt.Fprintf(w, "open after %.2f s when hashes and offsets are made again\n", r.Rebuild)
	}
	_, _ = fmt.Fprintf(w, "%d of %d proofs verify\n", r.Verified, r.Samples)
	if r.FirstErr != "" {
		_, _ = fmt.Fprintf(w, "the first that does not: %s\n", r.FirstErr)
	}
}

// RunJournal fills a journal by its own append path, opens it again, and
// measures it full. It cleans up behind itself except for the folder.
func RunJournal(ctx context.Context, o JournalOptions) (result JournalResult, err error) {
	if err := o.check(); err != nil {
		return result, err
	}
	rig, err := newJournalRig(o)
	if err != nil {
		return result, err
	}
	result = JournalResult{Entries: o.Entries, Body: o.Body, Subjects: o.Subjects, Appenders: o.Appenders, Cores: runtime.NumCPU()}
	defer func() { err = errors.Join(err, rig.close()) }()
	for _, part := range []struct {
		says    string
		measure func(context.Context, *JournalResult) error
	}{
		{fmt.Sprintf("filling the journal with %d entries", o.Entries), rig.fill},
		{"opening it again", rig.reopen},
		{"proving and verifying", rig.prove},
		{"appending one at a time", rig.appendSingly},
		{"making hashes and offsets again", rig.rebuild},
	} {
		_, _ = fmt.Fprintln(o.Log, part.says)
		if err := errors.Join(ctx.Err(), part.measure(ctx, &result)); err != nil {
			return result, fmt.Errorf("%s: %w", part.says, err)
		}
	}
	return result, nil
}

// reopen closes the full journal and opens it.
func (r *journalRig) reopen(ctx context.Context, result *JournalResult) (err error) {
	result.Open, result.OpenCPU, result.OpenRSS, err = r.again(ctx)
	bytes := bytesBelow(r.options.Dir)
	result.DiskGB, result.DiskEntry = round(float64(bytes)/(1<<30)), round(float64(bytes)/float64(r.log.Size()))
	return err
}

// rebuild opens the journal without the files that can be made again, if that
// is wanted.
func (r *journalRig) rebuild(ctx context.Context, result *JournalResult) (err error) {
	if !r.options.Rebuild {
		return nil
	}
	if err := r.close(); err != nil {
		return err
	}
	for _, name := range []string{"hashes", "offsets"} {
		if err := os.Remove(filepath.Join(r.options.Dir, name)); err != nil {
			return err
		}
	}
	result.Rebuild, _, result.RebuildRSS, err = r.again(ctx)
	return err
}

// again opens the journal, which may be open, and says what that takes.
func (r *journalRig) again(ctx context.Context) (seconds, cpu, rss float64, err error) {
	size := r.size()
	if err := r.close(); err != nil {
		return 0, 0, 0, err
	}
	before, busy, begun := spent(), cpuSoFar(), time.Now()
	if err := r.open(ctx); err != nil {
		return 0, 0, 0, err
	}
	seconds, cpu = round(time.Since(begun).Seconds()), round((cpuSoFar() - busy).Seconds())
	if size > 0 && r.log.Size() != size {
		return 0, 0, 0, fmt.Errorf("%d entries were acknowledged and %d are there", size, r.log.Size())
	}
	return seconds, cpu, round(spent().rss - before.rss), nil
}
