package proof

import (
	"encoding/json"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/rules"
)

// What a decision file is called.
const (
	Format    = "dobosh-decision/1"
	MediaType = "application/vnd.dobosh.decision+json"
	Ending    = ".dobosh.json"
	MaxSize   = 1 << 20 // bytes
)

// File is a whole decision file.
type File struct {
	Format  string   `json:"format"`
	Content Content  `json:"content"`
	Seal    Seal     `json:"seal"`
	Witness *Witness `json:"witness,omitempty"` // absent until a witness has seen the log
}

// Content is what is sealed.
type Content struct {
	Decision Decision        `json:"decision"`
	Record   json.RawMessage `json:"record"` // canonical JSON of a [rules.Record]
	Receipts []Receipt       `json:"receipts"`
	Found    []Found         `json:"found,omitempty"` // of what no register said, or said otherwise
}

// Decision is what was decided.
type Decision struct {
	ID      string          `json:"id"`
	Code    string          `json:"code"`            // for people
	Service string          `json:"service"`         // id of the public service
	Title   lang.Text       `json:"title"`           //
	Body    lang.Text       `json:"body"`            // who decided
	Person  string          `json:"person"`          // pseudonym in the sector of the service
	About   lang.Text       `json:"about,omitempty"` // whom it is for
	Outcome rules.Result    `json:"outcome"`         // yes or no
	Plan    rules.Plan      `json:"plan,omitzero"`   // what is paid
	Affirms []law.Statement `json:"affirms"`         // what the person stated by accepting
	Remedy  lang.Text       `json:"remedy,omitempty"`
	MadeAt  time.Time       `json:"made_at"`          // UTC, in whole microseconds
	By      string          `json:"by"`               // "rule", or the account of the officer
	Reason  string          `json:"reason,omitempty"` // of a refusal, in the officer's words
}

// Found says what an officer found out or corrected, and on what they relied.
type Found struct {
	Fact   string    `json:"fact"`
	By     string    `json:"by"`             // account of the officer
	At     time.Time `json:"at"`             // UTC, in whole microseconds
	Kind   string    `json:"kind,omitempty"` // of the source: document, register or statement
	Source string    `json:"source"`
	Reason string    `json:"reason,omitempty"` // of a correction
	Was    string    `json:"was,omitempty"`    // what was known before
}

// Receipt says where a fact came from: which exchange brought it, and where
// the register that answered logged its answer.
type Receipt struct {
	Fact     string `json:"fact"`
	Exchange string `json:"exchange"` // id
	Register string `json:"register"` // member/subsystem/service
	Origin   string `json:"origin"`   // log of the register
	Index    int64  `json:"index"`    // of the answer in that log
}

// Seal shows that the content is an entry in the log of the body that decided.
type Seal struct {
	Content    tlog.Hash   `json:"content"` // SHA-256 of the canonical content
	Salt       tlog.Hash   `json:"salt"`
	Index      int64       `json:"index"`
	Proof      []tlog.Hash `json:"proof"`      // that the checkpoint covers the entry
	Checkpoint string      `json:"checkpoint"` // signed note with the signature of the log alone
}

// Witness shows that somebody else saw the log with the entry in it.
type Witness struct {
	Proof      []tlog.Hash `json:"proof"`
	Checkpoint string      `json:"checkpoint"` // signed note with the signature of the log and then one cosignature
}
