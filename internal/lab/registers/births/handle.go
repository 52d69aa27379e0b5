package births

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
)

const (
	handleLife = 30 * time.Minute
	handleMax  = 1024                      // characters; a name of 60 letters twice stays under 600
	handleKind = "dobosh civil handle v1 " // bound into the seal, with the account
)

// The ways in which a handle can be wrong.
var (
	ErrHandleForged  = errors.New("births: not a handle that this register made for this account")
	ErrHandleExpired = errors.New("births: the handle has expired")
)

// Parent is a person found in the residence register, as sealed in a handle.
type Parent struct {
	Person       string `json:"person"`                 // pseudonym in registers.Sector
	Name         string `json:"name"`                   // as registered
	Municipality string `json:"municipality,omitempty"` // of residence; empty when there is none or it is not known
}

// sealer makes handles. A handle carries its person through a form without the number and without a row in a table; nobody
// else can make one, change one, or use that of a colleague.
type sealer struct {
	seal *seal.Sealer
	now  clock.Now
}

// sealed is the text under the seal.
type sealed struct {
	Parent
	Until int64 `json:"until"` // microseconds
}

func newSealer(key []byte, now clock.Now) (sealer, error) {
	s, err := seal.New(key)
	return sealer{s, now}, err
}

func (s sealer) handle(by act.Actor, p Parent) (string, error) {
	plain, err := json.Marshal(sealed{p, s.now().Add(handleLife).UnixMicro()})
	if err != nil {
		return "", fmt.Errorf("seal handle: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.seal.Seal(plain, []byte(handleKind+by.Account))), nil
}

// open gives what handle took, or ErrHandleForged or ErrHandleExpired.
func (s sealer) open(by act.Actor, handle string) (Parent, error) {
	if len(handle) > handleMax {
		return Parent{}, ErrHandleForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil {
		return Parent{}, ErrHandleForged
	}
	plain, err := s.seal.Open(raw, []byte(handleKind+by.Account))
	if err != nil {
		return Parent{}, ErrHandleForged
	}
	var inside sealed
	if err := json.Unmarshal(plain, &inside); err != nil {
		return Parent{}, ErrHandleForged
	}
	if s.now().UnixMicro() >= inside.Until {
		return Parent{}, ErrHandleExpired
	}
	return inside.Parent, nil
}
