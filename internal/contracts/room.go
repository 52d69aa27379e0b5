package contracts

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/work"

	"golang.org/x/mod/sumdb/note"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Journal keeps what was signed and what came.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Courier carries a letter to a node of the other side and returns when that
// has taken it, or its problem.
type Courier interface {
	Carry(ctx context.Context, to registry.Node, letter string) error
}

// Config is what the room needs.
type Config struct {
	Member       registry.ID // whose contracts are made here
	DB           *storage.DB
	Work         *work.Runner // carries what has to be carried
	State        func() *registry.State
	Registry     registry.Submitter
	Courier      Courier
	Law          *law.Pack
	Signer       note.Signer // key of the journal
	Journal      Journal
	Descriptions Descriptions // nil where nobody describes services
	Now          clock.Now
	Log          *slog.Logger
}

// Room makes contracts. It is safe for concurrent use; [Room.Follow] takes in what
// the registry says of them.
type Room struct {
	Config
	errands *work.Queue[errand]
}

// New makes the room and registers what it carries later.
func New(cfg Config) *Room {
	r := &Room{Config: cfg}
	r.errands = &work.Queue[errand]{Name: "contracts.carry", Workers: carriers, Do: r.carry, Order: func(e errand) string {
		if e.Kind == carryLetter { // the letters of a proposal go one after the other
			return e.Proposal
		}
		return ""
	}}
	r.Work.Register(r.errands)
	return r
}

// RightToSign is that of acting for the member on its contracts.
func RightToSign() act.Right { return act.Only(identity.Contracts) }

// RightToRead is that of those who sign, and of those who look after them.
func RightToRead() act.Right { return act.Only(identity.Contracts, identity.Auditor) }

func (r *Room) maySign(by act.Actor) error { return RightToSign().Check(by, r.matter()) }

func (r *Room) mayRead(by act.Actor) error { return RightToRead().Check(by, r.matter()) }

// matter is that of the room: the contracts of this member.
func (r *Room) matter() act.Scope { return act.Scope{Body: r.Member.String()} }

// keys are the keys with which a member signs.
func (r *Room) keys(member registry.ID) note.Verifiers {
	return note.VerifierList(r.State().Keys(member)...)
}

// sides are the sides of a contract that this member is; both where it agrees
// with itself.
func (r *Room) sides(c registry.Contract) (mine []Side) {
	asker, provider := c.Between()
	if asker.Owner() == r.Member {
		mine = append(mine, Asker)
	}
	if provider.Owner() == r.Member {
		mine = append(mine, Provider)
	}
	return mine
}

// member is who stands on a side of a contract.
func member(c registry.Contract, s Side) registry.ID {
	asker, provider := c.Between()
	if s == Asker {
		return asker.Owner()
	}
	return provider.Owner()
}

// waits reports whether a proposal needs somebody here.
func (r *Room) waits(p Proposal) bool {
	return p.State == Open && slices.Contains(r.sides(p.Contract), p.respondent())
}
