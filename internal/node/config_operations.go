package node

import (
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/api"
)

// Operations says who reads the figures of the node.
type Operations struct {
	// TokenFile holds the bearer token that /metrics wants; empty for none, which is in
	// order only where the address is reached from this machine alone.
	TokenFile string `yaml:"token_file"`
}

// figures serve /metrics: to everybody who reaches the address, or to who has the token.
func (o Operations) figures(next http.Handler) (right act.Right, handler http.Handler, err error) {
	if o.TokenFile == "" {
		return act.Anyone(), next, nil
	}
	who, err := api.Tokens([]api.Program{{Name: "operations", TokenFile: o.TokenFile}})
	if err != nil {
		return right, nil, err
	}
	return act.SignedIn(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := who(r); err != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}
