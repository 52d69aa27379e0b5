package command

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/services/proof"
	"dobosh/internal/words"

	"golang.org/x/mod/sumdb/note"
)

// verifyFile checks a file that was given out: a decision or, if it says that it is
// that, the evidence of an exchange.
func verifyFile(_ context.Context, c *cli.Call) error {
	trustFile := c.Flags.String("trust", "", "file with the keys to believe, one a line: \"log KEY\", \"witness KEY\" or \"registry KEY\"; by default that of the demonstration")
	authority := c.Flags.String("authority", "", "certificate of the time-stamp authority; by default the one that the registry names")
	language := c.Flags.String("lang", "en", "en, sr or sr-Latn")
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	raw, err := readFile(c.Flags.Arg(0))
	if err != nil {
		return err
	}
	trust, err := readTrust(*trustFile)
	if err != nil {
		return err
	}
	words, err := words.Of()
	if err != nil {
		return err
	}
	tag, ok := lang.Parse(*language)
	if !ok {
		return fmt.Errorf("language %q is none of en, sr, sr-Latn", *language)
	}
	if !evidence.Is(raw) {
		report := proof.Verify(raw, trust.Trust)
		printReport(c, report, words, tag)
		return unlessOK(report.OK)
	}
	believed := evidence.Trust{Registry: trust.registry, Witnesses: trust.Witnesses}
	if *authority != "" {
		if believed.Stamper, err = readAuthority(*authority); err != nil {
			return err
		}
	}
	report := evidence.Verify(raw, believed)
	printEvidence(c, report, words, tag)
	return unlessOK(report.OK)
}

func unlessOK(ok bool) error {
	if !ok {
		return cli.ErrNo
	}
	return nil
}

func printReport(c *cli.Call, report proof.Report, words *lang.Catalogue, tag lang.Tag) {
	for _, check := range report.Checks {
		mark := "ok  "
		if !check.OK {
			mark = "FAIL"
		}
		c.Printf("%s  %s\n", mark, words.Say(tag, "check."+check.Name))
		if check.Detail != "" {
			c.Printf("      %s\n", words.Say(tag, "check."+check.Detail, problem.Pairs(check.Args)...))
		}
	}
}

// trustOfDemonstration is where "dobosh-lab demo" leaves the keys to believe when
// nobody says where.
const trustOfDemonstration = "dobosh-data/trust.txt"

// readTrust reads the keys to believe. Without a file, and without the
// demonstration's, nobody is believed, and the report says so.
func readTrust(path string) (trusted, error) {
	if path == "" {
		if path = trustOfDemonstration; !exists(path) {
			return trusted{}, nil
		}
	}
	raw, err := readFile(path)
	if err != nil {
		return trusted{}, err
	}
	return parseTrust(raw)
}

// trusted are the keys of a trust file.
type trusted struct {
	proof.Trust
	registry note.Verifier // nil for none
}

func parseTrust(raw []byte) (trust trusted, err error) {
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
		case "registry":
			trust.registry = verifier
		default:
			return trust, fmt.Errorf("trust, line %d: %q is neither log nor witness nor registry", n, what)
		}
	}
	return trust, lines.Err()
}
