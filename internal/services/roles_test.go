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
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
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
	must(r.t, r.ReleasePayments(r.t.Context(), colleague(), f.ID))
	s.sent = f.ID
	_, _ = r.accepted(grant, 1)
	f, err = r.PreparePayments(r.t.Context(), colleague())
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
		"Appeal": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Appeal(ctx, by, s.decision, "зато"))
		}},
		"AppealUntil": {mother, func(ctx context.Context, s stage, by act.Actor) error {
			_, _, _, err := s.AppealUntil(ctx, by, s.decision)
			return err
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
		"PaymentFile": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.PaymentFile(ctx, by, s.sent))
		}},
		"PreparePayments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.PreparePayments(ctx, by))
		}},
		"ReleasePayments": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.ReleasePayments(ctx, by, s.prepared)
		}},
		"Unpaid": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			var payment string
			err := s.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				return tx.QueryRowContext(ctx, `update services_payments set state = 'uncertain' where file = $1 returning id`, s.sent).Scan(&payment)
			})
			if err != nil {
				return err
			}
			return s.Unpaid(ctx, by, payment)
		}},
		"Referrals": {officers, func(ctx context.Context, s stage, by act.Actor) error { return second(s.Referrals(ctx, by, "")) }},
		"Referral": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Referral(ctx, by, s.referral))
		}},
		"Resolve": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Resolve(ctx, by, s.referral, 1, map[string]string{"child.order": "2"}, "извод")
		}},
		"Together": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.Together(ctx, by, s.referral))
		}},
		"Correct": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Correct(ctx, by, services.Correction{Referral: s.referral, Version: 1, Fact: "child.order", Value: "2", Kind: services.FromDocument, Source: "извод", Reason: "погрешан упис"})
		}},
		"Dismiss": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return s.Dismiss(ctx, by, s.referral, 1, "разлог")
		}},
		"DraftResolve": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.DraftResolve(ctx, by, s.referral, 1, map[string]string{"child.order": "2"}, "извод"))
		}},
		"DraftDismiss": {officers, func(ctx context.Context, s stage, by act.Actor) error {
			return second(s.DraftDismiss(ctx, by, s.referral, 1, "разлог"))
		}},
	}
}

// Every door is tried by everybody; those who may not pass learn nothing and
// change nothing. Who may pass comes last, so that it is the same door.
func TestWhoMayDoWhat(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for name, door := range doors() {
			s := r.stage()
			actors := map[string]act.Actor{"nobody": {}, "mother": s.mother, "other": r.mother(), "officer": officer()}
			for _, who := range []string{"nobody", "other", "officer", "mother"} {
				if slices.Contains(door.who, who) {
					continue
				}
				p := problem.Of(door.pass(t.Context(), s, actors[who]))
				if p == nil || p.Kind != problem.Forbidden && p.Kind != problem.NotFound && (who != "nobody" || p.Kind != problem.Unauthenticated) {
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
	atTheCounter := []string{"AcceptFor", "OffersSince", "Looked"} // for the counter of the node, and for the room of cases
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
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
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
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
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

// An officer of one public service does not see, decide or pay what is done under
// another; one of no service sees nothing at all.
func TestAnOfficerIsOfTheirServices(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		s := r.stage() // the offers and decisions are of the grant and the allowance, the referral is of both
		ctx := t.Context()
		sees := func(by act.Actor) (seen []string) {
			offers, err := r.AllOffers(ctx, by, "", "")
			must(t, err)
			for _, o := range offers.Items {
				seen = append(seen, o.Service)
			}
			decisions, err := r.AllDecisions(ctx, by, "")
			must(t, err)
			for _, d := range decisions.Items {
				seen = append(seen, d.Service)
			}
			referrals, err := r.Referrals(ctx, by, "")
			must(t, err)
			for _, f := range referrals.Items {
				seen = append(seen, f.Service)
			}
			assessments, err := r.Assessments(ctx, by, "", "")
			must(t, err)
			for _, a := range assessments.Items {
				seen = append(seen, a.Service)
			}
			return seen
		}
		everything := sees(officer())
		for _, service := range []string{allowance, grant} {
			mine := sees(officerOf(service))
			if len(mine) == 0 || len(mine) >= len(everything) || slices.ContainsFunc(mine, func(of string) bool { return of != service }) {
				t.Errorf("of %s sees %q", service, mine)
			}
		}
		want(t, "one of no service sees", len(sees(officerOf("none"))), 0)

		all, err := r.Counts(ctx, officer())
		must(t, err)
		one, err := r.Counts(ctx, officerOf(allowance))
		must(t, err)
		other, err := r.Counts(ctx, officerOf(grant))
		must(t, err)
		want(t, "decisions counted", one.Decisions+other.Decisions, all.Decisions)
		want(t, "payments counted", one.PaymentsDue+other.PaymentsDue, all.PaymentsDue)
		want(t, "referrals counted", one.ReferralsOpen+other.ReferralsOpen, all.ReferralsOpen)
		if none, err := r.Counts(ctx, officerOf("none")); err != nil || none != (services.Counts{}) {
			t.Errorf("one of no service counts %+v: %v", none, err)
		}

		f, err := r.Referral(ctx, officer(), s.referral)
		must(t, err)
		foreign := map[string]string{allowance: grant, grant: allowance}[f.Service]
		before := len(r.entries("act"))
		for name, err := range map[string]error{
			"Offer":           second(r.Offer(ctx, officerOf(allowance), s.open.ID)),
			"Decision":        second(r.Decision(ctx, officerOf(grant), s.decision)),
			"DecisionFile":    second(r.DecisionFile(ctx, officerOf(grant), s.decision)),
			"Referral":        second(r.Referral(ctx, officerOf(foreign), s.referral)),
			"Resolve":         r.Resolve(ctx, officerOf(foreign), s.referral, 1, map[string]string{"child.order": "2"}, "извод"),
			"Together":        second(r.Together(ctx, officerOf(foreign), s.referral)),
			"Correct":         r.Correct(ctx, officerOf(foreign), services.Correction{Referral: s.referral, Version: 1, Fact: "child.order", Value: "2", Source: "извод", Reason: "разлог"}),
			"Dismiss":         r.Dismiss(ctx, officerOf(foreign), s.referral, 1, "разлог"),
			"DraftResolve":    second(r.DraftResolve(ctx, officerOf(foreign), s.referral, 1, map[string]string{"child.order": "2"}, "извод")),
			"DraftDismiss":    second(r.DraftDismiss(ctx, officerOf(foreign), s.referral, 1, "разлог")),
			"ReleasePayments": r.ReleasePayments(ctx, officerOf(allowance), s.prepared),
			"PaymentXML":      second(r.PaymentXML(ctx, officerOf(grant), s.sent)),
			"PreparePayments": second(r.PreparePayments(ctx, officerOf(allowance))),
		} {
			if !problem.HasCode(err, "not-allowed") && !problem.HasCode(err, "offer-unknown") && !problem.HasCode(err, "decision-unknown") && (name != "PreparePayments" || !problem.HasCode(err, "nothing-due")) {
				t.Errorf("%s of another service: %v", name, err)
			}
		}
		want(t, "receipts of what was refused", len(r.entries("act")), before)

		// Of the files each officer sees those that pay only under their services.
		for _, c := range []struct {
			by   act.Actor
			want []string
		}{{officer(), []string{s.prepared, s.sent}}, {officerOf(allowance), []string{s.sent}}, {officerOf(grant), []string{s.prepared}}, {officerOf("none"), nil}} {
			files, err := r.PaymentFiles(ctx, c.by, "")
			must(t, err)
			if got := ids(files.Items, func(f services.PaymentFile) string { return f.ID }); !slices.Equal(got, c.want) {
				t.Errorf("files of %+v: %q, want %q", c.by.Grants, got, c.want)
			}
		}
		prepared, err := r.PreparePayments(ctx, officerOf(grant))
		must(t, err)
		releaser := officerOf(grant)
		releaser.Account = "second"
		must(t, r.ReleasePayments(ctx, releaser, prepared.ID))
		must(t, second(r.PaymentXML(ctx, officerOf(allowance), s.sent)))
	})
}
