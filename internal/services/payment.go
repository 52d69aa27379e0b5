package services

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/rules"
)

// Payment is one instalment of a decision.
type Payment struct {
	ID       string
	Decision string
	Code     string // of the decision, for people
	Title    lang.Text
	Number   int // of Count instalments, from 1
	Count    int
	Amount   money.Para
	Account  string // masked for pages: "160-…-23"
	Due      civil.Day
	State    PaymentState
	File     string // id of the payment file, once prepared

	service string // of the decision
	counted bool   // Due is a day on which banks work, by the calendar of the pack
}

// PaymentFile is a file of payments in the form of ISO 20022 pain.001, which a
// bank takes once an officer has released it.
type PaymentFile struct {
	ID         string
	MadeAt     time.Time
	Count      int
	Sum        money.Para
	ReleasedAt time.Time // zero until released
	ReleasedBy string    // account of the officer
	PreparedBy string    // account of the officer, who is another; empty for files of before
}

// Referral is a matter that goes to a person, with the reason.
type Referral struct {
	ID      string
	Service string
	Title   lang.Text
	About   lang.Text
	Why     ReferralReason
	Missing []MissingFact // when a fact is unknown
	Reasons []Reason      // what the rule says so far
	Result  rules.Result  // the same in a word
	Known   []KnownFact   // what is known, as far as it can be corrected
	Offer   string        // id, when the person asked for a person
	Since   time.Time
	Until   time.Time // by when it is to be decided
	UntilBy lang.Text // by which provision
	Open    bool
	Version int

	Unchecked bool // nobody has compared that term with the text of the law yet
}

// ReferralReason says why a matter goes to a person.
type ReferralReason string

// The reasons.
const (
	FactUnknown   ReferralReason = "fact-unknown"
	RuleSaysNo    ReferralReason = "rule-says-no" // or the term for it is over
	PersonAsked   ReferralReason = "person-asked"
	AmountMissing ReferralReason = "amount-missing" // no amount is set, or it is zero
	FactsChanged  ReferralReason = "facts-changed"  // since another matter of the person was offered or decided
)

// MissingFact names a fact that no register could tell.
type MissingFact struct {
	Fact     string
	Type     string // as in [rules.Need]
	Label    lang.Text
	Register lang.Text // who should know it
}

// AssessmentState is how far the facts of an event are gathered.
type AssessmentState string

// An assessment ends in an offer, in nothing, or with a person.
const (
	AssessmentAsking     AssessmentState = "asking"
	AssessmentWaiting    AssessmentState = "waiting" // a register is away
	AssessmentOffered    AssessmentState = "offered"
	AssessmentReferred   AssessmentState = "referred"
	AssessmentObjected   AssessmentState = "objected"
	AssessmentNotOffered AssessmentState = "not-offered" // there was no such public service on the day that decides
)

// Assessment is one event looked at under one public service.
type Assessment struct {
	ID      string
	Service string
	Title   lang.Text
	Event   string // id of the event
	State   AssessmentState
	Waits   lang.Text // for whom it waits and why, when it waits
	Tries   int
	NextTry time.Time
	Since   time.Time
}
