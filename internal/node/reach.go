package node

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// reach is how far the news of the authority came: each node that follows says, by
// asking for more, what it has. It is safe for concurrent use.
type reach struct {
	now clock.Now

	mu    sync.Mutex
	has   map[string]int64 // statements by node; guarded by mu
	asked chan struct{}    // closed and replaced when a node asks; guarded by mu
}

func newReach(now clock.Now) *reach {
	return &reach{now: now, has: map[string]int64{}, asked: make(chan struct{})}
}

// of notes who asks the registry for what, and lets it answer.
func (r *reach) of(holder *credential.Holder, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if peer, err := holder.Peer(q.TLS); err == nil {
			after, _ := strconv.ParseInt(q.URL.Query().Get("after"), 10, 64)
			heard, _ := strconv.ParseInt(q.URL.Query().Get("heard"), 10, 64) // of what too few witnesses have cosigned
			r.note(Origin(peer.Member, peer.Name), max(after, heard))
		}
		next.ServeHTTP(w, q)
	})
}

func (r *reach) note(node string, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.has[node] = size
	close(r.asked)
	r.asked = make(chan struct{})
}

// reachPatience is how long a command waits until the nodes have heard.
const reachPatience = 8 * time.Second

// heard waits until all other nodes of the registry have so many statements, or the
// time is over, and says how many have.
func (r *reach) heard(ctx context.Context, state func() *registry.State, self string, size int64) (heard, nodes int) {
	ctx, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	for {
		heard, nodes = 0, 0
		r.mu.Lock()
		asked := r.asked
		s := state()
		for _, m := range s.Members() {
			for _, n := range s.Nodes(m.ID) {
				if name := Origin(n.Member, n.Name); name != self {
					if nodes++; r.has[name] >= size {
						heard++
					}
				}
			}
		}
		r.mu.Unlock()
		if heard == nodes {
			return heard, nodes
		}
		select {
		case <-asked:
		case <-ctx.Done():
			return heard, nodes
		}
	}
}

// told waits until others have what this authority said, and fails when nobody
// has.
func (d *door) told(ctx context.Context) (heard, nodes int, err error) {
	if d.reach == nil {
		return 0, 0, nil
	}
	heard, nodes = d.reach.heard(ctx, d.State, Origin(d.Member, d.Name), d.State().Size)
	if heard == 0 && nodes > 0 {
		return 0, nodes, problem.New(problem.Unavailable, "reached-nobody", "nodes", strconv.Itoa(nodes))
	}
	return heard, nodes, nil
}

// may refuses a command that nobody would hear of.
func (d *door) mayTell() error {
	if _, forked := d.Forked(); forked {
		return problem.New(problem.Unavailable, "registry-forked")
	}
	return nil
}
