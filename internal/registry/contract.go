package registry

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"

	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/note"
)

// Contract is the right of one subsystem to ask another: which questions,
// what for, by which provision, and which fields may leave. A later contract
// with the same id between the same two subsystems amends it.
type Contract struct {
	ID        string    `json:"id"`
	Consumer  ID        `json:"consumer"` // subsystem
	Provider  ID        `json:"provider"` // subsystem
	Service   string    `json:"service"`  // service code of the provider
	Methods   []string  `json:"methods"`
	Paths     []string  `json:"paths"`    // patterns; "{name}" stands for one segment
	Fields    []string  `json:"fields"`   // JSON pointers of the answer that may leave; "*" stands for every element of a list
	Subjects  []string  `json:"subjects"` // where the persons concerned are named: JSON pointers of the answer, or "path:name"
	Purpose   string    `json:"purpose"`
	Provision law.Ref   `json:"provision"`
	Sector    string    `json:"sector"`           // in which persons are named on the wire
	Quota     int       `json:"quota"`            // questions a day; 0 for no limit
	Retention int       `json:"retention"`        // days the consumer may keep the answer
	Events    []string  `json:"events,omitempty"` // types of events that the consumer may follow
	Area      string    `json:"area,omitempty"`   // events of this area only
	From      civil.Day `json:"from"`
	To        civil.Day `json:"to,omitzero"` // last day; none for until ended
}

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
	raw, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return "", fmt.Errorf("canonical contract: %w", err)
	}
	return contractHeading + string(canonical) + "\n", nil
}

// digest names a contract by its text, whoever signed it.
func (c Contract) digest() [32]byte {
	text, _ := c.text() // it was read from such a text
	return sha256.Sum256([]byte(text))
}

// openContract checks both signatures and reads the contract.
func openContract(signed string, keys func(member ID) note.Verifiers) (Contract, error) {
	c, err := peekContract(signed)
	if err != nil {
		return Contract{}, err
	}
	for _, member := range []ID{c.Consumer.Owner(), c.Provider.Owner()} {
		if _, err := note.Open([]byte(signed), keys(member)); err != nil {
			return Contract{}, fmt.Errorf("%w %s: signature of %s: %w", ErrContract, c.ID, member, err)
		}
	}
	return c, nil
}

func peekContract(signed string) (Contract, error) {
	text, _, found := strings.Cut(signed, "\n\n")
	body, headed := strings.CutPrefix(text, contractHeading)
	if !found || !headed {
		return Contract{}, fmt.Errorf("%w: not a signed contract", ErrContract)
	}
	var c Contract
	if err := decodeStrict([]byte(body), &c); err != nil {
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
