package faults

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Result is what came of the plan of a seed, one JSON object.
type Result struct {
	Seed      uint64         `json:"seed"`
	Minutes   float64        `json:"minutes"`
	Plan      []string       `json:"plan"`              // what was done, in order
	Skipped   []string       `json:"skipped,omitempty"` // what this machine cannot do
	Loops     int            `json:"loops"`             // births that were recorded
	Offers    int            `json:"offers"`
	Decisions int            `json:"decisions"`
	Exchanges int            `json:"exchanges"` // beside the loops, that were answered
	Files     int            `json:"files"`     // of payments, that were released
	Paid      int            `json:"paid"`      // instalments in them
	Named     int            `json:"named"`     // acknowledged, and gone with a machine: after the copy from which it was put back
	Retries   int64          `json:"retries"`   // questions that were put again
	Restarts  map[string]int `json:"restarts"`  // of nodes, whatever ended them
	Entries   int64          `json:"entries"`   // in all journals
	Findings  []string       `json:"findings"`  // empty when all is well
}

// OK says that nothing was found.
func (r Result) OK() bool { return len(r.Findings) == 0 && r.Loops > 0 }

// Write says it for people.
func (r Result) Write(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %.1f minutes: %d faults, %d births, %d offers, %d decisions, %d exchanges, %d instalments in %d payment files, %d journal entries, %d questions put again\n",
		r.Seed, r.Minutes, len(r.Plan), r.Loops, r.Offers, r.Decisions, r.Exchanges, r.Paid, r.Files, r.Entries, r.Retries)
	if r.Named > 0 {
		fmt.Fprintf(&b, "  %d of what was acknowledged is gone with a machine, after its last copy\n", r.Named)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Restarts)) {
		fmt.Fprintf(&b, "  %s was started again %d times\n", name, r.Restarts[name])
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "  left out: %s\n", s)
	}
	fmt.Fprintf(&b, "%d findings\n", len(r.Findings))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	_, _ = io.WriteString(w, b.String()) // nobody reads what cannot be written
}
