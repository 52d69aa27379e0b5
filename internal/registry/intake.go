package registry

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// piece is what one source shows behind a place of the log, fetched to the end,
// and what it leads to.
type piece struct {
	from       int64
	leaves     []string
	checkpoint string // over all of it; empty where the authority has said nothing yet
	current    int64  // as in Delta
	intake     *intake
}

// maxPending bounds the statements taken in at once. A country has tens of
// thousands.
const maxPending = 1 << 20

// collect fetches what follows after the first from statements, which are those of
// this copy. While an answer is on its way, those before it are worked through.
func (r *Registry) collect(ctx context.Context, source Mirror, from int64, wait bool) (p piece, err error) {
	p.from = from
	for len(p.leaves) < maxPending {
		delta, err := source.fetch(ctx, from+int64(len(p.leaves)), r.heard.Load(), wait && len(p.leaves) == 0)
		if err != nil {
			return p, err
		}
		if p.intake == nil {
			p.intake = r.intake()
			defer p.intake.end()
		}
		p.leaves = append(p.leaves, delta.Statements...)
		p.intake.leaves <- delta.Statements
		if delta.Checkpoint != "" || len(delta.Statements) == 0 {
			p.checkpoint, p.current = delta.Checkpoint, delta.current
			return p, nil
		}
	}
	return p, errors.New("ask the registry: more statements than can be taken in at once")
}

// intake works through statements as they come: it hashes them into the tree,
// applies them and verifies their signatures. Nothing that it finds counts by
// itself: whether it is the history that a checkpoint is over is asked by whoever
// uses it. Statements that cannot be taken still grow the tree, so that another
// history is told from one that is broken.
type intake struct {
	base   *State // that it begins with
	leaves chan []string
	done   chan struct{} // closed at the end, after which what follows is known

	grown   *growth
	broken  error // why there is no tree
	next    *State
	refused error // why there is no state
}

// waitingAnswers is how many answers may wait for the one that is worked on.
const waitingAnswers = 2

// intake begins with the copy as it stands.
func (r *Registry) intake() *intake {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.intakeOf()
}

// intakeOf is intake for a caller that holds mu.
func (r *Registry) intakeOf(leaves ...[]string) *intake {
	base := r.state.Load()
	in := &intake{base: base, leaves: make(chan []string, waitingAnswers), done: make(chan struct{}), grown: r.tree.grow(), next: base.clone()}
	go in.run(r.verifier)
	for _, some := range leaves {
		in.leaves <- some
	}
	return in
}

// run works until there are no more statements. Signatures are verified behind the
// statements after them, by all processors.
func (in *intake) run(anchor note.Verifier) {
	defer close(in.done)
	var verifying sync.WaitGroup
	var forged error
	unproven := make(chan proofs, waitingAnswers)
	verifying.Go(func() {
		for p := range unproven {
			if forged == nil {
				forged = p.verify()
			}
		}
	})
	for leaves := range in.leaves {
		first := in.grown.size
		if in.broken == nil {
			in.broken = in.grown.addAll(leaves)
		}
		if in.broken != nil || in.refused != nil {
			continue
		}
		p := proofs{anchor: anchor, roots: in.grown.roots}
		if in.refused = in.next.take(first, leaves, &p); in.refused == nil && len(p.list) > 0 {
			unproven <- p
		}
	}
	close(unproven)
	verifying.Wait()
	if in.refused == nil {
		in.refused = forged
	}
}

// end says that no more statements follow, and waits until all are worked through.
func (in *intake) end() {
	close(in.leaves)
	<-in.done
}

// tree is what the statements grow it to, and its root.
func (in *intake) tree() (*growth, tlog.Hash, error) {
	if in.broken != nil {
		return nil, tlog.Hash{}, in.broken
	}
	root, err := in.grown.root()
	return in.grown, root, err
}

// state is what the statements amount to. All their signatures hold.
func (in *intake) state() (*State, error) {
	if in.refused != nil {
		return nil, in.refused
	}
	return in.next, nil
}
