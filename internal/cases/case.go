package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Case is a matter of a person or of a body.
type Case struct {
	ID         string
	Number     string // for people: ZR-2026-7KQ4-M9PD-X
	Kind       string // of the pack
	Service    string // public service that it is about; empty where it is about none
	Occasion   string // what in somebody's life it belongs to; empty where nobody said
	Person     string // pseudonym of the party; empty while nobody is known
	Sector     string // of the pseudonym
	Status     string // of the kind
	Phase      law.Phase
	Visibility law.Visibility
	Body       string     // who answers for it
	Unit       string     // of the body
	Officer    string     // account of whoever has taken it; empty for nobody
	Draft      DraftState // of what was decided and does not hold yet; empty for nothing
	Place      string
	Channel    Channel
	OpenedAt   time.Time
	EnteredAt  time.Time // since when it has this status
	EndedAt    time.Time // zero until it has an outcome
	UnreadAt   time.Time // since when something that the party said waits to be read; zero for nothing
	Clock      law.Clock
	Answer     law.Clock // of the term in which the party answers, while the case waits for that; none elsewhere
	Alarm      Alarm     // what the clock that runs has raised
	Tasks      int       // open ones
	Reduced    time.Time // when its content was erased; zero while it is there
	Version    int       // grows with every change; a form carries it, so that a stale one is noticed

	matter string
	others []Party // whose mandate holds; of a case that was read by itself
	due    int64   // first instant that is late, in microseconds; noTerm while no clock runs
	ends   int64   // the same of the clock that ran last, which may be that of the party
	mark   int64   // when the clock does something next; noTerm for never, 0 while that is not worked out
	told   int64   // the latest that it did about that end
	kept   int64   // mark as it was read: a job stands for it
}

// Channel is how a case came.
type Channel string

// The channels.
const (
	ByEvent   Channel = "event"
	ByPage    Channel = "page"
	AtCounter Channel = "counter"
	ByMail    Channel = "mail"
)

// Ended reports whether the case has an outcome.
func (c Case) Ended() bool { return !c.EndedAt.IsZero() }

var rows = storage.NewTable("cases_cases",
	storage.Col("id", func(c *Case) *string { return &c.ID }),
	storage.Col("number", func(c *Case) *string { return &c.Number }),
	storage.Col("kind", func(c *Case) *string { return &c.Kind }),
	storage.Col("matter", func(c *Case) *string { return &c.matter }),
	storage.Col("service", func(c *Case) *string { return &c.Service }),
	storage.Col("occasion", func(c *Case) *string { return &c.Occasion }),
	storage.Col("person", func(c *Case) *string { return &c.Person }),
	storage.Col("sector", func(c *Case) *string { return &c.Sector }),
	storage.Col("status", func(c *Case) *string { return &c.Status }),
	storage.Col("phase", func(c *Case) *law.Phase { return &c.Phase }),
	storage.Col("visibility", func(c *Case) *law.Visibility { return &c.Visibility }),
	storage.Col("body", func(c *Case) *string { return &c.Body }),
	storage.Col("unit", func(c *Case) *string { return &c.Unit }),
	storage.Col("officer", func(c *Case) *string { return &c.Officer }),
	storage.Col("draft", func(c *Case) *DraftState { return &c.Draft }),
	storage.Col("place", func(c *Case) *string { return &c.Place }),
	storage.Col("channel", func(c *Case) *Channel { return &c.Channel }),
	storage.Time("opened_at", func(c *Case) *time.Time { return &c.OpenedAt }),
	storage.Time("entered_at", func(c *Case) *time.Time { return &c.EnteredAt }),
	storage.Time("ended_at", func(c *Case) *time.Time { return &c.EndedAt }),
	storage.Time("unread_at", func(c *Case) *time.Time { return &c.UnreadAt }),
	storage.JSON("clock", func(c *Case) *law.Clock { return &c.Clock }),
	storage.Col("due", func(c *Case) *int64 { return &c.due }),
	storage.Col("tasks", func(c *Case) *int { return &c.Tasks }),
	storage.Time("reduced_at", func(c *Case) *time.Time { return &c.Reduced }),
	storage.Col("version", func(c *Case) *int { return &c.Version }),
	storage.JSON("answer", func(c *Case) *law.Clock { return &c.Answer }),
	storage.Col("ends", func(c *Case) *int64 { return &c.ends }),
	storage.Col("mark", func(c *Case) *int64 { return &c.mark }),
	storage.Col("told", func(c *Case) *int64 { return &c.told }),
	storage.Col("alarm", func(c *Case) *Alarm { return &c.Alarm }),
).Then(func(c *Case) error {
	c.kept = c.mark
	return nil
})

func unknown() error { return problem.New(problem.NotFound, "case-unknown") }

func (r *Room) caseWhere(ctx context.Context, from storage.Reader, column, value string) (Case, error) {
	c, err := rows.One(ctx, from, `where `+column+` = $1`, value)
	if errors.Is(err, storage.ErrNotFound) {
		return c, unknown()
	}
	if err != nil {
		return c, fmt.Errorf("case: %w", err)
	}
	all, err := partiesOf(ctx, from, c.ID)
	c.others = r.inForce(all)
	return c, err
}

// kindOf finds the kind and the status of a case.
func (r *Room) kindOf(c Case) (law.CaseKind, law.CaseStatus, error) {
	kind, ok := r.Pack.CaseKind(c.Kind)
	if !ok {
		return kind, law.CaseStatus{}, fmt.Errorf("case %s: the pack has no kind %q", c.Number, c.Kind)
	}
	status, ok := kind.Status(c.Status)
	if !ok {
		return kind, status, fmt.Errorf("case %s: kind %q has no status %q", c.Number, c.Kind, c.Status)
	}
	return kind, status, nil
}
