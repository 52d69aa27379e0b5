package proof

import (
	"time"

	"dobosh/internal/rules"
)

// Bounds of the parts. They are far above what is needed and far below what
// would hurt.
const (
	maxName       = 256      // bytes of an id, a code, a name
	maxStatements = 100      //
	maxReceipts   = 1000     //
	maxHashes     = 63       // of a proof: a log has fewer than 2^63 entries
	maxCheckpoint = 64 << 10 // bytes
)

// outOfBounds names the first member that is missing or outside its bounds; ""
// when all are inside.
func (f File) outOfBounds() string {
	if what := f.Content.outOfBounds(); what != "" {
		return "content." + what
	}
	if what := f.Seal.outOfBounds(); what != "" {
		return "seal." + what
	}
	if f.Witness != nil {
		return proofOutOfBounds("witness.", len(f.Witness.Proof), f.Witness.Proof == nil, f.Witness.Checkpoint)
	}
	return ""
}

func (s Seal) outOfBounds() string {
	if s.Index < 0 {
		return "index"
	}
	return proofOutOfBounds("", len(s.Proof), s.Proof == nil, s.Checkpoint)
}

func proofOutOfBounds(where string, hashes int, absent bool, checkpoint string) string {
	switch {
	case absent || hashes > maxHashes:
		return where + "proof"
	case checkpoint == "" || len(checkpoint) > maxCheckpoint:
		return where + "checkpoint"
	}
	return ""
}

func (c Content) outOfBounds() string {
	if what := c.Decision.outOfBounds(); what != "" {
		return "decision." + what
	}
	if len(c.Record) == 0 || c.Record[0] != '{' {
		return "record"
	}
	if c.Receipts == nil || len(c.Receipts) > maxReceipts {
		return "receipts"
	}
	for _, r := range c.Receipts {
		if !name(r.Fact) || !name(r.Exchange) || !name(r.Register) || !name(r.Origin) || r.Index < 0 {
			return "receipts"
		}
	}
	if c.Found != nil && len(c.Found) == 0 || len(c.Found) > maxReceipts {
		return "found"
	}
	for _, f := range c.Found {
		if !name(f.Fact) || !name(f.By) || f.Source == "" || len(f.Source) > maxReason || len(f.Kind) > maxName || len(f.Reason) > maxReason || len(f.Was) > maxReason {
			return "found"
		}
	}
	return ""
}

func (d Decision) outOfBounds() string {
	switch {
	case !name(d.ID):
		return "id"
	case !name(d.Code):
		return "code"
	case !name(d.Service):
		return "service"
	case !name(d.Person):
		return "person"
	case !name(d.By):
		return "by"
	case d.Title["sr"] == "":
		return "title"
	case d.Body["sr"] == "":
		return "body"
	case d.Outcome != rules.Yes && d.Outcome != rules.No:
		return "outcome"
	case len(d.Reason) > maxReason || (d.Reason != "") != d.refusedByPerson():
		return "reason"
	case d.Affirms == nil || len(d.Affirms) > maxStatements:
		return "affirms"
	case d.MadeAt.Location() != time.UTC || d.MadeAt.Nanosecond()%1000 != 0 || d.MadeAt.Year() < 2000 || d.MadeAt.Year() > 9999:
		return "made_at"
	}
	return ""
}

// maxReason bounds the reason of a refusal, in bytes.
const maxReason = 16 << 10

// byRule is who decided where no person did.
const byRule = "rule"

// refusedByPerson reports whether a person refused. Only a person may.
func (d Decision) refusedByPerson() bool { return d.Outcome == rules.No && d.By != byRule }

func name(s string) bool { return s != "" && len(s) <= maxName }
