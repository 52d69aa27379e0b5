package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// Who says who sends a request, or gives the problem for not saying so.
type Who func(r *http.Request) (act.Actor, error)

// Program is an information system that may use a surface, with the file of the
// token by which it is known.
type Program struct {
	Name      string
	TokenFile string
	Grants    []act.Grant // what it may, as an officer would hold it
}

// Tokens reads the tokens of programs. Who shows one (RFC 6750) is that program.
func Tokens(programs []Program) (Who, error) {
	type known struct {
		actor act.Actor
		hash  [sha256.Size]byte
	}
	var all []known
	for _, p := range programs {
		token, err := os.ReadFile(p.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token of %s: %w", p.Name, err)
		}
		actor := act.System(p.Name)
		actor.Grants = p.Grants
		all = append(all, known{actor, sha256.Sum256([]byte(strings.TrimSpace(string(token))))})
	}
	return func(r *http.Request) (act.Actor, error) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		hash := sha256.Sum256([]byte(token))
		var found act.Actor
		for _, p := range all { // all are compared, so that the time it takes tells nothing
			if subtle.ConstantTimeCompare(hash[:], p.hash[:]) == 1 {
				found = p.actor
			}
		}
		if !strings.EqualFold(scheme, "Bearer") || token == "" || !found.Known() {
			return act.Actor{}, problem.New(problem.Unauthenticated, "token-unknown")
		}
		return found, nil
	}, nil
}
