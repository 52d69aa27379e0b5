package witness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/strict"
)

// continuePath is where a log tells a witness, behind its prefix, that it goes on from fewer entries than the witness has seen.
const continuePath = "/continue"

// maxContinuation bounds a continuation, in bytes.
const maxContinuation = 64 << 10

// Continued is a continuation that a witness took: what it had cosigned is not undone and still verifies, but the log goes on from less.
type Continued struct {
	At   time.Time `json:"at"`
	Note string    `json:"note"` // as it was signed; see journal.Continuation
	Seen string    `json:"seen"` // the checkpoint that was given up, as the log had signed it
}

// Continuations are those of a log that this witness took, oldest first.
func (s *Server) Continuations(origin string) (list []Continued, err error) {
	raw, err := os.ReadFile(s.store.continuations(origin))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = strict.Upto(16<<20).AllowUnknown().Decode(raw, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("continuations of %s: %w", origin, err)
	}
	return list, nil
}

func (s store) continuations(origin string) string {
	return strings.TrimSuffix(s.path(origin), ".checkpoint") + ".continued"
}

// proceed takes a continuation. It has to name what this witness cosigned last; a witness that was put back from a copy may have
// cosigned less than it names, since its copy was made between the two checkpoints. Each is taken once: the log could go back to the
// same place again and again otherwise. What is given up stays in the memory of the witness.
func (s *Server) proceed(signed []byte, at time.Time) error {
	origin, err := journal.PeekContinuation(signed)
	if err != nil {
		return &refusal{status: http.StatusBadRequest, says: err.Error()}
	}
	keys := s.logs.Keys(origin)
	if len(keys) == 0 {
		return &refusal{status: http.StatusNotFound, says: "no log of that name is known"}
	}
	c, from, err := journal.OpenContinuation(signed, keys...)
	if err != nil {
		return &refusal{status: http.StatusForbidden, says: err.Error()}
	}
	lock := s.lock(origin)
	lock.Lock()
	defer lock.Unlock()
	seen, err := s.store.load(origin)
	if err != nil {
		return err
	}
	if seen == nil {
		return nil // there is nothing to give up
	}
	last, err := journal.PeekCheckpoint(seen)
	if err != nil {
		return err
	}
	if last == c.Kept {
		return nil // it was taken before
	}
	list, err := s.Continuations(origin)
	if err != nil {
		return err
	}
	taken := slices.ContainsFunc(list, func(t Continued) bool { return t.Note == string(signed) })
	between := c.Kept.Size < last.Size && last.Size < c.Seen.Size
	if taken || last != c.Seen && !between {
		return &refusal{status: http.StatusConflict, says: "another checkpoint is the newest", size: last.Size}
	}
	raw, err := json.Marshal(append(list, Continued{at.UTC(), string(signed), string(seen)}))
	if err != nil {
		return err
	}
	if err := journal.WriteWhole(s.store.continuations(origin), raw); err != nil {
		return err
	}
	return s.store.save(origin, from)
}

// serveContinue answers POST …/continue.
func (s *Server) serveContinue(w http.ResponseWriter, r *http.Request) {
	signed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxContinuation))
	if err != nil {
		http.Error(w, "the request is too long or broke off", http.StatusBadRequest)
		return
	}
	var no *refusal
	switch err := s.proceed(signed, s.now()); {
	case err == nil:
		s.log.WarnContext(r.Context(), "a log goes on from fewer entries than were cosigned")
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, &no):
		http.Error(w, no.says, no.status)
	default:
		s.log.ErrorContext(r.Context(), "witness cannot remember", slog.Any("error", err))
		http.Error(w, "the witness cannot remember it", http.StatusInternalServerError)
	}
}

// Continue tells a witness that a log goes on from fewer entries than it has seen.
func Continue(ctx context.Context, p Peer, client *http.Client, signed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+continuePath, bytes.NewReader(signed))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := p.client(client).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if res.StatusCode != http.StatusNoContent {
		says, _ := io.ReadAll(io.LimitReader(res.Body, 200)) // for the log alone
		return fmt.Errorf("witness %s answered %d: %q", p.Key.Name(), res.StatusCode, says)
	}
	return nil
}
