package journal

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"
)

// rememberedCheckpoints is enough for the batches that are on their way at one time.
const rememberedCheckpoints = 64

// ErrFork says that a log signed two histories.
var ErrFork = errors.New("the log signed two histories")

// Verifier checks the stamps of one log and remembers the checkpoints whose signatures it has verified: messages of one batch
// share a checkpoint, and a signature costs a hundred times what an audit path does. Two checkpoints that it remembers of the same
// size with different roots are a fork, and the later one is refused with ErrFork; forks in general are what witnesses are for. It is
// safe for concurrent use.
type Verifier struct {
	keys []note.Verifier

	verifying sync.Mutex // held while a signature is verified, so that those who wait for the same one find it done

	mu    sync.Mutex
	seen  map[string]Checkpoint // by their signed text
	order [rememberedCheckpoints]string
	next  int
}

// NewVerifier checks stamps of the log that the keys belong to: its present one, and those that it had before.
func NewVerifier(keys ...note.Verifier) *Verifier {
	return &Verifier{keys: keys, seen: make(map[string]Checkpoint, rememberedCheckpoints)}
}

// Verify does what the function Verify does.
func (v *Verifier) Verify(s Stamp, meta, body [hashSize]byte) error {
	c, err := v.Open(s.Checkpoint)
	if err != nil {
		return err
	}
	return c.contains(s, meta, body)
}

// Open does what OpenCheckpoint does.
func (v *Verifier) Open(signed []byte) (Checkpoint, error) {
	if c, ok := v.recall(signed); ok {
		return c, nil
	}
	v.verifying.Lock()
	defer v.verifying.Unlock()
	if c, ok := v.recall(signed); ok {
		return c, nil
	}
	c, err := OpenCheckpoint(signed, v.keys...)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := v.remember(string(signed), c); err != nil {
		return Checkpoint{}, err
	}
	return c, nil
}

func (v *Verifier) recall(signed []byte) (Checkpoint, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.seen[string(signed)]
	return c, ok
}

func (v *Verifier) remember(signed string, c Checkpoint) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.seen[signed]; ok {
		return nil
	}
	for _, other := range v.seen {
		if other.Size == c.Size && other.Root != c.Root {
			return fmt.Errorf("%w of %d entries", ErrFork, c.Size)
		}
	}
	delete(v.seen, v.order[v.next])
	v.seen[signed], v.order[v.next] = c, signed
	v.next = (v.next + 1) % len(v.order)
	return nil
}
