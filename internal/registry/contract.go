package registry

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/strict"
	"dobosh/internal/law"

	"golang.org/x/mod/sumdb/note"
)

// Contract is the right of one subsystem, or of every one of a group, to ask
// another: which questions, what for, by which provision, and which fields may
// leave. A later contract with the same id between the same two amends it.
//
// A contract with a group is signed by the provider and the owner of the group.
// Whoever asks under it accepts it by asking: the question is in the asker's log.
type Contract struct {
	ID        string   `json:"id"`
	Consumer  ID       `json:"consumer"`            // subsystem; empty with a group
	Group     ID       `json:"group,omitzero"`      // whose members may ask, instead of a consumer
	Delegates []ID     `json:"delegates,omitempty"` // subsystems of other members that may ask on behalf of who may ask
	Provider  ID       `json:"provider"`            // subsystem
	Service   string   `json:"service"`             // service code of the provider
	Methods   []string `json:"methods"`
	Paths     []string `json:"paths"`    // patterns; "{name}" stands for one segment
	Fields    []string `json:"fields"`   // JSON pointers of the answer that may leave; "*" stands for every element of a list
	Subjects  []string `json:"subjects"` // where the persons concerned are named: "/pointer" of the answer; "path:name", "query:name", "header:Name", "body:/pointer" of the question; behind "maybe:" where there may be nobody
	Purpose   string   `json:"purpose"`
	Provision law.Ref  `json:"provision"`
	Sector    string   `json:"sector"`            // in which persons are named on the wire
	Quota     int      `json:"quota"`             // questions a day; 0 for no limit
	Rate      int      `json:"rate,omitempty"`    // questions a second; 0 for no limit
	Limit     int64    `json:"limit,omitempty"`   // bytes of one body, either direction; 0 for DefaultLimit
	Headers   []string `json:"headers,omitempty"` // headers of the answer that may leave besides the plain ones; "*" for all
	// Parameters are the names of the query that may be asked besides those that Subjects name; "*" for any.
	Parameters []string `json:"parameters,omitempty"`
	// Passes are headers of the question that reach the system besides the plain ones; "*" for all. Credentials, and what
	// overrides or pretends, never do.
	Passes    []string  `json:"passes,omitempty"`
	Delay     Delay     `json:"delay,omitzero"`   // how long the person concerned does not see an exchange
	Retention int       `json:"retention"`        // days the consumer may keep the answer
	Events    []string  `json:"events,omitempty"` // types of events that the consumer may follow
	Area      string    `json:"area,omitempty"`   // events of this area only
	From      civil.Day `json:"from"`
	To        civil.Day `json:"to,omitzero"` // last day; none for until ended
}

// Delay says for how long the person concerned does not see an exchange, and by
// which provision. The provision must be in force like the contract's own.
type Delay struct {
	Days      int     `json:"days"` // 1 to MaxDelay
	Provision law.Ref `json:"provision"`
}

const (
	// DefaultLimit is the bytes of one body where a contract names no limit.
	DefaultLimit = 10 << 20
	// MaxDelay is the longest time, in days, for which an exchange is hidden
	// from the person concerned.
	MaxDelay = 3650
)

// asker is the side that asks: a subsystem or a group.
func (c Contract) asker() ID {
	if c.Group != (ID{}) {
		return c.Group
	}
	return c.Consumer
}

// Signers are the two members whose signatures make the contract.
func (c Contract) Signers() [2]ID { return [2]ID{c.asker().Owner(), c.Provider.Owner()} }

// contractHeading begins the text that both members sign.
const contractHeading = "dobosh contract v1\n"

// ErrContract is the cause of every contract that is refused.
var ErrContract = errors.New("contract")

// Sign makes a note of the contract with the signatures given, or adds them
// to a note that the other side signed.
func (c Contract) Sign(signers ...note.Signer) (string, error) {
	text, err := c.text()
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return "", fmt.Errorf("sign contract %s: %w", c.ID, err)
	}
	return string(signed), nil
}

func (c Contract) text() (string, error) {
	terms, err := canonical.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("canonical contract: %w", err)
	}
	return contractHeading + string(terms) + "\n", nil
}

// digest names a contract by its text, whoever signed it.
func (c Contract) digest() [32]byte {
	text, _ := c.text() // it was read from such a text
	return sha256.Sum256([]byte(text))
}

// peekContract reads a contract without a look at its signatures.
func peekContract(signed string) (Contract, error) {
	text, _, found := strings.Cut(signed, "\n\n")
	body, headed := strings.CutPrefix(text, contractHeading)
	if !found || !headed {
		return Contract{}, fmt.Errorf("%w: not a signed contract", ErrContract)
	}
	var c Contract
	if err := strict.Upto(maxStatement).Decode([]byte(body), &c); err != nil {
		return Contract{}, fmt.Errorf("%w: %w", ErrContract, err)
	}
	again, err := c.text()
	if err != nil {
		return Contract{}, err
	}
	if again != text+"\n" {
		return Contract{}, fmt.Errorf("%w %s: the text is not in canonical form", ErrContract, c.ID)
	}
	return c, c.validate()
}

// Holds reports whether the contract's own period covers the day.
func (c Contract) Holds(day civil.Day) bool {
	return !day.Before(c.From) && (c.To.IsZero() || !day.After(c.To))
}
