package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/packs"
)

// now is a Monday morning in Zrenjanin.
var now = time.Date(2026, time.November, 23, 8, 12, 0, 0, time.UTC)

const code = "ZR-2026-4H45-H6KB-E"

func both(sr, en string) lang.Text { return lang.Text{"sr": sr, "en": en} }

// people are who can be signed in, by the value of the cookie "who".
func people() map[string]act.Actor {
	return map[string]act.Actor{
		"mother":    {Account: "milica", Name: "Милица Пример", Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{"family": "p"}},
		"officer":   {Account: "dragan", Name: "Драган Службеник", Grants: []act.Grant{{Role: identity.Officer}}},
		"registrar": {Account: "vesna", Name: "Весна Матичар", Grants: []act.Grant{{Role: identity.Registrar}}},
		"contracts": {Account: "dragana", Name: "Драгана Потписић", Grants: []act.Grant{{Role: identity.Contracts}}},
		"auditor":   {Account: "jelena", Name: "Јелена Скицић", Grants: []act.Grant{{Role: identity.Auditor}}},
		"operator":  {Account: "oliver", Name: "Оливер Оператер", Grants: []act.Grant{{Role: identity.Operator}}},
		"nobody":    {Account: "nobody", Name: "Нико Ниједан"},
	}
}

type sessions struct{}

func (sessions) Actor(r *http.Request) (act.Actor, bool) {
	c, err := r.Cookie("who")
	if err != nil {
		return act.Actor{}, false
	}
	a, ok := people()[c.Value]
	return a, ok
}

type signIn struct{ err error }

func (s signIn) BeginSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.err == nil {
		http.Redirect(w, r, "https://id.example/?"+r.URL.RawQuery, http.StatusSeeOther)
	}
	return s.err
}

func (s signIn) FinishSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.err == nil {
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	}
	return s.err
}

func (s signIn) SignOut(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: "who", MaxAge: -1})
	return s.err
}

func reasons() []services.Reason {
	births, residence := both("Матична књига рођених", "Register of births"), both("Евиденција пребивалишта", "Residence register")
	return []services.Reason{
		{Says: both("Мила је рођена 19. новембра 2026. у Зрењанину.", "Mila was born on 19 November 2026 in Zrenjanin."), Result: rules.Yes, Cite: both("чл. 22 ст. 1 Закона о финансијској подршци породици са децом", "Art. 22(1) of the Law on Financial Support to Families with Children"), Register: births},
		{Says: both("Ово је ваше прво дете.", "This is your first child."), Result: rules.Yes, Cite: both("чл. 23 ст. 1 Закона о финансијској подршци породици са децом", "Art. 23(1) of the Law on Financial Support to Families with Children"), Register: births},
		{Says: both("Пребивалиште имате у Србији.", "You have your residence in Serbia."), Result: rules.Yes, Cite: both("чл. 22 ст. 2 Закона о финансијској подршци породици са децом", "Art. 22(2) of the Law on Financial Support to Families with Children"), Register: residence},
	}
}

func once() rules.Plan {
	n := money.Dinars(300000)
	says := both("300.000 динара одједном.", "300,000 dinars at once.")
	return rules.Plan{Once: n, Total: n, Says: says, Payments: []rules.Payment{{ID: "first", Cite: both("чл. 23 ст. 1 Закона о финансијској подршци породици са децом", "Art. 23(1) of the Law on Financial Support to Families with Children"), Amount: n, Says: says}}}
}

func monthly() rules.Plan {
	return rules.Plan{Once: money.Dinars(5000), Monthly: money.Dinars(10000), Last: 1000050, Months: 24, Total: money.Dinars(245000) + 50}
}

func offerNamed(id string) services.Offer {
	o := services.Offer{
		ID: id, Service: "parental-allowance", Title: both("Родитељски додатак за прво дете", "Parental allowance for the first child"),
		Body: both("Град Зрењанин", "City of Zrenjanin"), About: both("Мила, рођена 19. новембра 2026.", "Mila, born 19 November 2026"),
		State: services.OfferOpen, Version: 3, Plan: once(), Reasons: reasons(),
		Affirms: []law.Statement{{ID: "cares", Says: both("Непосредно бринем о детету.", "I care for the child myself.")}},
		MadeAt:  now.Add(-3 * 24 * time.Hour), Until: civil.Date(2026, time.December, 24).Start(), UntilBy: both("чл. 145 Закона о општем управном поступку", "Art. 145 of the Law on General Administrative Procedure"),
	}
	switch id {
	case "second":
		o.Title, o.Plan = both("Помоћ града за новорођенче", "Grant of the city for a newborn"), monthly()
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
		Remedy: both("Можете да се жалите у року од 15 дана од пријема одлуке (чл. 153 Закона о општем управном поступку).", "You may appeal within 15 days of receiving the decision (Art. 153 of the Law on General Administrative Procedure)."),
		MadeAt: now, Sealed: id != "fresh",
		Payments: []services.Payment{{ID: "y", Number: 1, Count: 2, Amount: money.Dinars(150000), Account: "160-…-23", Due: civil.Date(2026, time.December, 1), State: services.PaymentDue},
			{ID: "z", Number: 2, Count: 2, Amount: money.Dinars(150000), Account: "160-…-23", Due: civil.Date(2027, time.January, 1), State: services.PaymentPlanned}},
	}
}

// rooms are all rooms of a city, with what a test wants them to say.
type rooms struct {
	mu       sync.Mutex
	err      error // of everything that changes something
	empty    bool
	calls    []string
	accepted map[string]int
	believed evidence.Trust
}

func (f *rooms) note(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return f.err
}

func list[T any](f *rooms, items ...T) page.Page[T] {
	if f.empty {
		return page.Page[T]{}
	}
	return page.Page[T]{Items: items, Next: page.KeyOf("next")}
}

func (f *rooms) Offers(context.Context, act.Actor, page.Key) (page.Page[services.Offer], error) {
	return list(f, offerNamed("first"), offerNamed("second"), offerNamed("taken")), nil
}

func (f *rooms) Offer(_ context.Context, _ act.Actor, id string) (services.Offer, error) {
	if id == "none" {
		return services.Offer{}, problem.New(problem.NotFound, "offer-unknown")
	}
	return offerNamed(id), nil
}

func (f *rooms) Accept(_ context.Context, _ act.Actor, id string, version int) (services.Decision, error) {
	if version != 3 {
		return services.Decision{}, problem.New(problem.Conflict, "offer-changed")
	}
	if err := f.note("accept " + id); err != nil {
		return services.Decision{}, err
	}
	return decisionNamed("d1"), nil
}

func (f *rooms) Decline(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("decline " + id + " " + strconv.Itoa(version))
}

func (f *rooms) Object(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("object " + id + " " + strconv.Itoa(version))
}

func (f *rooms) Refer(_ context.Context, _ act.Actor, id string, version int) error {
	return f.note("refer " + id + " " + strconv.Itoa(version))
}

func (f *rooms) Decision(_ context.Context, _ act.Actor, id string) (services.Decision, error) {
	return decisionNamed(id), nil
}

func (f *rooms) Decisions(context.Context, act.Actor, page.Key) (page.Page[services.Decision], error) {
	return list(f, decisionNamed("d1")), nil
}

func (f *rooms) AllDecisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Decision], error) {
	return f.Decisions(ctx, by, after)
}

func (f *rooms) DecisionFile(context.Context, act.Actor, string) ([]byte, error) {
	return []byte(`{}`), f.err
}

func (f *rooms) DecisionPDF(_ context.Context, _ act.Actor, _ string, tag lang.Tag) ([]byte, error) {
	return []byte("%PDF " + tag), f.err
}

func (f *rooms) Verification(_ context.Context, typed string) (services.Verification, error) {
	if f.empty {
		return services.Verification{Code: typed}, nil
	}
	return services.Verification{Found: true, Code: typed, Title: offerNamed("first").Title, Body: both("Град Зрењанин", "City of Zrenjanin"), MadeAt: now, Granted: true, Total: money.Dinars(300000), Sealed: true, Index: 1204}, nil
}

func (f *rooms) Believed() evidence.Trust { return f.believed }

func (f *rooms) VerifyFile(_ context.Context, file io.Reader) (proof.Report, error) {
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

func (f *rooms) Looks(context.Context, act.Actor, page.Key) (page.Page[receipts.Look], []lang.Text, error) {
	one := receipts.Look{ID: "l1", At: now, Body: both("Град Зрењанин, дечја заштита", "City of Zrenjanin, child protection"), Role: "rule", Holder: both("Матична служба", "Civil register"),
		Purpose: both("одлучивање о родитељском додатку", "deciding on the parental allowance"), Cite: both("чл. 22 Закона о финансијској подршци породици са децом", "Art. 22 of the Law on Financial Support to Families with Children"),
		Fields: []lang.Text{both("редослед рођења детета", "the child's order of birth"), both("дан рођења детета", "the child's day of birth")}, Matter: code}
	two, own := one, one
	two.ID, two.At, two.Role = "l2", now.Add(-80*time.Hour), "officer"
	own.ID, own.Own = "l3", true
	return list(f, one, own, two), []lang.Text{both("Регистар исплата", "Payments register")}, nil
}

func (f *rooms) AskWhy(_ context.Context, _ act.Actor, look, question string) error {
	return f.note("ask " + look + " " + question)
}

func question1() receipts.Question {
	return receipts.Question{ID: "q1", Look: "l1", Question: "Зашто сте гледали моје податке?\nХвала.", AskedAt: now}
}

func (f *rooms) Asked(context.Context, act.Actor) ([]receipts.Asked, []lang.Text, error) {
	if f.empty {
		return nil, nil, nil
	}
	done := question1()
	done.ID, done.Answer, done.AnsweredAt = "q2", "Да бисмо утврдили редослед рођења.", now
	return []receipts.Asked{{Question: question1(), Body: both("Град Зрењанин", "City of Zrenjanin")}, {Question: done, Body: both("Град Зрењанин", "City of Zrenjanin")}}, nil, nil
}

func (f *rooms) Questions(context.Context, act.Actor, page.Key) (page.Page[receipts.Question], error) {
	return list(f, question1()), nil
}

func (f *rooms) Answer(_ context.Context, _ act.Actor, id, text string) error {
	return f.note("answer " + id + " " + text)
}

func (f *rooms) Counts(context.Context, act.Actor) (services.Counts, error) {
	return services.Counts{Waiting: 3, OffersOpen: 12, Accepted: 1041, Declined: 2, Decisions: 1043, PaymentsDue: 21, ReferralsOpen: 1}, nil
}

func (f *rooms) AllOffers(_ context.Context, _ act.Actor, state services.OfferState, _ page.Key) (page.Page[services.Offer], error) {
	_ = f.note("offers " + string(state))
	return list(f, offerNamed("first"), offerNamed("second"), offerNamed("taken"), offerNamed("lapsed")), nil
}

func (f *rooms) Assessments(context.Context, act.Actor, services.AssessmentState, page.Key) (page.Page[services.Assessment], error) {
	return list(f, services.Assessment{ID: "a1", Title: offerNamed("first").Title, State: services.AssessmentWaiting, Waits: both("Регистар пребивалишта не одговара", "The residence register does not answer"), Tries: 4, NextTry: now.Add(time.Minute), Since: now.Add(-time.Hour)},
		services.Assessment{ID: "a2", Title: offerNamed("second").Title, State: services.AssessmentOffered, Since: now}), nil
}

func (f *rooms) Referrals(ctx context.Context, by act.Actor, _ page.Key) (page.Page[services.Referral], error) {
	ref, err := f.Referral(ctx, by, "r1")
	return list(f, ref), err
}

func (f *rooms) Referral(_ context.Context, _ act.Actor, id string) (services.Referral, error) {
	residence := both("Евиденција пребивалишта", "Residence register")
	return services.Referral{ID: id, Title: offerNamed("first").Title, About: offerNamed("first").About, Why: services.FactUnknown, Reasons: reasons()[:1],
		Missing: []services.MissingFact{{Fact: "mother.resident", Type: "bool", Label: both("да ли мајка има пребивалиште у Србији", "whether the mother has her residence in Serbia"), Register: residence},
			{Fact: "child.order", Type: "int", Label: both("редослед рођења детета", "the child's order of birth"), Register: residence},
			{Fact: "child.born", Type: "date", Label: both("дан рођења детета", "the child's day of birth"), Register: residence}},
		Since: now.Add(-26 * time.Hour), Until: now.Add(20 * 24 * time.Hour), UntilBy: both("чл. 145 Закона о општем управном поступку", "Art. 145 of the Law on General Administrative Procedure"), Open: id != "closed", Version: 7}, nil
}

func (f *rooms) Resolve(_ context.Context, _ act.Actor, id string, version int, facts map[string]string, source string) error {
	return f.note("resolve " + id + " " + strconv.Itoa(version) + " " + facts["mother.resident"] + " " + facts["child.order"] + " " + facts["child.born"] + " " + source)
}

func (f *rooms) Dismiss(_ context.Context, _ act.Actor, id string, version int, reason string) error {
	return f.note("dismiss " + id + " " + strconv.Itoa(version) + " " + reason)
}

func (f *rooms) Payments(context.Context, act.Actor, services.PaymentState, page.Key) (page.Page[services.Payment], error) {
	return list(f, services.Payment{ID: "y", Decision: "d1", Code: code, Title: offerNamed("first").Title, Number: 1, Count: 1, Amount: money.Dinars(300000), Account: "160-…-23", Due: civil.Date(2026, time.December, 1), State: services.PaymentDue}), nil
}

func (f *rooms) PaymentFiles(context.Context, act.Actor, page.Key) (page.Page[services.PaymentFile], error) {
	return list(f, services.PaymentFile{ID: "f1", MadeAt: now, Count: 21, Sum: money.Dinars(6300000)}, services.PaymentFile{ID: "f0", MadeAt: now.Add(-99 * time.Hour), Count: 3, Sum: money.Dinars(41), ReleasedAt: now, ReleasedBy: "dragan"}), nil
}

func (f *rooms) PreparePayments(context.Context, act.Actor) (services.PaymentFile, error) {
	return services.PaymentFile{ID: "f1"}, f.note("prepare")
}

func (f *rooms) ReleasePayments(_ context.Context, _ act.Actor, file string) error {
	return f.note("release " + file)
}

func (f *rooms) PaymentXML(context.Context, act.Actor, string) ([]byte, error) {
	return []byte("<Document/>"), f.err
}

// desk of the registrar.
type registrar struct {
	mu       sync.Mutex
	err      error
	recorded []births.Entry
}

func (r *registrar) Find(_ context.Context, _ act.Actor, number string) (births.Found, error) {
	n, err := jmbg.Parse(number)
	if err != nil {
		return births.Found{}, problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	if n.Born().Year() < 1950 {
		return births.Found{}, problem.New(problem.NotFound, "person-unknown")
	}
	name := "Милица Пример"
	if n.Sex() == jmbg.Male {
		name = "Петар Пример"
	}
	return births.Found{Handle: "handle-" + string(n.Sex()), Name: name, Born: n.Born(), Settlement: "zr-05"}, nil
}

func (r *registrar) Record(_ context.Context, _ act.Actor, e births.Entry) (births.Birth, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.recorded = append(r.recorded, e)
	}
	return births.Birth{ID: "b1"}, r.err
}

func (r *registrar) List(context.Context, act.Actor, page.Key) (page.Page[births.Birth], error) {
	return page.Page[births.Birth]{Items: []births.Birth{
		{ID: "b1", GivenName: "Мила", FamilyName: "Пример", Born: civil.Date(2026, time.November, 19), Place: "zr-01", MotherName: "Милица Пример", FatherName: "Петар Пример", Order: new(1), RecordedAt: now},
		{ID: "b2", GivenName: "Љубиша", FamilyName: "Узорак", Born: civil.Date(2026, time.November, 18), Place: "nowhere", MotherName: "Њежана Узорак", RecordedAt: now}}}, nil
}

type published struct{}

func (published) Members(context.Context) ([]Member, error) {
	return []Member{{ID: "RS-DEMO/GOV/ZRENJANIN", Title: both("Град Зрењанин", "City of Zrenjanin"), Address: "127.0.0.1:9443", Systems: []string{"family", "portal"}, KeyAge: 50 * time.Hour}}, nil
}

func (published) Contracts(context.Context) ([]Contract, error) {
	c := Contract{ID: "c1", Consumer: "RS-DEMO/GOV/ZRENJANIN/family", Provider: "RS-DEMO/GOV/REGISTERS/civil", Service: "births", Purpose: both("Родитељски додатак", "Parental allowance"), Cite: both("чл. 22 Закона", "Art. 22 of the Law"), Fields: []string{"/born", "/order"}, InForce: true}
	stopped := c
	stopped.ID, stopped.InForce, stopped.Why = "c2", false, both("Чл. 22 Закона није на снази.", "Art. 22 of the Law is not in force.")
	return []Contract{c, stopped}, nil
}

func (published) Logs(context.Context) ([]LogState, error) {
	return []LogState{{Origin: "dobosh.example/zrenjanin", Size: 120431, At: now}, {Origin: "dobosh.example/registers"}}, nil
}

func serbia(t testing.TB) *law.Pack {
	t.Helper()
	p, err := law.Load(packs.Serbia())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// site is a portal that is not open yet.
type site struct {
	portal.Config
	Deps
}

func base(t testing.TB) site {
	words, err := Words()
	if err != nil {
		t.Fatal(err)
	}
	return site{portal.Config{
		Body: both("Град Зрењанин", "City of Zrenjanin"), Kind: "city", PublicURL: "https://zrenjanin.example", Help: portal.Help{Phone: "023 000 000"}, Banner: true,
		Catalogue: words, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), SignIn: signIn{}, Sessions: sessions{},
	}, Deps{Pack: serbia(t),
		Demo: &Demo{City: "http://127.0.0.1:1", Registers: "http://127.0.0.1:2", Supervisor: "http://127.0.0.1:3", Mail: "http://127.0.0.1:4",
			People: []DemoPerson{{"Милица Пример", both("мајка, чека прво дете", "mother, expecting her first child")}, {"Весна Матичар", both("матичар", "registrar")}}},
	}}
}

func city(t testing.TB, f *rooms) site {
	d := base(t)
	d.Offers, d.Exits, d.Decisions, d.Papers, d.Looks, d.Messages, d.Verifier = f, f, f, f, f, f, f
	d.Desk, d.Waiting, d.Referrals, d.Settling, d.Payments, d.Releasing, d.Answering = f, f, f, f, f, f, f
	return d
}

func stateRegisters(t testing.TB, r *registrar) site {
	d := base(t)
	d.Help = portal.Help{}
	d.Kind = "registers"
	d.Body, d.Registrar = both("Државни регистри", "State registers"), r
	return d
}

func supervisor(t testing.TB) site {
	d := base(t)
	d.Help = portal.Help{Counter: both("Трг слободе 10, радним данима од 8 до 15.", "Trg slobode 10, on weekdays from 8 to 15.")}
	d.Kind = "supervisor"
	d.Body, d.Registry = both("Надзорни орган", "Supervisor"), published{}
	return d
}
