package receipts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// What is unusual about a look, each by its code; the sentence stands under
// "unusual." and the code.
const (
	NoMatter = "no-matter" // nothing waited for an officer there
	AtNight  = "night"     // outside of the hours of the office
	TooMany  = "many"      // at one person more than usual on a day
	OwnData  = "own"       // the officer's own
)

const (
	officeOpens, officeCloses = 6, 20 // hours at home, on working days
	manyADay                  = 30    // persons whom one officer usually meets
	usualFor                  = 8 * 24 * time.Hour
	unusualFor                = 2 * 365 * 24 * time.Hour
)

// Look is what an officer is about to see of a person.
type Look struct {
	ID      string // of the receipt in the journal
	Account string // of the officer
	Person  string // pseudonym in the sector of receipts
	Service string // public service
	Matter  string // "offer ID"
	At      time.Time
	Waits   bool // something there waits for an officer, or this one decided it
	Own     bool // the person is the officer
}

// Noted is a look that somebody has to explain.
type Noted struct {
	Look
	Why  []string // codes of what is unusual
	Said string   // how the officer explains it; empty until then
	When time.Time

	day civil.Day
	why string
}

var noted = storage.NewTable("looks_noted",
	storage.Col("id", func(n *Noted) *string { return &n.ID }),
	storage.Col("account", func(n *Noted) *string { return &n.Account }),
	storage.Col("person", func(n *Noted) *string { return &n.Person }),
	storage.Col("service", func(n *Noted) *string { return &n.Service }),
	storage.Col("matter", func(n *Noted) *string { return &n.Matter }),
	storage.Time("at", func(n *Noted) *time.Time { return &n.At }),
	storage.Text("day", func(n *Noted) *civil.Day { return &n.day }),
	storage.Col("why", func(n *Noted) *string { return &n.why }),
	storage.Col("said", func(n *Noted) *string { return &n.Said }),
	storage.Time("said_at", func(n *Noted) *time.Time { return &n.When }),
).Then(func(n *Noted) error {
	n.Why = strings.Fields(n.why)
	return nil
})

// Appender makes an act durable in the journal.
type Appender interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Watch is for the officer who protects personal data: which looks of officers of this
// body are unusual, and how whoever looked explains each.
//
// It knows what this node knows: who looked, at whom, when, and whether anything waited
// for an officer there. It does not know who is whose neighbour or namesake: no address
// and no family name reach this body.
type Watch struct {
	Member  registry.ID
	DB      *storage.DB
	Journal Appender
	Now     clock.Now
}

// RightToProtect is that of whoever watches over the protection of personal data.
func RightToProtect() act.Right { return act.Only(identity.Auditor) }

// RightToExplain is that of the officers who look.
func RightToExplain() act.Right { return act.Only(identity.Officer) }

func (w *Watch) scope() act.Scope { return act.Scope{Body: w.Member.String()} }

// Note keeps a look before anything is shown.
func (w *Watch) Note(ctx context.Context, l Look) error {
	day := civil.Of(l.At)
	return w.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var met, known int
		err := tx.QueryRowContext(ctx, `select count(distinct person), count(case when person = $3 then 1 end) from looks_noted where account = $1 and day = $2`, l.Account, day.String(), l.Person).Scan(&met, &known)
		if err != nil {
			return fmt.Errorf("note a look: %w", err)
		}
		why := unusual(l, day)
		if known == 0 && met >= manyADay {
			why = append(why, TooMany)
		}
		_, err = noted.Insert(ctx, tx, `on conflict (id) do nothing`, Noted{Look: l, day: day, why: strings.Join(why, " ")})
		return err
	})
}

// unusual is what a look says of itself.
func unusual(l Look, day civil.Day) (why []string) {
	if !l.Waits {
		why = append(why, NoMatter)
	}
	start := day.Start()
	if l.At.Before(start.Add(officeOpens*time.Hour)) || !l.At.Before(start.Add(officeCloses*time.Hour)) || weekend(day) {
		why = append(why, AtNight)
	}
	if l.Own {
		why = append(why, OwnData)
	}
	return why
}

func weekend(day civil.Day) bool {
	w := time.Date(day.Year(), day.Month(), day.Dom(), 12, 0, 0, 0, time.UTC).Weekday()
	return w == time.Saturday || w == time.Sunday
}

// Unusual lists the unusual looks, the newest first: all for who protects personal
// data, and to an officer their own.
func (w *Watch) Unusual(ctx context.Context, by act.Actor, after page.Key) (page.Page[Noted], error) {
	f := storage.Filter{Where: `why <> ''`}
	if RightToProtect().Check(by, w.scope()) != nil {
		if err := RightToExplain().Admit(by); err != nil {
			return page.Page[Noted]{}, err
		}
		f = storage.Filter{Where: `why <> '' and account = $1`, Args: []any{by.Account}}
	}
	list, err := noted.List(storage.Down("id", func(n Noted) string { return n.ID })).Page(ctx, w.DB.Read(ctx), f, after, page.Size)
	if err != nil {
		return list, fmt.Errorf("list unusual looks: %w", err)
	}
	return list, nil
}

// Find gives one unusual look to whoever looked.
//
// Problem: look-unknown.
func (w *Watch) Find(ctx context.Context, by act.Actor, look string) (Noted, error) {
	n, err := noted.One(ctx, w.DB.Read(ctx), `where id = $1 and account = $2 and why <> ''`, look, by.Account)
	if errors.Is(err, storage.ErrNotFound) {
		err = problem.New(problem.NotFound, "look-unknown")
	}
	return n, err
}

// Explain says why an officer looked, once; the act stands in the journal with the words.
//
// Problems: look-unknown, look-explained, journal-away.
func (w *Watch) Explain(ctx context.Context, by act.Actor, look, words string) error {
	n, err := w.Find(ctx, by, look)
	if err != nil {
		return err
	}
	if n.Said != "" {
		return problem.New(problem.Conflict, "look-explained")
	}
	meta, err := canonical.Marshal(map[string]string{"act": "look-explain", "asker": w.Member.String(), "holder": w.Member.String(), "role": string(identity.Officer), "matter": n.ID, "officer": by.Account})
	if err != nil {
		return err
	}
	now := w.Now()
	if _, err := w.Journal.Append(ctx, journal.Entry{Kind: "act", ID: id.New(), At: now, Subjects: []string{n.Person}, Meta: meta, Body: []byte(words)}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return w.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update looks_noted set said = $1, said_at = $2 where id = $3 and said_at = 0`, words, storage.Micros(now), n.ID)
		if err != nil {
			return fmt.Errorf("explain a look: %w", err)
		}
		if changed, err := result.RowsAffected(); err != nil || changed > 0 {
			return err
		}
		return problem.New(problem.Conflict, "look-explained")
	})
}

// Forget drops the usual looks of some days ago, and the unusual ones of some years ago:
// a round of the node. Their receipts stay in the journal as long as it keeps them.
func (w *Watch) Forget(ctx context.Context) error {
	return w.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from looks_noted where at < $1 or why = '' and at < $2`, storage.Micros(w.Now().Add(-unusualFor)), storage.Micros(w.Now().Add(-usualFor)))
		return err
	})
}

// explained is what the act asks for.
type explained struct{ Look, Reason string }

// maxWords bounds an explanation, in characters.
const maxWords = 2000

// ExplainAct has whoever looked say why.
func (w *Watch) ExplainAct() (act.Act, error) { return ExplainAct(w.Find, w.Explain) }

// ExplainAct makes the act of what finds a look and what takes its explanation.
func ExplainAct(find func(context.Context, act.Actor, string) (Noted, error), explain func(ctx context.Context, by act.Actor, look, words string) error) (act.Act, error) {
	return act.Def[explained, bool]{
		Name: "look.explain", Page: "/desk/unusual/{look}/explain", Right: RightToExplain(),
		Fields: []act.Field[explained]{
			act.OfCode("look", func(in *explained) *string { return &in.Look }, act.InPath()),
			act.OfText("reason", func(in *explained) *string { return &in.Reason }, act.Most(maxWords), act.Says("look.why"), act.Missing("reason-needed")),
		},
		Begin: func(ctx context.Context, by act.Actor, in *explained) error {
			n, err := find(ctx, by, in.Look)
			if err == nil && n.Said != "" {
				err = problem.New(problem.Conflict, "look-explained")
			}
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in explained) (bool, error) {
			return true, explain(ctx, by, in.Look, in.Reason)
		},
	}.Act()
}

// Codes are all that can be unusual about a look.
func Codes() []string { return slices.Clone([]string{NoMatter, AtNight, TooMany, OwnData}) }
