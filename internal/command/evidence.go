package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node"
	"dobosh/internal/registry"
)

// exportEvidence proves an exchange from what a node keeps, beside the node if
// that runs. What was asked and given is left out unless it is wanted: nobody
// leaves a look in the journal here, as an auditor does who takes the file from the
// pages.
func exportEvidence(ctx context.Context, c *cli.Call) (err error) {
	config := c.Flags.String("config", "", "configuration of the node that asked or answered")
	content := c.Flags.Bool("content", false, "with what was asked and given; otherwise with its digest alone")
	out := c.Flags.String("out", "", "file to write, which must not exist; by default ID"+evidence.Ending)
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	if *config == "" {
		return errors.New("evidence export wants --config FILE")
	}
	cfg, err := node.Load(*config)
	if err != nil {
		return err
	}
	room, closing, err := node.OpenEvidences(ctx, cfg, clock.System, c.Logger("warn"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	var options []evidence.Option
	if !*content {
		options = append(options, evidence.WithoutBodies)
	}
	id := c.Flags.Arg(0)
	file, err := room.Export(ctx, id, options...)
	if problem.HasCode(err, "exchange-unknown") {
		return fmt.Errorf("the journal of %s has no exchange %.80q, or its content was erased", cfg.Name, id)
	}
	if err != nil {
		return err
	}
	if *out == "" {
		*out = plainName(id) + evidence.Ending
	}
	if err := writeNew(*out, file); err != nil {
		return err
	}
	c.Printf("%s\n", *out)
	return nil
}

// plainName makes a file name of an id, which somebody else chose.
func plainName(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, id)
}

// writeNew writes a file that only its owner reads, and never over another one.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// printEvidence prints what the exchange was and, for every question, the answer.
func printEvidence(c *cli.Call, report evidence.Report, words *lang.Catalogue, tag lang.Tag) {
	c.Printf("%s\n", words.Say(tag, "evidence.verdict."+string(report.Verdict)))
	printFacts(c, report.Facts, words, tag)
	for _, check := range report.Checks {
		mark := map[evidence.Result]string{evidence.Holds: "ok  ", evidence.Open: "?   ", evidence.Fails: "FAIL"}[check.Result]
		c.Printf("%s  %s\n", mark, words.Say(tag, "evidence.check."+check.Name))
		c.Printf("      %s\n", words.Say(tag, "evidence.check."+check.Detail, problem.Pairs(check.Args)...))
	}
}

// printFacts prints who asked whom, when, by what right, and what left.
func printFacts(c *cli.Call, f evidence.Facts, words *lang.Catalogue, tag lang.Tag) {
	if f.ID == "" {
		return
	}
	called := func(id, named registry.ID) string {
		if title := f.Names[named].In(tag); title != "" {
			return id.String() + " (" + title + ")"
		}
		return id.String()
	}
	line := func(key, value string) {
		if value != "" {
			c.Printf("      %s: %s\n", words.Say(tag, "evidence.fact."+key), value)
		}
	}
	line("id", f.ID)
	line("client", called(f.Client, f.Client.Owner()))
	line("behalf", f.Behalf.String())
	line("service", called(f.Service, f.Service))
	line("asked", f.Asked.UTC().Format(time.RFC3339))
	if !f.Answered.IsZero() {
		line("answered", f.Answered.UTC().Format(time.RFC3339))
	}
	line("contract", f.Contract)
	line("purpose", f.Purpose)
	line("provision", string(f.Provision))
	line("matter", f.Matter)
	line("code", f.Code)
	line("fields", strings.Join(f.Fields, ", "))
}
