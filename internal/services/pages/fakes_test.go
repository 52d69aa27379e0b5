package pages

import (
	"context"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/packs"
)

const code = "ZR-2026-4H45-H6KB-E"

func reasons() []services.Reason {
	births, residence := pages.Both("Матична књига рођених", "Register of births"), pages.Both("Евиденција пребивалишта", "Residence register")
	return []services.Reason{
		{Says: pages.Both("Мила је рођена 19. новембра 2026. у Зрењанину.", "Mila was born on 19 November 2026 in Zrenjanin."), Result: rules.Yes, Cite: pages.Both("чл. 22 ст. 1 Закона о финансијској подршци породици са децом", "Art. 22(1) of the Law on Financial Support to Families with Children"), Register: births},
		{Says: pages.Both("Ово је ваше прво дете.", "This is your first child."), Result: rules.Yes, Cite: pages.Both("чл. 23 ст. 1 Закона о финансијској подршци породици са децом", "Art. 23(1) of the Law on Financial Support to Families with Children"), Register: births},
		{Says: pages.Both("Пребивалиште имате у Србији.", "You have your residence in Serbia."), Result: rules.Yes, Cite: pages.Both("чл. 22 ст. 2 Закона о финансијској подршци породици са децом", "Art. 22(2) of the Law on Financial Support to Families with Children"), Register: residence},
	}
}

func once() rules.Plan {
	n := money.Dinars(300000)
	says := pages.Both("300.000 динара одједном.", "300,000 dinars at once.")
	return rules.Plan{Once: n, Total: n, Says: says, Payments: []rules.Payment{{ID: "first", Cite: pages.Both("чл. 23 ст. 1 Закона о финансијској подршци породици са децом", "Art. 23(1) of the Law on Financial Support to Families with Children"), Amount: n, Says: says}}}
}

func monthly() rules.Plan {
	return rules.Plan{Once: money.Dinars(5000), Monthly: money.Dinars(10000), Last: 1000050, Months: 24, Total: money.Dinars(245000) + 50}
}

func offerNamed(id string) services.Offer {
	o := services.Offer{
		ID: id, Service: "parental-allowance", Title: pages.Both("Родитељски додатак за прво дете", "Parental allowance for the first child"),
		Body: pages.Both("Град Зрењанин", "City of Zrenjanin"), About: pages.Both("Мила, рођена 19. новембра 2026.", "Mila, born 19 November 2026"),
		State: services.OfferOpen, Version: 3, Plan: once(), Reasons: reasons(),
		Affirms: []law.Statement{{ID: "cares", Says: pages.Both("Непосредно бринем о детету.", "I care for the child myself.")}},
		MadeAt:  pages.Now.Add(-3 * 24 * time.Hour), Until: civil.Date(2026, time.December, 24).Start(), UntilBy: pages.Both("чл. 145 Закона о општем управном поступку", "Art. 145 of the Law on General Administrative Procedure"),
	}
	switch id {
	case "second":
		o.Title, o.Plan = pages.Both("Помоћ града за новорођенче", "Grant of the city for a newborn"), monthly()
		o.Reasons[1].Result = rules.Unknown
		o.Reasons[2].Result = rules.No
	case "taken":
		o.State, o.Decision = services.OfferAccepted, "d1"
	case "declined", "objected", "referred", "lapsed":
		o.State = services.OfferState(id)
	}
	return o
}

func decisionNamed(id string) services.Decision {
	o := offerNamed("taken")
	return services.Decision{
		ID: id, Code: code, Offer: o.ID, Title: o.Title, Body: o.Body, About: o.About, Granted: true, By: "rule", Plan: o.Plan, Reasons: o.Reasons, Affirms: o.Affirms,
		Remedy: pages.Both("Можете да се жалите у року од 15 дана од пријема одлуке (чл. 153 Закона о општем управном поступку).", "You may appeal within 15 days of receiving the decision (Art. 153 of the Law on General Administrative Procedure)."),
		MadeAt: pages.Now, Sealed: id != "fresh",
		Payments: []services.Payment{{ID: "y", Number: 1, Count: 2, Amount: money.Dinars(150000), Account: "160-…-23", Due: civil.Date(2026, time.December, 1), State: services.PaymentDue},
			{ID: "z", Number: 2, Count: 2, Amount: money.Dinars(150000), Account: "160-…-23", Due: civil.Date(2027, time.January, 1), State: services.PaymentPlanned}},
	}
}

// city gives the public services, and says what a test wants it to say.
type city struct {
	mu       sync.Mutex
	err      error // of everything that changes something
	empty    bool
	calls    []string
	accepted map[string]int
	believed evidence.Trust
}

func (f *city) note(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return f.err
}

func list[T any](f *city, items ...T) page.Page[T] {
	if f.empty {
		return page.Page[T]{}
	}
	return page.Page[T]{Items: items, Next: page.KeyOf("next")}
}

func (f *city) Offers(context.Context, act.Actor, page.Key) (page.Page[services.Offer], error) {
	return list(f, offerNamed("first"), offerNamed("second"), offerNamed("taken")), nil
}

func (f *city) Offer(_ context.Context, _ act.Actor, id string) (services.Offer, error) {
	if id == "none" {
		return services.Offer{}, problem.New(problem.NotFound, "offer-unknown")
	}
	return offerNamed(id), nil
}

func (f *city) Accept(_ context.Context, _ act.Actor, id string, version int) (services.Decision, error) {
	if version != 3 {
		return services.Decision{}, problem.New(problem.Conflict, "offer-changed")
	}
	if err := f.note("accept " + id); err != nil {
		return services.Decision{}, err
	}
	return decisionNamed("d1"), nil
}

func (f *city) Decline(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("decline " + id + " " + strconv.Itoa(version))
}

func (f *city) Object(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("object " + id + " " + strconv.Itoa(version))
}

func (f *city) Refer(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("refer " + id + " " + strconv.Itoa(version))
}

func (f *city) Decision(_ context.Context, _ act.Actor, id string) (services.Decision, error) {
	return decisionNamed(id), nil
}

func (f *city) Decisions(context.Context, act.Actor, page.Key) (page.Page[services.Decision], error) {
	return list(f, decisionNamed("d1")), nil
}

func (f *city) AllDecisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Decision], error) {
	return f.Decisions(ctx, by, after)
}

func (f *city) DecisionFile(context.Context, act.Actor, string) ([]byte, error) {
	return []byte(`{}`), f.err
}

func (f *city) DecisionPDF(_ context.Context, _ act.Actor, _ string, tag lang.Tag) ([]byte, error) {
	return []byte("%PDF " + tag), f.err
}

func (f *city) Check(_ context.Context, do func()) error { do(); return f.err }

func (f *city) Verification(_ context.Context, typed string) (services.Verification, error) {
	if f.empty {
		return services.Verification{Code: typed}, nil
	}
	return services.Verification{Found: true, Code: typed, Title: offerNamed("first").Title, Body: pages.Both("Град Зрењанин", "City of Zrenjanin"), MadeAt: pages.Now, Granted: true, Total: money.Dinars(300000), Sealed: true, Index: 1204}, nil
}

func (f *city) Believed() evidence.Trust { return f.believed }

func (f *city) VerifyFile(_ context.Context, file io.Reader) (proof.Report, error) {
	content, err := io.ReadAll(file)
	if err != nil {
		return proof.Report{}, problem.New(problem.Invalid, "file-unreadable").Because(err)
	}
	r := proof.Report{OK: string(content) == "good", Verdict: proof.Verified, Checks: []proof.Check{{Name: proof.Form, OK: true, Detail: "form.ok", Args: map[string]string{"format": "dobosh decision v1"}}}}
	if !r.OK {
		r.Verdict = proof.Broken
		r.Checks = append(r.Checks, proof.Check{Name: proof.ContentCheck, Detail: "content.changed", Args: map[string]string{"found": "m9uT4yF3vTt1k0J2o5n2o0pQ=", "sealed": "Zx81kq0LxQ2Yt7b3d3d1r4sA="}})
	}
	return r, nil
}

func (f *city) Counts(context.Context, act.Actor) (services.Counts, error) {
	return services.Counts{Waiting: 3, OffersOpen: 12, Accepted: 1041, Declined: 2, Decisions: 1043, PaymentsDue: 21, ReferralsOpen: 1}, nil
}

func (f *city) AllOffers(_ context.Context, _ act.Actor, state services.OfferState, _ page.Key) (page.Page[services.Offer], error) {
	_ = f.note("offers " + string(state))
	return list(f, offerNamed("first"), offerNamed("second"), offerNamed("taken"), offerNamed("lapsed")), nil
}

func (f *city) Assessments(context.Context, act.Actor, services.AssessmentState, page.Key) (page.Page[services.Assessment], error) {
	return list(f, services.Assessment{ID: "a1", Title: offerNamed("first").Title, State: services.AssessmentWaiting, Waits: pages.Both("Регистар пребивалишта не одговара", "The residence register does not answer"), Tries: 4, NextTry: pages.Now.Add(time.Minute), Since: pages.Now.Add(-time.Hour)},
		services.Assessment{ID: "a2", Title: offerNamed("second").Title, State: services.AssessmentOffered, Since: pages.Now}), nil
}

func (f *city) Referral(_ context.Context, _ act.Actor, id string) (services.Referral, error) {
	residence := pages.Both("Евиденција пребивалишта", "Residence register")
	if id == "ready" {
		return services.Referral{
			ID: id, Title: offerNamed("first").Title, About: offerNamed("first").About, Why: services.PersonAsked, Reasons: reasons(), Result: rules.Yes, Open: true, Version: 7, Since: pages.Now, Until: pages.Now.Add(20 * 24 * time.Hour),
			Known: []services.KnownFact{{Fact: "mother.resident", Type: "bool", Label: pages.Both("да ли мајка има пребивалиште у Србији", "whether the mother has her residence in Serbia"), Value: true, Register: residence},
				{Fact: "child.born", Type: "date", Label: pages.Both("дан рођења детета", "the child's day of birth"), Value: "2026-11-19", Found: true, Was: "2026-11-18"},
				{Fact: "child.order", Type: "int", Label: pages.Both("редослед рођења детета", "the child's order of birth"), Value: float64(2)}},
		}, nil
	}
	return services.Referral{ID: id, Title: offerNamed("first").Title, About: offerNamed("first").About, Why: services.FactUnknown, Reasons: reasons()[:1],
		Missing: []services.MissingFact{{Fact: "mother.resident", Type: "bool", Label: pages.Both("да ли мајка има пребивалиште у Србији", "whether the mother has her residence in Serbia"), Register: residence},
			{Fact: "child.order", Type: "int", Label: pages.Both("редослед рођења детета", "the child's order of birth"), Register: residence},
			{Fact: "child.born", Type: "date", Label: pages.Both("дан рођења детета", "the child's day of birth"), Register: residence}},
		Since: pages.Now.Add(-26 * time.Hour), Until: pages.Now.Add(20 * 24 * time.Hour), UntilBy: pages.Both("чл. 145 Закона о општем управном поступку", "Art. 145 of the Law on General Administrative Procedure"), Open: id != "closed", Version: 7}, nil
}

func (f *city) Together(_ context.Context, _ act.Actor, id string) ([]services.Beside, error) {
	if id != "both" {
		return nil, nil
	}
	return []services.Beside{{Referral: "other", Title: offerNamed("second").Title}}, nil
}

func (f *city) Correct(_ context.Context, _ act.Actor, in services.Correction) error {
	return f.note("correct " + in.Referral + " " + in.Fact + " " + in.Value + " " + string(in.Kind) + " " + in.Source + " " + in.Reason)
}

func (f *city) DraftResolve(_ context.Context, _ act.Actor, id string, version int, facts map[string]string, source string) (string, error) {
	return "ZR-2026-7KQ4-M9PD-X", f.note("resolve " + id + " " + strconv.Itoa(version) + " " + facts["mother.resident"] + " " + facts["child.order"] + " " + facts["child.born"] + " " + source)
}

func (f *city) DraftDismiss(_ context.Context, _ act.Actor, id string, version int, reason string) (string, error) {
	return "ZR-2026-7KQ4-M9PD-X", f.note("dismiss " + id + " " + strconv.Itoa(version) + " " + reason)
}

func (f *city) Payments(context.Context, act.Actor, services.PaymentState, page.Key) (page.Page[services.Payment], error) {
	return list(f, services.Payment{ID: "y", Decision: "d1", Code: code, Title: offerNamed("first").Title, Number: 1, Count: 1, Amount: money.Dinars(300000), Account: "160-…-23", Due: civil.Date(2026, time.December, 1), State: services.PaymentDue}), nil
}

func (f *city) PaymentFiles(context.Context, act.Actor, page.Key) (page.Page[services.PaymentFile], error) {
	return list(f, services.PaymentFile{ID: "f1", MadeAt: pages.Now, PreparedBy: "vera", Count: 21, Sum: money.Dinars(6300000)}, services.PaymentFile{ID: "f0", MadeAt: pages.Now.Add(-99 * time.Hour), Count: 3, Sum: money.Dinars(41), ReleasedAt: pages.Now, ReleasedBy: "dragan"}), nil
}

func (f *city) PaymentFile(_ context.Context, _ act.Actor, file string) (services.PaymentFile, error) {
	by := "vera"
	if file == "own" {
		by = "dragan"
	}
	return services.PaymentFile{ID: file, MadeAt: pages.Now, PreparedBy: by}, f.err
}

func (f *city) PreparePayments(context.Context, act.Actor) (services.PaymentFile, error) {
	return services.PaymentFile{ID: "f1"}, f.note("prepare")
}

func (f *city) ReleasePayments(_ context.Context, _ act.Actor, file string) error {
	return f.note("release " + file)
}

func (f *city) Unpaid(_ context.Context, _ act.Actor, payment string) error {
	return f.note("unpaid " + payment)
}

func (f *city) PaymentXML(context.Context, act.Actor, string) ([]byte, error) {
	return []byte("<Document/>"), f.err
}

// config is the portal of a city in a demonstration.
func config(t testing.TB) portal.Config {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return pages.Config(words)
}

func open(t testing.TB, c *city) *portal.Portal {
	return pages.Open(t, config(t), opened(t, c))
}

// opened are the pages over a city.
func opened(t testing.TB, c *city) portal.Room {
	t.Helper()
	room, err := New(c, c, pages.Serbia(t))
	if err != nil {
		t.Fatal(err)
	}
	return room
}

func (c *city) MatterOf(context.Context, string) (services.Matter, error) {
	return services.Matter{Offer: "first", Decision: "d1"}, nil
}

func (c *city) AppealUntil(_ context.Context, _ act.Actor, decision string) (civil.Day, bool, bool, error) {
	return civil.Date(2026, time.December, 8), decision == "fresh", true, nil
}

func (c *city) Appealing() (act.Act, error) {
	pack, err := law.Load(packs.Serbia())
	if err != nil {
		return act.Act{}, err
	}
	return (&services.Room{Config: services.Config{Pack: pack}}).Appealing()
}
