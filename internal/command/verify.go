package command

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/services/proof"
	"dobosh/internal/web"
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
