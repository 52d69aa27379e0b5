package node

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// tokens are the information systems that may use an interface, each known by
// its bearer token.
type tokens []knownSystem

type knownSystem struct {
	name string
	hash [sha256.Size]byte
}

func readTokens(systems []System) (known tokens, err error) {
	for _, s := range systems {
		token, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token of %s: %w", s.Name, err)
		}
		known = append(known, knownSystem{s.Name, sha256.Sum256([]byte(strings.TrimSpace(string(token))))})
	}
	return known, nil
}

// actor recognises the system behind an Authorization header and gives it a role.
func (t tokens) actor(authorization string, role act.Role) (act.Actor, error) {
	name, err := t.system(authorization)
	if err != nil {
		return act.Actor{}, err
	}
	return act.System(name, role), nil
}

// system recognises the system behind an Authorization header (RFC 6750) by its
// name. All hashes are compared, so that the time it takes tells nothing.
func (t tokens) system(authorization string) (name string, err error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	hash := sha256.Sum256([]byte(token))
	for _, s := range t {
		if subtle.ConstantTimeCompare(hash[:], s.hash[:]) == 1 {
			name = s.name
		}
	}
	if !strings.EqualFold(scheme, "Bearer") || token == "" || name == "" {
		return "", problem.New(problem.Unauthenticated, "token-unknown")
	}
	return name, nil
}
