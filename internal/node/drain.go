package node

import (
	"context"
	"net/http"
	"sync"
)

// drain stops taking anything new on all surfaces at once, tells the nodes that
// ask to ask elsewhere, and returns when what was under way is finished, or
// after [grace]. Nothing of it is said in the registry: a node that starts again
// in a moment should not cost all others a statement.
func (n *Node) drain() []error {
	n.ending.Do(func() { close(n.draining) })
	errs := make([]error, len(n.servers))
	var closing sync.WaitGroup
	for i, s := range n.servers {
		closing.Go(func() { errs[i] = s.close() })
	}
	closing.Wait()
	return errs
}

// untilDrain ends the waits for news when the node begins to end: nothing is
// lost by that, and nobody has to be waited for.
func (n *Node) untilDrain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-n.draining:
				cancel()
			case <-done:
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
