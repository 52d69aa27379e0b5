package participation

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/act/budget"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// sector is the one in which people are named here: everybody has a name in it, also those who are known by a contact alone.
const sector = exchange.ReceiptSector

// Spine is where voices are cases; [cases.Room] is one.
type Spine interface {
	Open(ctx context.Context, tx *storage.Tx, o cases.Opening) (c cases.Case, begun bool, err error)
	Case(ctx context.Context, by act.Actor, number string) (cases.View, error)
	Brief(ctx context.Context, by act.Actor, number string) (cases.Case, error)
	Outline(ctx context.Context, number string) (cases.Outline, error)
	Heard(ctx context.Context, tx *storage.Tx, id, text string) error
	Tell(ctx context.Context, tx *storage.Tx, id string, what cases.Telling) error
}

// Config is what the room needs.
type Config struct {
	Pack  *law.Pack
	DB    *storage.DB
	Cases Spine
	Key   *seal.Sealer // of what was raised; the same on all nodes of the member
	Now   clock.Now
}

// Room is what people raise on one node. It is safe for concurrent use.
type Room struct {
	Config
	raises   *budget.Budget // of a person who raises something
	supports *budget.Budget // of a person who supports something
}

// Bounds of a person, wide enough for whoever walks through a street with a telephone.
const (
	raisesBurst, raisesEach     = 20, 10 * time.Minute
	supportsBurst, supportsEach = 60, 20 * time.Second
)

// New makes the room.
func New(cfg Config) *Room {
	return &Room{cfg,
		&budget.Budget{Name: "voices.raise", Burst: raisesBurst, Each: raisesEach, DB: cfg.DB, Now: cfg.Now},
		&budget.Budget{Name: "voices.support", Burst: supportsBurst, Each: supportsEach, DB: cfg.DB, Now: cfg.Now},
	}
}

// rightToRaise is that of everybody who can be answered.
func rightToRaise() act.Right { return act.SignedIn().AtLevel(act.LevelContact) }

// Kinds are those that people can raise today, in the order of the pack.
func (r *Room) Kinds() (kinds []law.CaseKind) {
	for _, k := range r.Pack.CaseKinds() {
		if k.Voice {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// voiceOf is the voice that somebody raised themselves.
func (r *Room) voiceOf(ctx context.Context, from storage.Reader, by act.Actor, number string) (Voice, error) {
	v, err := r.voice(ctx, from, number)
	if err == nil && !by.Bears(sector, v.Person) {
		err = unknown()
	}
	return v, err
}

func unknown() error { return problem.New(problem.NotFound, "voice-unknown") }
