package command

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/kit/cli"
	"dobosh/internal/node/operator"
)

func runStatus(ctx context.Context, c *cli.Call) error {
	asJSON := c.Flags.Bool("json", false, "print one JSON object")
	cfg, err := running(c, 0)
	if err != nil {
		return err
	}
	r, err := operator.Status().Ask(ctx, cfg.Dir, operator.Done{})
	if err != nil {
		return err
	}
	if *asJSON {
		raw, err := json.Marshal(r)
		c.Printf("%s\n", raw)
		return err
	}
	printStatus(c, r)
	return nil
}

func printStatus(c *cli.Call, r operator.Report) {
	line := func(name, format string, args ...any) { c.Printf("%-12s %s\n", name, fmt.Sprintf(format, args...)) }
	line("node", "%s of %s, version %s, up since %s", r.Node, r.Member, r.Version, clockTime(r.Since))
	line("state", "%s%s", r.State, endsAt(r.Until))
	line("registry", "%s", registryLine(r))
	line("journal", "%d entries%s", r.Journal.Entries, fault(r.Journal.Fault))
	for _, w := range r.Witnesses {
		line("witness", "%s cosigned %d of %d entries%s%s", w.Name, w.Size, r.Journal.Entries, ago(w.At, r.At), fault(w.Fault))
	}
	line("certificate", "%s", certificateLine(r))
	line("connections", "%d over which it asks, %d over which it is asked, %d exchanges under way", r.Connections.Asking, r.Connections.Answering, r.Connections.Streams)
	line("peers", "%d nodes in the registry", len(r.Peers)+r.MorePeers)
	for _, p := range r.Peers {
		line("", "%s of %s at %s: %s", p.Node, p.Member, p.Address, p.State)
	}
	if r.MorePeers > 0 {
		line("", "and %d more", r.MorePeers)
	}
}

func registryLine(r operator.Report) string {
	s := r.Registry
	text := fmt.Sprintf("%d statements, kept here", s.Statements)
	if !s.Authority {
		text = fmt.Sprintf("%d statements, confirmed%s; the exchange stops at %s unless it is confirmed again", s.Statements, ago(s.Confirmed, r.At), clockTime(s.StopsAt))
	}
	if !s.Authority && s.Confirmed.IsZero() {
		text = "not known yet: the authority was not reached"
	}
	if s.Uncosigned > 0 {
		text += fmt.Sprintf("; of %d more only revocations count, too few witnesses have cosigned them yet", s.Uncosigned)
	}
	if s.Forked {
		text += "; THE AUTHORITY SHOWED ANOTHER HISTORY"
	}
	return text
}

func certificateLine(r operator.Report) string {
	s := r.Certificate
	if s.Issuer == "" {
		return fmt.Sprintf("signed by the node itself, until %s, key %s%s", clockTime(s.Until), s.Pin, fault(s.Fault))
	}
	return fmt.Sprintf("of %s, until %s, renewed at %s, key %s%s", s.Issuer, clockTime(s.Until), clockTime(s.RenewAt), s.Pin, fault(s.Fault))
}

// ago says how long before now something was; nothing for never.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf(" %s ago", max(0, now.Sub(t)).Round(time.Second))
}

func endsAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", until " + clockTime(t)
}

func fault(why string) string {
	if why == "" {
		return ""
	}
	return "; FAULT: " + why
}
