package births

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
)

// maxBearer bounds the tokens of systems, in characters.
const maxBearer = 256

// System is a registrar's information system that records births over HTTP.
type System struct {
	Name string
	Hash [sha256.Size]byte // of its bearer token
}

// HashToken is how the token of a [System] is kept.
func HashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// who recognises the system behind an Authorization header (RFC 6750). All
// hashes are compared, so that the time it takes tells nothing.
func (r *Registrar) who(request *http.Request) (act.Actor, error) {
	unknown := problem.New(problem.Unauthenticated, "token-unknown")
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxBearer {
		return act.Actor{}, unknown
	}
	hash := HashToken(token)
	var name string
	for _, s := range r.systems {
		if subtle.ConstantTimeCompare(hash[:], s.Hash[:]) == 1 {
			name = s.Name
		}
	}
	if name == "" {
		return act.Actor{}, unknown
	}
	return act.System(name, identity.Registrar), nil
}
