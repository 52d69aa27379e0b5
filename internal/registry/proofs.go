package registry

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proofs collects the signatures that statements rest on while they are
// applied, so that all processors can verify them afterwards: they are nearly
// all the work of taking in a long log. Nothing that was applied may be used
// before verify returned nil. It belongs to one goroutine.
type proofs struct {
	trusted bool // the statements were verified when they were stored
	list    []proof
	anchor  note.Verifier       // of the checkpoints of the beginning
	roots   map[int64]tlog.Hash // before each continuation, by its place
}

type proof struct {
	key       note.Verifier
	text, sig []byte
}

// open reads a note that one of keys must have signed.
func (p *proofs) open(signed string, keys []note.Verifier) error {
	if p.trusted {
		return nil
	}
	later := make([]note.Verifier, len(keys))
	for i, key := range keys {
		later[i] = &laterVerifier{key, p}
	}
	_, err := note.Open([]byte(signed), note.VerifierList(later...))
	return err
}

// laterVerifier believes a signature and puts it on the list.
type laterVerifier struct {
	note.Verifier
	proofs *proofs
}

// Verify implements note.Verifier.
func (v *laterVerifier) Verify(text, sig []byte) bool {
	v.proofs.list = append(v.proofs.list, proof{v.Verifier, text, sig})
	return true
}

// verify checks all signatures.
func (p *proofs) verify() error {
	var wrong atomic.Pointer[proof]
	var next atomic.Int64
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(p.list)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(p.list)) && wrong.Load() == nil; i = next.Add(1) - 1 {
				if s := &p.list[i]; !s.key.Verify(s.text, s.sig) {
					wrong.Store(s)
				}
			}
		})
	}
	done.Wait()
	if s := wrong.Load(); s != nil {
		return fmt.Errorf("%w: %w: signature of %s", ErrStatement, ErrForged, s.key.Name())
	}
	return nil
}
