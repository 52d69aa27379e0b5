package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// SourceKind is what an officer relied on.
type SourceKind string

// The kinds of sources.
const (
	FromDocument  SourceKind = "document"
	FromRegister  SourceKind = "register" // which the officer asked or looked up
	FromStatement SourceKind = "statement"
)

// found is how an officer came to know a fact.
type found struct {
	By     string     `json:"by"` // account
	At     time.Time  `json:"at"`
	Kind   SourceKind `json:"kind,omitempty"` // empty for a fact that was missing
	Source string     `json:"source"`
	Reason string     `json:"reason,omitempty"` // of a correction
}

// Correction is what an officer corrects of what is known in a matter.
type Correction struct {
	Referral string
	Version  int
	Fact     string // of the rule
	Value    string // a date as people write it, yes and no as "true" and "false"
	Kind     SourceKind
	Source   string
	Reason   string
}

// KnownFact is a fact of a matter as its officer sees it.
type KnownFact struct {
	Fact, Type string
	Label      lang.Text
	Value      any
	Register   lang.Text // that said so; empty where none did
	Found      bool      // an officer found it out, or corrected it
	Was        any       // what was known before; nil for nothing
}

// Corrects is what correcting a fact needs of the room.
type Corrects interface {
	Referral(ctx context.Context, by act.Actor, id string) (Referral, error)
	Correct(ctx context.Context, by act.Actor, in Correction) error
}

// Correcting is how the officer who handles a matter corrects a fact of it.
func Correcting(room Corrects) (act.Act, error) {
	return act.Def[Correction, bool]{
		Name: "referral.correct", Page: "/desk/referrals/{id}/correct/{fact}", Right: RightToDecide(),
		Fields: []act.Field[Correction]{
			act.OfCode("id", func(in *Correction) *string { return &in.Referral }, act.InPath(), act.Most(64)),
			act.OfCode("fact", func(in *Correction) *string { return &in.Fact }, act.InPath(), act.Most(64)),
			act.OfVersion("version", func(in *Correction) *int { return &in.Version }),
			act.OfLine("value", func(in *Correction) *string { return &in.Value }, act.Most(maxFact)),
			act.OfChoice("kind", func(in *Correction) *SourceKind { return &in.Kind }, act.Of("source.", FromDocument, FromRegister, FromStatement)),
			act.OfLine("source", func(in *Correction) *string { return &in.Source }, act.Most(maxSource)),
			act.OfText("reason", func(in *Correction) *string { return &in.Reason }, act.Most(maxReason)),
		},
		Begin: func(ctx context.Context, by act.Actor, in *Correction) error {
			ref, err := room.Referral(ctx, by, in.Referral)
			in.Version = ref.Version
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in Correction) (bool, error) {
			return true, room.Correct(ctx, by, in)
		},
	}.Act()
}

// maxSource bounds what an officer relied on, in characters.
const maxSource = 500

// Correct puts a fact of an open matter right, with what the officer relies on and why. What was known before stays with
// it, what was asked by it is asked again, the rule is run again, and the matters of the same event that need the fact
// are looked at anew. It decides nothing: that is the officer's next step, with the eyes that the kind of the case wants.
//
// Problems: those of a referral; fact-unknown for one that the rule does not ask for, or that names a person;
// form-incomplete at "value" for what it does not take or what is known already; case-taken, case-changed.
func (r *Room) Correct(ctx context.Context, by act.Actor, in Correction) error {
	f, s, err := r.openReferral(ctx, r.DB.Read(ctx), by, in.Referral, in.Version)
	if err != nil {
		return err
	}
	rule, day, err := r.ruleFor(s, f)
	if err != nil {
		return err
	}
	needs := rule.Needs()
	at := slices.IndexFunc(needs, func(n rules.Need) bool { return n.Fact == in.Fact && n.Type != "person" })
	if at < 0 {
		return problem.New(problem.NotFound, "fact-unknown")
	}
	if typed, ok := act.ParseDay(in.Value); ok && needs[at].Type == "date" {
		in.Value = typed.String()
	}
	value, ok := readFact(needs[at].Type, strings.TrimSpace(in.Value))
	before, known := f.facts[in.Fact]
	fact := knownFact{Value: value, Found: &found{By: by.Account, At: r.Now(), Kind: in.Kind, Source: in.Source, Reason: in.Reason}}
	if known {
		fact.Was = &before
	}
	f.facts = f.facts.without(needs, in.Fact)
	f.facts[in.Fact] = fact
	switch {
	case !ok || slices.Contains(rule.Decide(f.facts.values()).Missing, in.Fact):
		return problem.New(problem.Invalid, "form-incomplete").At("value", "fact-form")
	case known && fmt.Sprint(before.Value) == fmt.Sprint(value):
		return problem.New(problem.Invalid, "form-incomplete").At("value", "fact-same")
	}

	a, err := r.assessmentByID(ctx, r.DB.Read(ctx), f.assessment)
	if err != nil {
		return err
	}
	q := r.inquire(s, a.subject, "referral "+f.id, day, progress{Facts: f.facts})
	outcome, err := q.gather(ctx)
	if _, waits := errors.AsType[*waitsFor](err); waits { // what the officer found does not wait for a register
		outcome, err = rule.Decide(q.Facts.values()), nil
	}
	if errors.Is(err, errNotOffered) {
		return problem.New(problem.Conflict, "rule-not-in-force").Because(err)
	}
	if err != nil {
		return err
	}
	if err := r.concerns(by, s.ID, q.Facts.text(factPerson)); err != nil { // it is known by now
		return err
	}
	if err := r.acted(ctx, by, "correct", "referral "+f.id); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if a.cased != "" {
			if err := r.Cases.Take(ctx, tx, by, a.cased); err != nil {
				return err
			}
		}
		f.facts, f.missing = q.Facts, outcome.Missing
		if err := r.rewrite(ctx, tx, f); err != nil {
			return err
		}
		return r.tellBeside(ctx, tx, f)
	})
}

// without leaves out what registers said of a fact that is another now: they are asked again.
func (k known) without(needs []rules.Need, changed string) known {
	kept := known{}
	for name, fact := range k {
		i := slices.IndexFunc(needs, func(n rules.Need) bool { return n.Fact == name })
		if i >= 0 && fact.Exchange != "" && strings.Contains(needs[i].Ask, "{"+changed+"}") {
			continue
		}
		kept[name] = fact
	}
	return kept
}

// rewrite writes what is known in an open matter, unless somebody was quicker.
func (r *Room) rewrite(ctx context.Context, tx *storage.Tx, f storedReferral) error {
	facts, err := jsonText(f.facts)
	if err != nil {
		return err
	}
	missing, err := jsonText(f.missing)
	if err != nil {
		return err
	}
	written, err := changed(tx.ExecContext(ctx, `update services_referrals set known = $1, missing = $2, version = version + 1 where id = $3 and version = $4 and open = $5`, facts, missing, f.id, f.version, true))
	if err != nil {
		return fmt.Errorf("what is known of a referral: %w", err)
	}
	if !written {
		return problem.New(problem.Conflict, "referral-changed")
	}
	return nil
}

// knownFacts are the facts of a matter that its officer can correct, in the order of the rule.
func (r *Room) knownFacts(needs []rules.Need, facts known) (all []KnownFact) {
	for _, need := range needs {
		fact, ok := facts[need.Fact]
		if !ok || need.Type == "person" {
			continue
		}
		k := KnownFact{Fact: need.Fact, Type: need.Type, Label: need.Label, Value: fact.Value, Found: fact.Found != nil}
		if fact.Register != "" {
			k.Register = r.registerTitle(fact.Register)
		}
		if fact.Was != nil {
			k.Was = fact.Was.Value
		}
		all = append(all, k)
	}
	return all
}

// foundReasons say, behind the reasons of the rule, which facts officers found out or corrected, and on what they relied.
func (r *Room) foundReasons(s law.PublicService, facts known) (all []Reason) {
	rule, ok := r.Pack.Rule(s.Rule, facts.day(civil.Of(r.Now())))
	if !ok {
		return nil
	}
	for _, fact := range rule.Facts {
		k, ok := facts[fact.Name]
		if !ok || k.Found == nil {
			continue
		}
		values := lang.Values{"label": fact.Label, "source": k.Found.Source}
		says := said().In("reason.found", values)
		if k.Found.Kind != "" {
			values["kind"], values["reason"] = said().Text("source."+string(k.Found.Kind)), k.Found.Reason
			says = said().In("reason.corrected", values)
		}
		all = append(all, Reason{Says: says, Result: rules.Yes})
	}
	return all
}

// day is that whose law decides, as far as it is known.
func (k known) day(otherwise civil.Day) civil.Day {
	if day, err := civil.Parse(k.text(factDay)); err == nil {
		return day
	}
	return otherwise
}

// foundText writes a value of a fact as a record that people check.
func foundText(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return ""
	}
	return fmt.Sprint(value)
}
