package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node"
	"dobosh/internal/services/proof"
	"dobosh/internal/web"

	"golang.org/x/mod/sumdb/note"
)

func verifyDecision(_ context.Context, c *call) error {
	trustFile := c.flags.String("trust", "", "file with the keys to believe, one a line: \"log KEY\" or \"witness KEY\"; by default that of the demonstration")
	language := c.flags.String("lang", "en", "en, sr or sr-Latn")
	if err := c.parse(1, 1); err != nil {
		return err
	}
	raw, err := readFile(c.flags.Arg(0))
	if err != nil {
		return err
	}
	trust, err := readTrust(*trustFile)
	if err != nil {
		return err
	}
	words, err := web.Words()
	if err != nil {
		return err
	}
	tag, ok := lang.Parse(*language)
	if !ok {
		return fmt.Errorf("language %q is none of en, sr, sr-Latn", *language)
	}
	report := proof.Verify(raw, trust)
	printReport(c, report, words, tag)
	if !report.OK {
		return errNo
	}
	return nil
}

func printReport(c *call, report proof.Report, words *lang.Catalogue, tag lang.Tag) {
	for _, check := range report.Checks {
		mark := "ok  "
		if !check.OK {
			mark = "FAIL"
		}
		c.printf("%s  %s\n", mark, words.Say(tag, "check."+check.Name))
		if check.Detail != "" {
			c.printf("      %s\n", words.Say(tag, "check."+check.Detail, problem.Pairs(check.Args)...))
		}
	}
}

// readTrust reads the keys to believe. Without a file, and without the
// demonstration's, nobody is believed, and the report says so.
func readTrust(path string) (proof.Trust, error) {
	if path == "" {
		if path = filepath.Join(DefaultDir, "trust.txt"); !exists(path) {
			return proof.Trust{}, nil
		}
	}
	raw, err := readFile(path)
	if err != nil {
		return proof.Trust{}, err
	}
	return parseTrust(raw)
}

func parseTrust(raw []byte) (trust proof.Trust, err error) {
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		what, key, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if what == "" || strings.HasPrefix(what, "#") {
			continue
		}
		verifier, err := journal.ParseKey(strings.TrimSpace(key))
		if err != nil {
			return trust, fmt.Errorf("trust, line %d: %w", n, err)
		}
		switch what {
		case "log":
			trust.Logs = append(trust.Logs, verifier)
		case "witness":
			trust.Witnesses = append(trust.Witnesses, verifier)
		default:
			return trust, fmt.Errorf("trust, line %d: %q is neither log nor witness", n, what)
		}
	}
	return trust, lines.Err()
}

func checkJournal(ctx context.Context, c *call) error {
	keyText := c.flags.String("key", "", "verifier key of the journal")
	config := c.flags.String("config", "", "configuration of the node whose journal it is")
	if err := c.parse(0, 1); err != nil {
		return err
	}
	dir, key, known, err := whichJournal(c.flags.Arg(0), *keyText, *config)
	if err != nil {
		return err
	}
	report, err := journal.Check(ctx, dir, []note.Verifier{key}, known...)
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		c.printf("%s\n", f)
	}
	for _, n := range report.Notes {
		c.printf("note: %s\n", n)
	}
	c.printf("%s: %d entries in %d batches and %d segments, %d erased, %d findings\n", report.Origin, report.Entries, report.Batches, report.Segments, report.Erased, len(report.Findings)+report.More)
	if !report.OK() {
		return errNo
	}
	return nil
}

// whichJournal finds the folder, the key and, for a node, the checkpoint that
// witnesses hold.
func whichJournal(dir, keyText, config string) (string, note.Verifier, [][]byte, error) {
	if config == "" {
		if dir == "" || keyText == "" {
			return "", nil, nil, errors.New("journal check wants --config FILE, or --key KEY and a folder")
		}
		key, err := journal.ParseKey(keyText)
		return dir, key, nil, err
	}
	cfg, err := node.Load(config)
	if err != nil {
		return "", nil, nil, err
	}
	return cfg.Evidence()
}
