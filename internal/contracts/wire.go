package contracts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
)

// Path is where a node takes the letters of other nodes.
const Path = "/dobosh/1/proposals"

// carryWait bounds the time in which a letter is taken.
const carryWait = 15 * time.Second

// refusal is how a node says that it does not take a letter.
type refusal struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Handler takes letters. peer tells whose node is at the other end of the
// connection.
func (r *Room) Handler(peer func(*http.Request) (registry.ID, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		from, err := peer(req)
		if err != nil {
			r.refuse(w, req, problem.New(problem.Unauthenticated, "peer-unknown").Because(err))
			return
		}
		letter, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxLetter))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			r.refuse(w, req, problem.New(problem.TooLarge, "body-too-large"))
			return
		}
		if err == nil {
			err = r.Take(req.Context(), from, string(letter))
		}
		if err != nil {
			r.refuse(w, req, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func (r *Room) refuse(w http.ResponseWriter, req *http.Request, err error) {
	p := problem.Of(err)
	if p.Kind == problem.Internal {
		r.Log.ErrorContext(req.Context(), "a letter was not taken", slog.Any("error", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Kind.Status())
	_ = json.NewEncoder(w).Encode(refusal{p.Code, p.Args}) // the peer may have gone
}

// HTTP carries letters over the mutual TLS of the exchange.
type HTTP struct {
	// Client reaches exactly the node with a TLS key.
	Client func(node registry.Node) *http.Client
}

// Carry implements [Courier].
func (h HTTP) Carry(ctx context.Context, to registry.Node, letter string) error {
	ctx, cancel := context.WithTimeout(ctx, carryWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+to.Address+Path, bytes.NewReader([]byte(letter)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := h.Client(to).Do(req)
	if err != nil {
		return problem.New(problem.Unavailable, "node-away", "body", to.Member.String()).Because(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode == http.StatusNoContent {
		return nil
	}
	var said refusal
	if err := strict.Upto(16<<10).AllowUnknown().Read(resp.Body, &said); err != nil || !coded(said.Code) {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", to.Member.String()).Because(err)
	}
	return &problem.Problem{Kind: kindOf(resp.StatusCode), Code: said.Code, Args: said.Args}
}

// coded wants a code as ours are, since it is shown.
func coded(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 60
}

// kindOf reads a status: what is not known to last may pass.
func kindOf(status int) problem.Kind {
	for _, k := range []problem.Kind{problem.Invalid, problem.Forbidden, problem.NotFound, problem.Conflict, problem.Gone, problem.TooLarge} {
		if k.Status() == status {
			return k
		}
	}
	return problem.Unavailable
}
