package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"

	"golang.org/x/mod/sumdb/note"
)

// taken is the answer to a statement that was taken: the log then had at least
// Size statements.
type taken struct {
	Size int64 `json:"size"`
}

// refused is the answer to one that was not. It has the form of the refusals of
// questions.
type refused struct {
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
}

// Statements answers POST with one statement, in canonical JSON, by the member
// that member finds behind the connection.
func (a *Authority) Statements(member func(*http.Request) (ID, bool), log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		err := a.receive(w, r, member)
		if err == nil {
			_ = json.NewEncoder(w).Encode(taken{a.State().Size}) // the member may have gone; the statement stands
			return
		}
		p := problem.Of(err)
		if p.Kind == problem.Unavailable || p.Kind == problem.Internal {
			log.ErrorContext(r.Context(), "a statement could not be taken", slog.Any("error", err))
		}
		w.WriteHeader(p.Kind.Status())
		_ = json.NewEncoder(w).Encode(refused{p.Kind.Status(), p.Code, p.Args})
	})
}

func (a *Authority) receive(w http.ResponseWriter, r *http.Request, member func(*http.Request) (ID, bool)) error {
	by, known := member(r)
	if !known {
		return problem.New(problem.Unauthenticated, "peer-unknown")
	}
	leaf, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxStatement))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return refusal(fmt.Errorf("%w: over %d bytes", ErrStatement, maxStatement))
	}
	if err != nil {
		return refusal(fmt.Errorf("%w: broke off: %w", ErrStatement, err))
	}
	st, err := decodeLeaf(leaf)
	if err != nil {
		return refusal(err)
	}
	return a.Submit(r.Context(), by, st)
}

// remote submits at the authority that a follower follows.
type remote struct {
	*Follower
	member ID
	node   note.Signer
}

// Submitter is for the statements of the member whose node the follower is; the
// authority takes them at url.
func (f *Follower) Submitter(url string, member ID, node note.Signer) Submitter {
	if f.sources[0].Statements == "" {
		f.sources[0].Statements = url
	}
	return remote{f, member, node}
}

// Submit implements [Submitter].
func (m remote) Submit(ctx context.Context, st Statement) error {
	st, err := m.signed(st, m.member, m.node)
	if err != nil {
		return err
	}
	leaf, err := st.encode()
	if err != nil {
		return refusal(err)
	}
	size, err := m.put(ctx, leaf)
	if err != nil {
		return err
	}
	m.catchUp(ctx, size)
	return nil
}

// maxTaken bounds the answer to a statement, in bytes.
const maxTaken = 64 << 10

// put brings a statement to whoever takes it: the one that is followed, or the
// next.
func (m remote) put(ctx context.Context, leaf []byte) (size int64, err error) {
	err = problem.New(problem.Unavailable, "registry-away")
	for _, mirror := range m.known() {
		if mirror.Statements == "" {
			continue
		}
		if size, err = m.post(ctx, mirror.Client, mirror.Statements, leaf); !problem.HasCode(err, "registry-away") {
			return size, err
		}
	}
	return size, err
}

func (m remote) post(ctx context.Context, client *http.Client, url string, leaf []byte) (size int64, err error) {
	away := func(err error) error { return problem.New(problem.Unavailable, "registry-away").Because(err) }
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(leaf))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, away(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	answer := strict.Upto(maxTaken).AllowUnknown()
	if resp.StatusCode == http.StatusOK {
		var yes taken
		if err := answer.Read(resp.Body, &yes); err != nil {
			return 0, away(err)
		}
		return yes.Size, nil
	}
	var no refused
	if err := answer.Read(resp.Body, &no); err != nil || no.Code == "" {
		return 0, away(fmt.Errorf("status %d: %w", resp.StatusCode, err))
	}
	return 0, &problem.Problem{Kind: kindOf(resp.StatusCode), Code: no.Code, Args: no.Args}
}

func kindOf(status int) problem.Kind {
	for _, kind := range []problem.Kind{problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.Conflict, problem.TooMany, problem.Unavailable} {
		if kind.Status() == status {
			return kind
		}
	}
	return problem.Internal
}

// catchUpLimit is how long a submitter waits until its own node knows what it
// said. The statement stands whether or not that is in time.
const catchUpLimit = 5 * time.Second

// catchUp returns when the state holds size statements, as far as that is soon.
func (f *Follower) catchUp(ctx context.Context, size int64) {
	ctx, cancel := context.WithTimeout(ctx, catchUpLimit)
	defer cancel()
	if err := f.Sync(ctx, false); err == nil && f.State().Size >= size {
		return
	}
	_ = f.Wait(ctx, size-1) // it is not waited for without end
}
