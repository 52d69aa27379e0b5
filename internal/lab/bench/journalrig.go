package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/journal"
)

// journalRig is a journal with what appends to it.
type journalRig struct {
	options JournalOptions
	key     ed25519.PrivateKey
	log     *journal.Log // nil while it is closed
	kept    int64        // entries when it was closed
}

// journalOrigin is the name of the journal that is measured.
const journalOrigin = "RS-BENCH/GOV/10000001/n1"

func newJournalRig(o JournalOptions) (*journalRig, error) {
	if err := mustBeEmpty(o.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	if free, known := freeBytes(o.Dir); known && o.wants() > free {
		return nil, fmt.Errorf("%d entries want %d MB of disk, %s has %d MB", o.Entries, o.wants()/megabyte, o.Dir, free/megabyte)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return &journalRig{options: o, key: key}, nil
}

// wants is more than the journal takes on disk, with what the appenders add.
func (o JournalOptions) wants() int64 {
	const around = 600 // meta, envelope, seals, hashes, place, and a share of checkpoints and keys
	return (o.Entries+int64(o.Seconds)*200_000)*int64(o.Body+around) + 256*megabyte
}

func (r *journalRig) open(ctx context.Context) (err error) {
	r.log, err = journal.Open(ctx, journal.Config{Dir: r.options.Dir, Origin: journalOrigin, Key: r.key}, now, slog.New(slog.DiscardHandler))
	return err
}

// close may be called when it is closed.
func (r *journalRig) close() error {
	if r.log == nil {
		return nil
	}
	err := r.log.Close()
	r.kept, r.log = r.log.Size(), nil
	return err
}

// size is how many entries were acknowledged.
func (r *journalRig) size() int64 {
	if r.log == nil {
		return r.kept
	}
	return r.log.Size()
}

// entry is the entry with a number, as of an answer that was given.
func (r *journalRig) entry(n int64, body []byte) journal.Entry {
	return journal.Entry{
		Kind: "answer", ID: fmt.Sprintf("RS-BENCH-%016x", n), Subjects: []string{fmt.Sprintf("person-%d", n%int64(r.options.Subjects))},
		Meta: fmt.Appendf(nil, `{"client":"RS-BENCH/GOV/10000002/system-1","contract":"records-%d","fields":["/name","/surname","/born","/status"],"number":%d,`+
			`"provision":"zfpp/48","purpose":"family-support","service":"RS-BENCH/GOV/10000001/system-0/records","status":200}`, n%1000, n),
		Body: body,
	}
}

// The filling: so many at once put so many entries together.
const (
	fillers    = 8
	fillAtOnce = journal.MaxTogether
)

// progressEvery is how often people hear how far it is.
const progressEvery = 5 * time.Second

// fill appends the entries, many together.
func (r *journalRig) fill(ctx context.Context, result *JournalResult) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	stop := r.progress()
	defer stop()
	var next atomic.Int64
	busy, begun := cpuSoFar(), time.Now()
	err := together(ctx, fillers, func(ctx context.Context) error { return r.fillSome(ctx, &next) })
	result.FilledPerS = round(float64(r.options.Entries) / time.Since(begun).Seconds())
	result.FillCPU = round(float64((cpuSoFar() - busy).Microseconds()) / float64(r.options.Entries))
	result.FillRSS = round(float64(readUsage(os.Getpid()).rss) / megabyte)
	if err == nil && r.log.Size() != r.options.Entries {
		err = fmt.Errorf("%d entries were acknowledged and %d are there", r.options.Entries, r.log.Size())
	}
	return err
}

func (r *journalRig) fillSome(ctx context.Context, next *atomic.Int64) error {
	body := make([]byte, r.options.Body)
	_, _ = rand.Read(body) // never fails
	entries := make([]journal.Entry, 0, fillAtOnce)
	for {
		end := next.Add(fillAtOnce)
		entries = entries[:0]
		for n := end - fillAtOnce; n < min(end, r.options.Entries); n++ {
			entries = append(entries, r.entry(n, body))
		}
		if len(entries) == 0 {
			return nil
		}
		if _, err := r.log.AppendAll(ctx, entries...); err != nil {
			return err
		}
	}
}

// progress tells people how many entries there are until stop is called.
func (r *journalRig) progress() (stop func()) {
	done := make(chan struct{})
	var telling sync.WaitGroup
	log := r.log
	telling.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = fmt.Fprintf(r.options.Log, "%d entries\n", log.Size())
			case <-done:
				return
			}
		}
	})
	return func() { close(done); telling.Wait() }
}

// together runs work several times at once; when one fails, the others end.
func together(ctx context.Context, times int, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for range times {
		running.Go(func() {
			if err := work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// bytesBelow adds up the files of a folder.
func bytesBelow(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what went away has no size
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
