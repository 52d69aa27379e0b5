package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"dobosh/internal/kit/civil"
)

// Edition is one version of what a service is: a description and the day from
// which it holds.
type Edition struct {
	Version     string    `json:"version"`
	Description string    `json:"description"` // SHA-256 of the OpenAPI document in hex
	From        civil.Day `json:"from"`
}

// maxEditions bounds the editions that a service remembers; the oldest are
// forgotten first.
const maxEditions = 16

func (e Edition) valid() bool {
	return e.Version != "" && len(e.Version) <= maxTerm && validDigest(e.Description) && !e.From.IsZero()
}

// validDigest wants a SHA-256 in lower-case hex.
func validDigest(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && hex.EncodeToString(raw) == s
}

// validEditions checks what a service says about the edition to come and those
// before.
func (sv Service) validEditions() bool {
	next := sv.Next == nil || sv.Next.valid() && sv.Description != ""
	return next && len(sv.Former) <= maxEditions && !slices.ContainsFunc(sv.Former, func(e Edition) bool { return !e.valid() })
}

// Remember gives the former editions with one more, the newest last.
func (sv Service) Remember(e Edition) []Edition {
	former := append(slices.Clone(sv.Former), e)
	return former[max(0, len(former)-maxEditions):]
}
