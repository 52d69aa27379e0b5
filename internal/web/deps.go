package web

import (
	"context"
	"io"

	"dobosh/internal/act"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/law"
	"dobosh/internal/receipts"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
)

// Deps is what the pages call; each may be nil.
type Deps struct {
	Pack *law.Pack // names of places; nil where no page shows any
	Demo *Demo     // nil when this is not a demonstration

	// What a person sees.
	Offers    Offers
	Exits     Exits
	Decisions Decisions
	Papers    Papers
	Looks     Looks
	Messages  Messages

	// What anybody sees.
	Verifier Verifier

	// What an officer sees.
	Desk      Desk
	Waiting   Waiting
	Referrals Referrals
	Settling  Settling
	Payments  Payments
	Releasing Releasing
	Answering Answering

	// What a registrar sees.
	Registrar Registrar

	// What those see who make contracts for this member.
	Contracts Contracts

	// What anybody reads about data services, and what engineers say about them.
	DataServices DataServices

	// What an operator and an auditor see; both or none.
	Oversight  Oversight
	Conditions Conditions
	Events     Events // with Conditions, or nil

	// What the supervisor publishes.
	Registry Registry

	// How its operators let nodes in.
	Newcomers Newcomers
}

// Demo is what a demonstration says about itself.
type Demo struct {
	People     []DemoPerson
	City       string // addresses of the three portals
	Registers  string
	Supervisor string
	Mail       string // where the messages that went out can be read
}

// DemoPerson is an invented person who can sign in.
type DemoPerson struct {
	Name string
	What lang.Text // what they are for: "мајка, чека прво дете"
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
	// Believed are the keys by which this node checks evidence of exchanges.
	Believed() evidence.Trust
}

// Looks is who looked at a person's data, on all nodes. The texts name the
// bodies that did not answer.
type Looks interface {
	Looks(ctx context.Context, by act.Actor, after page.Key) (page.Page[receipts.Look], []lang.Text, error)
	AskWhy(ctx context.Context, by act.Actor, look, question string) error
}

// Messages are a person's questions to bodies and the answers, the newest
// first. The texts name the bodies that did not answer.
type Messages interface {
	Asked(ctx context.Context, by act.Actor) ([]receipts.Asked, []lang.Text, error)
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
	Referrals(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.Referral], error)
	Referral(ctx context.Context, by act.Actor, id string) (services.Referral, error)
}

// Settling ends a referral: with the facts and where they come from, or with
// the reason for which nothing follows. Dates are "2026-11-23", yes and no are
// "true" and "false".
type Settling interface {
	Resolve(ctx context.Context, by act.Actor, id string, version int, facts map[string]string, source string) error
	Dismiss(ctx context.Context, by act.Actor, id string, version int, reason string) error
}

// Payments are the payments and the files they leave in.
type Payments interface {
	Payments(ctx context.Context, by act.Actor, state services.PaymentState, after page.Key) (page.Page[services.Payment], error)
	PaymentFiles(ctx context.Context, by act.Actor, after page.Key) (page.Page[services.PaymentFile], error)
}

// Releasing moves money.
type Releasing interface {
	PreparePayments(ctx context.Context, by act.Actor) (services.PaymentFile, error)
	ReleasePayments(ctx context.Context, by act.Actor, file string) error
	PaymentXML(ctx context.Context, by act.Actor, file string) ([]byte, error)
}

// Answering is an officer's side of the messages.
type Answering interface {
	Questions(ctx context.Context, by act.Actor, after page.Key) (page.Page[receipts.Question], error)
	Answer(ctx context.Context, by act.Actor, id, text string) error
}

// Registrar records births; [births.Registrar] does.
type Registrar interface {
	Find(ctx context.Context, by act.Actor, number string) (births.Found, error)
	Record(ctx context.Context, by act.Actor, e births.Entry) (births.Birth, error)
	List(ctx context.Context, by act.Actor, after page.Key) (page.Page[births.Birth], error)
}

// Registry is what the supervisor publishes to everybody.
type Registry interface {
	Members(ctx context.Context) ([]Member, error)
	Contracts(ctx context.Context) ([]Contract, error)
	Logs(ctx context.Context) ([]LogState, error)
}
