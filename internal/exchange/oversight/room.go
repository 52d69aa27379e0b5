package oversight

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Journal is the log of this node.
type Journal interface {
	Size() int64
	Logged(ctx context.Context, index int64) (journal.Logged, error)
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Exporter makes the evidence file of the exchange that an entry belongs to, and
// names the persons whom it is about. The id of the exchange would not do: askers
// give ids, and two may give the same.
type Exporter interface {
	ExportAt(ctx context.Context, index int64) (file []byte, persons []string, err error)
}

// Room is the oversight of one node.
type Room struct {
	Member    registry.ID // whose node this is
	DB        *storage.DB
	Journal   Journal
	Meter     *Meter
	Evidences Exporter // nil where the node cannot make evidence files
	Purpose   string   // under which an auditor looks
	Provision law.Ref  // by which an auditor looks
	Now       clock.Now
}

// RightToWatch is that of seeing what a node does: figures, exchanges without their
// content, what is hidden and for how long.
func RightToWatch() act.Right { return act.Only(identity.Operator, identity.Auditor) }

// RightToReview is that of looking at the content of exchanges, and at what is hidden, on
// behalf of those whom it concerns.
func RightToReview() act.Right { return act.Only(identity.Auditor) }

func (r *Room) mayWatch(by act.Actor) error { return RightToWatch().Check(by, r.matter()) }

func (r *Room) mayReview(by act.Actor) error { return RightToReview().Check(by, r.matter()) }

// matter is that of the room: all that this node does.
func (r *Room) matter() act.Scope { return act.Scope{Body: r.Member.String()} }

// Figures are what the exchanges of the last 24 hours were like.
func (r *Room) Figures(_ context.Context, by act.Actor) ([]Figures, error) {
	if err := r.mayWatch(by); err != nil {
		return nil, err
	}
	return r.Meter.Figures(), nil
}

// CanExport reports whether evidence files can be had.
func (r *Room) CanExport() bool { return r.Evidences != nil }

// Evidence gives the evidence file of an exchange to an auditor. The look is
// journaled first, about the persons whom it concerns.
func (r *Room) Evidence(ctx context.Context, by act.Actor, index int64) (name string, file []byte, err error) {
	if err := r.mayReview(by); err != nil {
		return "", nil, err
	}
	x, err := r.Exchange(ctx, by, index)
	if err != nil {
		return "", nil, err
	}
	if r.Evidences == nil {
		return "", nil, problem.New(problem.NotFound, "page-unknown")
	}
	if x.Erased {
		return "", nil, problem.New(problem.Gone, "exchange-erased")
	}
	file, persons, err := r.Evidences.ExportAt(ctx, x.Index)
	if err != nil {
		return "", nil, err
	}
	meta, err := json.Marshal(journal.Receipt{
		Asker: r.Member.String(), Role: string(identity.Auditor), Holder: x.Service.String(), Act: exchange.ActRead,
		Purpose: r.Purpose, Provision: string(r.Provision), Fields: x.Fields, Matter: x.ID,
	})
	if err != nil {
		return "", nil, err
	}
	chunks := slices.Collect(slices.Chunk(persons, journal.MaxSubjects)) // one entry concerns so many persons; for more there are more
	if len(chunks) == 0 {
		chunks = [][]string{nil}
	}
	for _, some := range chunks {
		if err := r.act(ctx, journal.Entry{Subjects: some, Meta: meta}); err != nil {
			return "", nil, err
		}
	}
	return x.ID + ending, file, nil
}

// ending is that of the name of an evidence file.
const ending = ".evidence.json"

// act journals what somebody did in this room.
func (r *Room) act(ctx context.Context, e journal.Entry) error {
	e.Kind, e.ID, e.At = "act", id.New(), r.Now()
	if _, err := r.Journal.Append(ctx, e); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}
