package services

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/storage"
)

// settlement is how an officer ends a referral: by the facts that they found, or with the reason for which nothing follows.
type settlement struct {
	Referral string            `json:"referral"`
	Version  int               `json:"version"`
	Facts    map[string]string `json:"facts,omitempty"`
	Source   string            `json:"source,omitempty"`
	Reason   string            `json:"reason,omitempty"` // of a dismissal; empty where it is none
}

// maxSettlement bounds one, in bytes.
const maxSettlement = 64 << 10

// DraftResolve is Resolve for as long as the officer can take it back: it is checked and the registers are asked now,
// and it holds when the two minutes are over. It gives the number of the case.
func (r *Room) DraftResolve(ctx context.Context, by act.Actor, id string, version int, supplied map[string]string, source string) (number string, err error) {
	found, err := r.resolution(ctx, by, id, version, supplied, source)
	if err != nil {
		return "", err
	}
	return r.draftOf(ctx, by, found, settlement{Referral: id, Version: version, Facts: supplied, Source: source})
}

// DraftDismiss is Dismiss for as long as the officer can take it back.
func (r *Room) DraftDismiss(ctx context.Context, by act.Actor, id string, version int, reason string) (number string, err error) {
	found, err := r.dismissal(ctx, by, id, version, reason)
	if err != nil {
		return "", err
	}
	return r.draftOf(ctx, by, found, settlement{Referral: id, Version: version, Reason: strings.TrimSpace(reason)})
}

// draftOf keeps what an officer decided in the case of a referral. What belongs to no case holds at once.
func (r *Room) draftOf(ctx context.Context, by act.Actor, found resolution, s settlement) (number string, err error) {
	cased, err := r.caseOf(ctx, r.DB.Read(ctx), found.referral.assessment)
	if err != nil {
		return "", err
	}
	if cased == "" {
		return "", found.then(ctx)
	}
	given, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.Cases.PutDraft(ctx, tx, by, cased, 0, cases.Draft{To: found.to, Why: s.Reason + s.Source, Given: string(given)})
		number = c.Number
		return err
	})
	return number, err
}

// Enact implements cases.Enacts: what an officer decided in a matter is done when it can no longer be taken back, by
// whoever they were when they decided it.
func (r *Room) Enact(ctx context.Context, c cases.Case, d cases.Draft) error {
	var s settlement
	if err := strict.Upto(maxSettlement).Decode([]byte(d.Given), &s); err != nil {
		return fmt.Errorf("what was decided in case %s: %w", c.Number, err)
	}
	by := act.Actor{Account: d.Account, Grants: []act.Grant{{Role: identity.Officer}}}
	var err error
	if s.Reason != "" {
		err = r.Dismiss(ctx, by, s.Referral, s.Version, s.Reason)
	} else {
		err = r.Resolve(ctx, by, s.Referral, s.Version, s.Facts, s.Source)
	}
	if problem.HasCode(err, "referral-changed") {
		f, fault := r.referralFor(ctx, r.DB.Read(ctx), by, s.Referral)
		if fault == nil && f.endedBy == d.Account {
			return nil // it was done before the process died
		}
	}
	return err
}

// Question implements cases.Enacts: it asks for the facts that an open referral lacks.
func (r *Room) Question(ctx context.Context, c cases.Case) (lang.Text, error) {
	m, err := r.MatterOf(ctx, c.ID)
	if err != nil || m.Referral == "" {
		return nil, err
	}
	f, err := referrals.One(ctx, r.DB.Read(ctx), `where id = $1`, m.Referral)
	if err != nil {
		return nil, err
	}
	view, err := r.referral(f)
	if err != nil || len(view.Missing) == 0 {
		return nil, err
	}
	missing := view.Missing[0].Label
	for _, next := range view.Missing[1:] {
		missing = missing.Map(func(source lang.Tag, s string) string { return s + ", " + next.Label.In(source) })
	}
	return said().In("referral.question", lang.Values{"missing": missing}), nil
}
