package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Opening is what tells of a matter.
type Opening struct {
	Kind     string
	About    string // what the matter is about, as its room names it
	Whom     string // for whom, where one thing may be a matter of several; empty where it is of one
	Source   string // what tells of it: the event, the form, the message
	Service  string
	Occasion string
	Person   string // pseudonym; empty while nobody is known
	Sector   string
	Unit     string
	Place    string
	Channel  Channel
	Follows  string // id of the case that this one follows, as an appeal does; empty for none
	Said     string // by the party, in words; empty for nothing
	Why      string // reason of the outcome of a case that is restored; empty for none

	quiet bool // nobody is told that it begins
}

// digest names something in an index without saying what it is.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Open begins the case of a matter within the transaction of the caller, or gives the one
// that stands. Either way the case says what told of it. begun reports which.
func (r *Room) Open(ctx context.Context, tx *storage.Tx, o Opening) (c Case, begun bool, err error) {
	kind, ok := r.Pack.CaseKind(o.Kind)
	if !ok {
		return c, false, fmt.Errorf("the pack has no kind of case %q", o.Kind)
	}
	now := r.Now()
	matter := digest(o.Kind, o.About, o.Whom)
	c, err = rows.One(ctx, tx, `where matter = $1`, matter)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return c, false, err
	}
	if begun = err != nil; begun {
		first := kind.Begins()
		c = Case{
			ID: id.New(), Number: id.Code(r.Prefix, civil.Of(now).Year()), Kind: o.Kind, Service: o.Service, Occasion: occasion(o),
			Person: o.Person, Sector: o.Sector, Status: first.ID, Phase: first.Phase, Visibility: kind.Visibility, Body: r.Member.String(), Unit: o.Unit,
			Place: o.Place, Channel: o.Channel, OpenedAt: now, EnteredAt: now, Version: 1, matter: matter, due: noTerm,
		}
		if err := r.wind(&c, kind, first, law.Clock{}); err != nil {
			return c, false, err
		}
		if _, err := rows.Insert(ctx, tx, "", c); err != nil {
			return c, false, fmt.Errorf("begin case: %w", err)
		}
		if err := r.await(ctx, tx, c); err != nil {
			return c, false, err
		}
		if err := r.countBegun(ctx, tx, c); err != nil {
			return c, false, err
		}
		if _, err := tx.ExecContext(ctx, `insert into cases_custody (case_id, number, body, unit, at) values ($1, 1, $2, $3, $4)`, c.ID, c.Body, c.Unit, storage.Micros(now)); err != nil {
			return c, false, fmt.Errorf("begin custody: %w", err)
		}
		by := law.ByRule
		if o.Channel != ByEvent {
			by = law.ByParty
		}
		if o.quiet {
			err = r.note(ctx, tx, c, step{number: 1, by: by})
		} else {
			err = r.enter(ctx, tx, c, first, step{number: 1, by: by})
		}
		if err != nil {
			return c, false, err
		}
		if o.Follows != "" {
			if err := r.link(ctx, tx, c.ID, Follows, o.Follows); err != nil {
				return c, false, err
			}
		}
		if o.Said != "" {
			if err := r.say(ctx, tx, c, WithParty, law.ByParty, "", o.Said); err != nil {
				return c, false, err
			}
		}
	}
	_, err = tx.ExecContext(ctx, `insert into cases_heard (case_id, source, at) values ($1, $2, $3) on conflict (case_id, source) do nothing`, c.ID, digest(o.Source), storage.Micros(now))
	return c, begun, err
}

// occasion names what in somebody's life a case belongs to without saying what it is.
func occasion(o Opening) string {
	if o.Occasion == "" {
		return ""
	}
	return digest("occasion", o.Occasion)
}

// Restore gives a matter the case that it had before it was lost, in the status that it had come
// to, within the transaction of the caller. Nobody is told again.
func (r *Room) Restore(ctx context.Context, tx *storage.Tx, o Opening, status string, at time.Time) (Case, error) {
	kind, ok := r.Pack.CaseKind(o.Kind)
	if !ok {
		return Case{}, fmt.Errorf("the pack has no kind of case %q", o.Kind)
	}
	s, ok := kind.Status(status)
	if !ok {
		return Case{}, fmt.Errorf("kind %q has no status %q", o.Kind, status)
	}
	o.quiet = true
	c, _, err := r.Open(ctx, tx, o)
	if err != nil || c.Ended() {
		return c, err
	}
	was := c.Version
	c.Person, c.Sector, c.Status, c.Phase, c.EnteredAt, c.Version = o.Person, o.Sector, s.ID, s.Phase, at, was+1
	if s.Phase.Ended() {
		c.EndedAt = at
	}
	if err := r.wind(&c, kind, s, law.Clock{}); err != nil {
		return c, err
	}
	if err := r.write(ctx, tx, c, was); err != nil {
		return c, err
	}
	if c.Ended() {
		if err := r.countEnded(ctx, tx, c); err != nil {
			return c, err
		}
	}
	number, err := next(ctx, tx, "cases_steps", c.ID)
	if err != nil {
		return c, err
	}
	return c, r.note(ctx, tx, c, step{number: number, by: law.ByRule, why: o.Why})
}
