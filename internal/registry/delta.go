package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Delta is what a follower that knows From statements has to add, and the
// checkpoint over the result.
type Delta struct {
	From       int64    `json:"from"`
	Statements []string `json:"statements"`
	Checkpoint string   `json:"checkpoint"`
}

const (
	deltaLimit = 1000             // statements in one answer
	deltaWait  = 25 * time.Second // an answer without news is held back this long
	deltaBytes = 64 << 20         // of one answer
)

// Delta gives the statements from a size on.
func (r *Registry) Delta(ctx context.Context, from int64) (Delta, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	leaves, err := r.leaves(ctx, from, deltaLimit)
	if err != nil {
		return Delta{}, err
	}
	d := Delta{From: from, Statements: leaves, Checkpoint: r.checkpoint}
	if reached := from + int64(len(leaves)); reached < r.State().Size {
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
		case <-r.grown(after):
		case <-timer.C:
		case <-req.Context().Done():
			return
		}
	}
	delta, err := r.Delta(req.Context(), after)
	if err != nil {
		http.Error(w, "the registry cannot be read now", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(delta) // the follower may have gone
}

func readDelta(body io.Reader) (Delta, error) {
	var d Delta
	if err := json.NewDecoder(io.LimitReader(body, deltaBytes)).Decode(&d); err != nil {
		return Delta{}, fmt.Errorf("read delta: %w", err)
	}
	return d, nil
}
