package services

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/rules"
)

// OfferState is where an offer stands. The table of moves is in moves.
type OfferState string

// An offer is open until the person answers or its term ends.
const (
	OfferOpen     OfferState = "open"
	OfferAccepted OfferState = "accepted"
	OfferDeclined OfferState = "declined"
	OfferObjected OfferState = "objected" // the person does not want to be considered at all
	OfferReferred OfferState = "referred" // the person wants a person to decide
	OfferRefused  OfferState = "refused"  // a person decided against it
	OfferLapsed   OfferState = "lapsed"
)

// Offer is what the law gives a person, with the reasons, waiting for one tap.
type Offer struct {
	ID        string
	Service   string // id of the public service
	Title     lang.Text
	Body      lang.Text // who offers
	Person    string    // pseudonym in the sector of the service
	About     lang.Text // whom it is for: "Мила, рођена 19. новембра 2026."
	State     OfferState
	Version   int // grows with every change; a form carries it, so that a stale one is noticed
	Plan      rules.Plan
	Reasons   []Reason
	Affirms   []law.Statement // what the person states by accepting
	Refusal   lang.Text
	MadeAt    time.Time
	Until     time.Time // the offer lapses then
	UntilBy   lang.Text // the provision that says so
	Unchecked bool      // nobody has compared that term with the text of the law yet
	SeenAt    time.Time // zero until first seen
	Decision  string    // id, once accepted
}

// Reason is one condition that was looked at, in words for people.
type Reason struct {
	Says     lang.Text
	Result   rules.Result
	Cite     lang.Text // the provision
	Register lang.Text // who said so; empty where nobody was asked
	Exchange string    // id of the exchange that brought the fact
}

// Decision is what was decided, by whom, on what. It never changes, except
// that it becomes sealed and its payments go their way.
type Decision struct {
	ID       string
	Code     string // for people: ZR-2026-7KQ4-M9PD-X
	Offer    string
	Service  string
	Title    lang.Text
	Body     lang.Text
	Person   string
	About    lang.Text
	Granted  bool
	By       string // "rule", or the account of the officer
	Plan     rules.Plan
	Reasons  []Reason
	Affirms  []law.Statement
	Remedy   lang.Text // how to appeal, by which provision, for how long
	MadeAt   time.Time
	Sealed   bool
	Payments []Payment

	Delivered   civil.Day // with which the term of an appeal begins; none while it is not, and on lists
	AppealUntil civil.Day // the last day on which an appeal is in time
	Unchecked   bool      // nobody has compared the term of an appeal with the text of the law yet
}

// PaymentState is where a payment stands.
type PaymentState string

// A payment is due, then in a file, then released by an officer.
const (
	PaymentPlanned  PaymentState = "planned" // a later month
	PaymentWaiting  PaymentState = "waiting" // the account is not known yet
	PaymentDue      PaymentState = "due"
	PaymentPrepared PaymentState = "prepared"
	PaymentReleased PaymentState = "released"
	// PaymentUncertain came back with its decision from the journal, and nobody here knows
	// whether it left before. It is not paid until somebody has asked the bank.
	PaymentUncertain PaymentState = "uncertain"
)
