package registry

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/strict"
)

// Delta is what a follower that knows From statements has to add, and the
// checkpoint over the result.
type Delta struct {
	From       int64    `json:"from"`
	Statements []string `json:"statements"`
	Checkpoint string   `json:"checkpoint"`

	current int64 // microseconds of when whoever answered knew it to be current; zero for now
}

// currentHeader says when a node that follows knew its copy to be current. Who
// keeps the registry does not send it.
const currentHeader = "Dobosh-Current"

const (
	deltaLimit = 1000             // statements in one answer
	deltaText  = 4 << 20          // bytes of the statements in one answer, or one statement
	deltaWait  = 25 * time.Second // an answer without news is held back this long
	deltaBytes = 64 << 20         // of one answer as it is read
	deltaPlain = 16 << 10         // bytes of an answer below which it is not compressed
)

// Delta gives the statements from a number on, as far as others are shown.
func (r *Registry) Delta(ctx context.Context, from int64) (Delta, error) {
	return r.delta(ctx, from, r.showing())
}

func (r *Registry) delta(ctx context.Context, from int64, shown head) (Delta, error) {
	leaves, err := r.store.leaves(ctx, from, max(0, min(deltaLimit, shown.size-from)))
	if err != nil {
		return Delta{}, err
	}
	text := 0
	for i, leaf := range leaves {
		if text += len(leaf); text > deltaText && i > 0 {
			leaves = leaves[:i]
			break
		}
	}
	d := Delta{From: from, Statements: leaves, Checkpoint: shown.checkpoint}
	if reached := from + int64(len(leaves)); reached < shown.size {
		d.Checkpoint = "" // more follows; only the last piece is checked against it
	}
	return d, nil
}

// ServeHTTP answers GET ?after=N with a [Delta], holding the answer back until
// there is one, for at most 25 seconds.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	after, err := strconv.ParseInt(req.URL.Query().Get("after"), 10, 64)
	if err != nil || after < 0 {
		http.Error(w, "after wants the number of statements known", http.StatusBadRequest)
		return
	}
	if req.URL.Query().Get("wait") != "" {
		timer := time.NewTimer(deltaWait)
		defer timer.Stop()
		select {
		case <-r.past(after):
		case <-timer.C:
		case <-req.Context().Done():
			return
		}
	}
	a, err := r.answer(req.Context(), after)
	if err != nil {
		http.Error(w, "the registry cannot be read now", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !r.keeps {
		w.Header().Set(currentHeader, strconv.FormatInt(max(1, r.contact.Load()), 10))
	}
	body := a.plain
	if a.packed != nil && strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = a.packed
	}
	_, _ = w.Write(body) // the follower may have gone
}

// answers keeps the answers to those who are nearly current: thousands of
// followers wait for the same change, which is read and written down once.
type answers struct {
	mu    sync.Mutex
	shown head
	known map[int64]*answer // by the number asked from
}

// answer is a delta as it leaves.
type answer struct {
	once   sync.Once
	plain  []byte
	packed []byte // nil where it would gain little
	err    error
}

// keptAnswers bounds the answers kept, each of at most as many statements.
const keptAnswers = 64

// answer gives the delta from a number on.
func (r *Registry) answer(ctx context.Context, from int64) (*answer, error) {
	shown := r.showing()
	a := r.answers.find(shown, from)
	a.once.Do(func() { a.err = r.write(context.WithoutCancel(ctx), a, from, shown) })
	return a, a.err
}

// find gives the answer kept, or a new one, which is kept when many may ask
// for it.
func (k *answers) find(shown head, from int64) *answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.shown != shown {
		k.shown, k.known = shown, map[int64]*answer{}
	}
	if a, ok := k.known[from]; ok {
		return a
	}
	a := new(answer)
	if from >= shown.size-keptAnswers && from <= shown.size {
		k.known[from] = a
	}
	return a
}

func (r *Registry) write(ctx context.Context, a *answer, from int64, shown head) error {
	delta, err := r.delta(ctx, from, shown)
	if err != nil {
		return err
	}
	if a.plain, err = json.Marshal(delta); err != nil || len(a.plain) < deltaPlain {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := z.Write(a.plain); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	a.packed = packed.Bytes()
	return nil
}

func readDelta(body io.Reader) (Delta, error) {
	var d Delta
	if err := strict.Upto(deltaBytes).AllowUnknown().Read(body, &d); err != nil {
		return Delta{}, fmt.Errorf("read delta: %w", err)
	}
	return d, nil
}
