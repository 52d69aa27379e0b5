package contracts

import (
	"context"
	"errors"
	"strconv"

	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// The kinds of errands.
const (
	carryLetter   = "letter"   // to the other side
	carryContract = "contract" // to the registry, signed by both
	carryEnd      = "end"      // to the registry
)

// errand is something that has to be brought to somebody: a job of the queue of
// the node.
type errand struct {
	Kind     string `json:"kind"`
	Proposal string `json:"proposal,omitempty"` // empty for what belongs to none
	Peer     string `json:"peer,omitempty"`     // member that it is for; empty for the registry
	Body     string `json:"body"`
}

const (
	// carriers bounds the errands that are under way at once.
	carriers = 8
	// believed is the try at which a refusal is believed: a copy of the registry
	// there may be behind.
	believed = 5
)

// The ref of an errand: one for each letter of a proposal, one with its contract,
// one with the end of a contract.
func letterRef(proposal string, n int) string { return proposal + "/" + strconv.Itoa(n) }
func contractRef(proposal string) string      { return proposal + "/stand" }
func endRef(contract string) string           { return "end/" + contract }

// carried tells what of a proposal is still on its way, the oldest of it.
func (r *Room) carried(ctx context.Context, proposal string) (*Carried, error) {
	under, err := r.errands.Line(ctx, r.DB.Read(ctx), proposal, 0, 1)
	if err != nil {
		return nil, err
	}
	switch contract, err := r.errands.Find(ctx, r.DB.Read(ctx), contractRef(proposal)); {
	case err == nil && (len(under) == 0 || contract.Added.Before(under[0].Added)):
		under = []work.Job[errand]{contract}
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return nil, err
	}
	if len(under) == 0 {
		return nil, nil
	}
	oldest := under[0]
	c := &Carried{Since: oldest.Added, Tries: oldest.Tries, Fault: oldest.Code}
	return c, c.To.UnmarshalText([]byte(oldest.Job.Peer))
}
