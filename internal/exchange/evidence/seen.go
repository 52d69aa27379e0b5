package evidence

import (
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/timestamp"

	"golang.org/x/mod/sumdb/note"
)

// covers reports whether request and, where there is one, response are proved under a
// head, in whichever journal.
func (c *verification) covers(head int) bool {
	for _, m := range []*Message{&c.Request, c.Response} {
		if m == nil {
			continue
		}
		places, err := c.places(m)
		if err != nil || !slices.ContainsFunc(places, func(p place) bool { return slices.Contains(p.heads, head) }) {
			return false
		}
	}
	return true
}

// checkWitness asks whether a witness that is trusted has seen a journal with the
// exchange in it.
func (c *verification) checkWitness() finding {
	absent := open("absent")
	for i, h := range c.Heads {
		signatures := c.cosigned(h.Checkpoint, c.trust.Witnesses)
		switch {
		case signatures.result == Fails:
			return signatures
		case signatures.result == Holds && c.covers(i):
			signatures.args["origin"] = c.heads[i].Origin
			return signatures
		case signatures.detail == "unknown":
			absent = signatures
		}
	}
	return absent
}

// cosigned looks for cosignatures below a checkpoint.
func (c *verification) cosigned(checkpoint string, witnesses []note.Verifier) finding {
	lines := strings.Count(checkpoint, "\n— ")
	if lines < 2 {
		return open("absent")
	}
	seen, err := journal.Cosignatures([]byte(checkpoint), witnesses...)
	if err != nil {
		return fails("wrong")
	}
	var names []string
	var first time.Time
	for _, s := range seen {
		names = append(names, s.Name)
		if first.IsZero() || s.At.Before(first) {
			first = s.At
		}
	}
	if len(names) == 0 {
		return open("unknown")
	}
	return holds("ok", "witness", strings.Join(names, ", "), "time", moment(first))
}

// checkTime asks since when, at the latest, the exchange has existed, as a
// time-stamp authority says.
func (c *verification) checkTime() finding {
	trust, found := c.trust.Stamper, open("absent")
	if certificate := c.said.stamper(); trust == nil && certificate != nil {
		if named, err := timestamp.NewTrust(certificate); err == nil {
			trust = &named
		}
	}
	for i, h := range c.Heads {
		if len(h.TimeStamp) == 0 || found.result == Holds {
			continue
		}
		if trust == nil {
			found = open("unknown")
			continue
		}
		stamp, err := trust.Verify(h.TimeStamp, []byte(h.Checkpoint))
		if err != nil {
			return fails("wrong")
		}
		if c.covers(i) {
			found = holds("ok", "authority", stamp.Authority, "time", moment(stamp.At))
		}
	}
	return found
}
