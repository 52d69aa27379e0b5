package services_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/services"
)

// stage is a node on which there is one of everything.
type stage struct {
	*rig
	mother                             act.Actor
	open, taken                        services.Offer
	decision, referral, prepared, sent string
}

func (r *rig) stage() stage {
	r.t.Helper()
	s := stage{rig: r}
	var d services.Decision
	s.mother, d = r.accepted(allowance, 1)
	s.decision = d.ID
	f, err := r.PreparePayments(r.t.Context(), officer())
	must(r.t, err)
	must(r.t, r.ReleasePayments(r.t.Context(), officer(), f.ID))
	s.sent = f.ID
	_, _ = r.accepted(grant, 1)
	f, err = r.PreparePayments(r.t.Context(), officer())
	must(r.t, err)
	s.prepared = f.ID
	_, _ = r.accepted(grant, 1) // due
	s.open, s.taken = r.offersOf(s.mother)[grant], r.offersOf(s.mother)[allowance]
	r.hear(r.birth(r.mother(), born(), 5))
	s.referral = r.referrals()[0].ID
	return s
}

// doors are the methods that take somebody who acts, and who may pass.
func doors() map[string]struct {
	who  []string
	pass func(context.Context, stage, act.Actor) error
} {
	type door = struct {
		who  []string
		pass func(context.Context, stage, act.Actor) error
	}
	residents, officers, mother, both := []string{"mother", "other"}, []string{"officer"}, []string{"mother"}, []string{"mother", "officer"}
	return map[string]door{
		"Offers":    {residents, func(ctx context.Context, s stage, by act.Actor) error { return second(s.Offers(ctx, by, "")) }},
		"Decisions": {residents, func(ctx context.Context, s stage, by act.Actor) error { return second(s.Decisions(ctx, by, "")) }},
		"Offer": {both, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Offer(ctx, by, s.open.ID))
		}},
		"Decision": {both, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Decision(ctx, by, s.decision))
		}},
		"DecisionFile": {both, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.DecisionFile(ctx, by, s.decision))
		}},
		"DecisionPDF": {both, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.DecisionPDF(ctx, by, s.decision, "en"))
		}},
		"Accept": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Accept(ctx, by, s.open.ID, s.open.Version))
		}},
		"Decline": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Decline(ctx, by, s.open.ID, s.open.Version)
		}},
		"Object": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Object(ctx, by, s.open.ID, s.open.Version)
		}},
		"Refer": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Refer(ctx, by, s.open.ID, s.open.Version)
		}},
		"AllOffers": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.AllOffers(ctx, by, "", ""))
		}},
		"AllDecisions": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.AllDecisions(ctx, by, ""))
		}},
		"Assessments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Assessments(ctx, by, "", ""))
		}},
		"Counts": {officers, func(ctx context.Context, s stage, by act.Actor) error { return second(s.Counts(ctx, by)) }},
		"Payments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Payments(ctx, by, "", ""))
		}},
		"PaymentFiles": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.PaymentFiles(ctx, by, ""))
		}},
		"PaymentXML": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.PaymentXML(ctx, by, s.sent))
		}},
		"PreparePayments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.PreparePayments(ctx, by))
		}},
		"ReleasePayments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.ReleasePayments(ctx, by, s.prepared)
		}},
		"Referrals": {officers, func(ctx context.Context, s stage, by act.Actor) error { return second(s.Referrals(ctx, by, "")) }},
		"Referral": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Referral(ctx, by, s.referral))
		}},
		"Resolve": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Resolve(ctx, by, s.referral, 1, map[string]string{"child.order": "2"}, "извод")
		}},
		"Dismiss": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Dismiss(ctx, by, s.referral, 1, "разлог")
		}},
	}
}

// Every door is tried by everybody; those who may not pass learn nothing and
// change nothing. Who may pass comes last, so that it is the same door.
func TestWhoMayDoWhat(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for name, door := range doors() {
			s := r.stage()
			actors := map[string]act.Actor{"nobody": {}, "mother": s.mother, "other": r.mother(), "officer": officer()}
			for _, who := range []string{"nobody", "other", "officer", "mother"} {
				if slices.Contains(door.who, who) {
					continue
				}
				if p := problem.Of(door.pass(t.Context(), s, actors[who])); p == nil || p.Kind != problem.Forbidden && p.Kind != problem.NotFound {
					t.Errorf("%s by %s: %v, want that they may not", name, who, p)
				}
			}
			for _, who := range door.who {
				if err := door.pass(t.Context(), s, actors[who]); err != nil {
					t.Errorf("%s by %s: %v", name, who, err)
				}
			}
		}
	})
}

// A method that is added without a door would be open to everybody.
func TestEveryMethodHasADoor(t *testing.T) {
	actor := reflect.TypeFor[act.Actor]()
	atTheCounter := []string{"AcceptFor", "OffersSince"} // for the counter of the node
	room := reflect.TypeFor[*services.Room]()
	for i := range room.NumMethod() {
		m := room.Method(i)
		if m.Type.NumIn() < 3 || m.Type.In(2) != actor || slices.Contains(atTheCounter, m.Name) {
			continue
		}
		if _, ok := doors()[m.Name]; !ok {
			t.Errorf("who may call %s?", m.Name)
		}
	}
}

func TestListsOfOfficersNameNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		s := r.stage()
		before := len(r.entries("act"))
		offers, err := r.AllOffers(t.Context(), officer(), "", "")
		must(t, err)
		decisions, err := r.AllDecisions(t.Context(), officer(), "")
		must(t, err)
		referrals, err := r.Referrals(t.Context(), officer(), "")
		must(t, err)
		said := fmt.Sprint(offers, decisions, referrals)
		for _, secret := range []string{"Милица", s.mother.Is("family"), r.registers.accounts[s.mother.Is("family")]} {
			if bytes.Contains([]byte(said), []byte(secret)) {
				t.Errorf("a list says %q", secret)
			}
		}
		want(t, "receipts", len(r.entries("act")), before)
	})
}

func TestListsArePagedByKey(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, grant) })
		const n = page.Size + 3
		mother := r.mother()
		for range n {
			r.hear(r.birth(mother, born(), 1))
			odd := r.birth(mother, born(), 1)
			r.change(odd, "live", false)
			r.hear(odd)
		}
		offers := all(t, func(after page.Key) (page.Page[services.Offer], error) { return r.Offers(t.Context(), mother, after) })
		for _, o := range offers {
			_, err := r.Accept(t.Context(), mother, o.ID, o.Version)
			must(t, err)
			r.work()
			_, err = r.PreparePayments(t.Context(), officer())
			must(t, err)
		}
		lists := map[string][]string{
			"offers": ids(offers, func(o services.Offer) string { return o.ID }),
			"all offers": ids(all(t, func(after page.Key) (page.Page[services.Offer], error) {
				return r.AllOffers(t.Context(), officer(), services.OfferAccepted, after)
			}), func(o services.Offer) string { return o.ID }),
			"decisions": ids(all(t, func(after page.Key) (page.Page[services.Decision], error) {
				return r.Decisions(t.Context(), mother, after)
			}), func(d services.Decision) string { return d.ID }),
			"all decisions": ids(all(t, func(after page.Key) (page.Page[services.Decision], error) {
				return r.AllDecisions(t.Context(), officer(), after)
			}), func(d services.Decision) string { return d.ID }),
			"payments":    ids(r.paymentsIn(services.PaymentPrepared), func(p services.Payment) string { return p.ID }),
			"referrals":   ids(r.referrals(), func(f services.Referral) string { return f.ID }),
			"assessments": ids(r.assessments(services.AssessmentOffered), func(a services.Assessment) string { return a.ID }),
			"files": ids(all(t, func(after page.Key) (page.Page[services.PaymentFile], error) {
				return r.PaymentFiles(t.Context(), officer(), after)
			}), func(f services.PaymentFile) string { return f.ID }),
		}
		for name, list := range lists {
			if len(list) != n || len(slices.Compact(slices.Sorted(slices.Values(list)))) != n {
				t.Errorf("%s: %d, want %d, each once", name, len(list), n)
			}
		}
		first, err := r.Offers(t.Context(), mother, "nobody made this key")
		must(t, err)
		want(t, "a foreign key asks for the first page", len(first.Items), page.Size)
		want(t, "none left open", len(r.paymentsIn(services.PaymentDue)), 0)
	})
}

func ids[T any](items []T, id func(T) string) (list []string) {
	for _, item := range items {
		list = append(list, id(item))
	}
	return list
}
