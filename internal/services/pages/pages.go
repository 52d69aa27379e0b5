// Package pages shows the public services: to a person what is offered to them and
// what was decided, to officers what waits for one, and to anybody whether a paper
// that they hold is what it says it is.
//
// Whose an offer or a decision is decides the room. The desk is for officers; the
// verification of a paper is for everybody and names nobody.
package pages

import (
	"context"
	"embed"
	"io"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
)

//go:embed templates
var templates embed.FS

// Services is what a node gives to people; [services.Room] does.
type Services interface {
	Offers
	Exits
	Decisions
	Papers
	Desk
	Waiting
	Referrals
	Settling
	Payments
	Releasing
	Matters
	Appeals
}

// Appeals take what a party has against a decision.
type Appeals interface {
	AppealUntil(ctx context.Context, by act.Actor, decision string) (last civil.Day, late, unchecked bool, err error)
	Appealing() (act.Act, error)
}

// Offers is a person's inbox, and the one tap.
type Offers interface {
	Offers(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Offer], error)
	Offer(ctx context.Context, by act.Actor, id string) (services.Offer, error)
	Accept(ctx context.Context, by act.Actor, id string, version int) (services.Decision, error)
}

// Exits are the other ways out of an offer.
type Exits interface {
	Decline(ctx context.Context, by act.Actor, id string, version int) error
	Object(ctx context.Context, by act.Actor, id string, version int) error
	Refer(ctx context.Context, by act.Actor, id string, version int) error
}

// Decisions are the decisions about a person.
type Decisions interface {
	Decision(ctx context.Context, by act.Actor, id string) (services.Decision, error)
	Decisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Decision], error)
}

// Papers are the forms of a decision that a person takes away.
type Papers interface {
	DecisionFile(ctx context.Context, by act.Actor, id string) ([]byte, error)
	DecisionPDF(ctx context.Context, by act.Actor, id string, tag lang.Tag) ([]byte, error)
}

// Verifier says whether a paper that somebody holds is what it says it is.
type Verifier interface {
	Verification(ctx context.Context, code string) (services.Verification, error)
	VerifyFile(ctx context.Context, file io.Reader) (proof.Report, error)
	// Check has what anybody may ask for wait its turn.
	Check(ctx context.Context, do func()) error
	// Believed are the keys by which this node checks evidence of exchanges.
	Believed() evidence.Trust
}

// Desk is an officer's overview.
type Desk interface {
	Counts(ctx context.Context, by act.Actor) (services.Counts, error)
	AllOffers(ctx context.Context, by act.Actor, state services.OfferState, after page.Key) (page.Page[services.Offer], error)
	AllDecisions(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Decision], error)
}

// Waiting are the assessments and what they wait for.
type Waiting interface {
	Assessments(ctx context.Context, by act.Actor, state services.AssessmentState, after page.Key) (page.Page[services.Assessment], error)
}

// Referrals are the matters that wait for an officer.
type Referrals interface {
	Referral(ctx context.Context, by act.Actor, id string) (services.Referral, error)
	Together(ctx context.Context, by act.Actor, id string) ([]services.Beside, error)
	Correct(ctx context.Context, by act.Actor, in services.Correction) error
}

// Settling ends a referral, when the officer can no longer take it back: with the facts and where they come from, or with
// the reason for which nothing follows. Dates are "2026-11-23", yes and no are
// "true" and "false".
type Settling interface {
	DraftResolve(ctx context.Context, by act.Actor, id string, version int, facts map[string]string, source string) (number string, err error)
	DraftDismiss(ctx context.Context, by act.Actor, id string, version int, reason string) (number string, err error)
}

// Payments are the payments and the files they leave in.
type Payments interface {
	Payments(ctx context.Context, by act.Actor, state services.PaymentState, after page.Key) (page.Page[services.Payment], error)
	PaymentFiles(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.PaymentFile], error)
	PaymentFile(ctx context.Context, by act.Actor, file string) (services.PaymentFile, error)
}

// Releasing moves money.
type Releasing interface {
	PreparePayments(ctx context.Context, by act.Actor) (services.PaymentFile, error)
	ReleasePayments(ctx context.Context, by act.Actor, file string) error
	Unpaid(ctx context.Context, by act.Actor, payment string) error
	PaymentXML(ctx context.Context, by act.Actor, file string) ([]byte, error)
}

// room is what the pages call.
type room struct {
	Services
	verifier Verifier
	pack     *law.Pack
}

// New brings the pages of the public services.
func New(s Services, verifier Verifier, pack *law.Pack) (portal.Room, error) {
	dismiss, err := services.Dismissal(pack, s)
	if err != nil {
		return portal.Room{}, err
	}
	correct, err := services.Correcting(s)
	if err != nil {
		return portal.Room{}, err
	}
	appeal, err := s.Appealing()
	if err != nil {
		return portal.Room{}, err
	}
	r := &room{s, verifier, pack}
	own, officer := act.SignedIn(), services.RightToDecide()
	atDesk, resident := portal.Holds(identity.Officer), portal.Holds(identity.Resident)
	return portal.Room{
		Templates: templates,
		Pages: append([]portal.Page{
			{Pattern: "GET /life/{event}", Right: act.Anyone(), Do: r.lifePage},
			{Pattern: "GET /inbox", Right: own, Do: r.inbox},
			{Pattern: "GET /offers/{id}", Right: own, Do: r.offer},
			{Pattern: "GET /offers/{id}/amount", Right: own, Do: r.offerAmount},
			{Pattern: "POST /offers/{id}/accept", Right: own, Do: r.accept},
			{Pattern: "GET /decisions", Right: own, Do: r.decisions},
			{Pattern: "GET /decisions/{id}", Right: own, Do: r.decision},
			{Pattern: "GET /decisions/{id}/decision.pdf", Right: own, Do: r.decisionPDF},
			{Pattern: "GET /decisions/{id}/decision.json", Right: own, Do: r.decisionFile},

			{Pattern: "GET /verify", Right: act.Anyone(), Do: r.verify},
			{Pattern: "GET /verify/{code}", Right: act.Anyone(), Do: r.verifyCode},
			{Pattern: "POST /verify/code", Right: act.Anyone(), Do: r.typedCode},
			{Pattern: "POST /verify/file", Right: act.Anyone(), Do: r.verifyFile},

			{Pattern: "GET /desk", Right: officer, Do: r.desk},
			{Pattern: "GET /desk/offers", Right: officer, Do: r.allOffers().Do},
			{Pattern: "GET /desk/decisions", Right: officer, Do: r.allDecisions().Do},
			{Pattern: "GET /desk/assessments", Right: officer, Do: r.assessments().Do},
			{Pattern: "GET /desk/referrals", Right: officer, Do: func(v *portal.Visit) error { return v.To("/desk/cases") }},
			{Pattern: "GET /desk/referrals/{id}", Right: officer, Do: func(v *portal.Visit) error { return r.referral(v, nil) }},
			{Pattern: "POST /desk/referrals/{id}", Right: officer, Do: r.resolve},
			{Pattern: "GET /desk/payments", Right: officer, Do: r.payments},
			{Pattern: "POST /desk/payments/prepare", Right: officer, Do: r.preparePayments},
			{Pattern: "GET /desk/payments/{file}/release", Right: services.RightToRelease(), Do: r.askRelease},
			{Pattern: "POST /desk/payments/{file}/release", Right: services.RightToRelease().Fresh(0), Do: r.releasePayments},
			{Pattern: "GET /desk/payments/{payment}/unpaid", Right: services.RightToRelease(), Do: r.askUnpaid},
			{Pattern: "POST /desk/payments/{payment}/unpaid", Right: services.RightToRelease().Fresh(0), Do: r.saysUnpaid},
			{Pattern: "GET /desk/payments/{file}/payments.xml", Right: officer, Do: r.paymentXML},
		}, slices.Concat(r.exits(), r.dismissal(dismiss).Pages(), r.correction(correct).Pages(), r.appeal(appeal).Pages())...),
		Nav: []portal.Nav{
			{Path: "/", Key: "home.title", Order: 90, Whom: resident},
			{Path: "/inbox", Key: "nav.inbox", Order: 140, Whom: resident, Aside: true},
			{Path: "/desk", Key: "nav.desk", Order: 200, Setting: portal.Staff, Whom: atDesk},
			{Path: "/desk/offers", Key: "nav.offers", Order: 210, Setting: portal.Staff, Whom: atDesk},
			{Path: "/desk/assessments", Key: "nav.assessments", Order: 220, Setting: portal.Staff, Whom: atDesk},
			{Path: "/desk/decisions", Key: "nav.decisions", Order: 240, Setting: portal.Staff, Whom: atDesk},
			{Path: "/desk/payments", Key: "nav.payments", Order: 250, Setting: portal.Staff, Whom: atDesk},
		},
		Footer: []portal.Nav{{Path: "/verify", Key: "nav.verify", Order: 100}},
		Home: []portal.Home{
			{Order: 100, Whom: resident, Do: r.home},
			{Order: 200, Whom: atDesk, Do: func(v *portal.Visit) error { return v.To("/desk") }},
		},
		Welcome: []portal.Part{r.welcome},
		Waits:   []portal.Waits{r.waits},
		Can:     []portal.Nav{{Path: "/inbox", Key: "can.offers", Order: 100, Whom: resident}, {Path: "/verify", Key: "can.verify", Order: 300}},
		Pieces:  map[string]portal.Piece{"case." + services.CaseKind: r.matter, "letter.paper": r.paper},
	}, nil
}
