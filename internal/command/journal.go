package command

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"

	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/cli"
	"dobosh/internal/node"

	"golang.org/x/mod/sumdb/note"
)

// kept is a journal on the disk and what it is checked with.
type kept struct {
	dir    string
	stored files.Store     // the archive of the journal; nil where there is none
	keys   []note.Verifier // the present one first
	known  [][]byte        // checkpoints that others hold
	stamps string          // folder of the time-stamps
	trust  *timestamp.Trust
}

func checkJournal(ctx context.Context, c *cli.Call) error {
	archive := c.Flags.String("archive", "", "folder or s3:// address of the archive of the journal; with --config the one that it names")
	keyText := c.Flags.String("key", "", "verifier key of the journal; those that it had before follow, with commas between them")
	config := c.Flags.String("config", "", "configuration of the node whose journal it is")
	authority := c.Flags.String("authority", "", "certificate of the time-stamp authority; with --config the one that it names")
	asJSON := c.Flags.Bool("json", false, "print one JSON object")
	if err := c.Parse(0, 1); err != nil {
		return err
	}
	k, err := whichJournal(c.Flags.Arg(0), *keyText, *config)
	if err != nil {
		return err
	}
	if *archive != "" {
		if k.stored, err = files.Open(*archive); err != nil {
			return err
		}
	}
	if *authority != "" {
		if k.trust, err = readAuthority(*authority); err != nil {
			return err
		}
	}
	report, stamps, err := k.check(ctx)
	if err != nil {
		return err
	}
	if err := printJournal(c, report, stamps, *asJSON); err != nil {
		return err
	}
	if !report.OK() {
		return cli.ErrNo
	}
	return nil
}

// check checks the time-stamps first: the log has to extend every checkpoint
// that was time-stamped. It says how many those are.
func (k kept) check(ctx context.Context) (*journal.Report, int, error) {
	stamped, findings, err := timestamp.Check(k.stamps, k.trust, k.keys)
	if err != nil {
		return nil, 0, err
	}
	report, err := journal.Check(ctx, k.dir, k.stored, k.keys, append(stamped, k.known...)...)
	if err != nil {
		return nil, 0, err
	}
	report.Findings = append(report.Findings, findings...)
	return report, len(stamped), nil
}

// whichJournal finds the folder, the key and, for a node, the checkpoint that
// witnesses hold and the authority of its time-stamps.
func whichJournal(dir, keyText, config string) (k kept, err error) {
	if config == "" {
		if dir == "" || keyText == "" {
			return k, errors.New("journal check wants --config FILE, or --key KEY and a folder")
		}
		k.dir, k.stamps = dir, filepath.Join(dir, "timestamps")
		for _, text := range strings.Split(keyText, ",") {
			key, err := journal.ParseKey(strings.TrimSpace(text))
			if err != nil {
				return k, err
			}
			k.keys = append(k.keys, key)
		}
		return k, nil
	}
	cfg, err := node.Load(config)
	if err != nil {
		return k, err
	}
	var key note.Verifier
	if k.dir, key, k.known, err = cfg.Evidence(); err != nil {
		return k, err
	}
	if k.stored, err = cfg.Archive.Store(); err != nil {
		return k, err
	}
	former, err := cfg.FormerKeys()
	if err != nil {
		return k, err
	}
	k.keys = append([]note.Verifier{key}, former...)
	k.stamps, k.trust, err = cfg.TimeStampFiles()
	return k, err
}

func readAuthority(path string) (*timestamp.Trust, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, err
	}
	trust, err := timestamp.NewTrust(raw)
	return &trust, err
}

// journalReport is what "journal check --json" prints.
type journalReport struct {
	OK         bool             `json:"ok"`
	Origin     string           `json:"origin"`
	Entries    int64            `json:"entries"`
	Batches    int              `json:"batches"`
	Segments   int              `json:"segments"`
	Archived   int              `json:"archived"`    // of the segments, that only the archive has
	Erased     int64            `json:"erased"`      // entries whose content was erased
	Ended      int64            `json:"ended"`       // entries whose body is gone because its retention ended
	TimeStamps int              `json:"time_stamps"` // checkpoints that were time-stamped and are extended
	Torn       int64            `json:"torn"`        // bytes behind the last checkpoint, never acknowledged
	Checkpoint string           `json:"checkpoint"`  // newest one with a good signature
	Findings   []journalFinding `json:"findings"`
	More       int              `json:"more"` // findings that are not listed
	Notes      []string         `json:"notes"`
}

type journalFinding struct {
	File   string `json:"file,omitempty"`
	Offset int64  `json:"offset"`
	Entry  int64  `json:"entry"` // first entry concerned; -1 when none is
	Says   string `json:"says"`
}

func printJournal(c *cli.Call, r *journal.Report, stamps int, asJSON bool) error {
	if asJSON {
		out := journalReport{
			OK: r.OK(), Origin: r.Origin, Entries: r.Entries, Batches: r.Batches, Segments: r.Segments, Archived: r.Archived, Erased: r.Erased, Ended: r.Ended,
			TimeStamps: stamps, Torn: r.Torn, Checkpoint: string(r.Checkpoint), Findings: []journalFinding{}, More: r.More, Notes: append([]string{}, r.Notes...),
		}
		for _, f := range r.Findings {
			out.Findings = append(out.Findings, journalFinding{f.File, f.Offset, f.Index, f.Says})
		}
		raw, err := json.Marshal(out)
		c.Printf("%s\n", raw)
		return err
	}
	for _, f := range r.Findings {
		c.Printf("%s\n", f)
	}
	for _, n := range r.Notes {
		c.Printf("note: %s\n", n)
	}
	if r.Archived > 0 {
		c.Printf("note: %d of the segments were read from the archive\n", r.Archived)
	}
	c.Printf("%s: %d entries in %d batches and %d segments, %d erased, %d bodies ended, %d time-stamps, %d findings\n",
		r.Origin, r.Entries, r.Batches, r.Segments, r.Erased, r.Ended, stamps, len(r.Findings)+r.More)
	return nil
}
