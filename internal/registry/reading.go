package registry

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// reading is a statement with all that can be found out about it without the
// others, so that all processors can read a long log at once.
type reading struct {
	Statement
	text   string    // that a member signs; empty for one of the authority
	terms  *Contract // of a contract
	digest [32]byte  // of its text
}

// read finds out what a statement says by itself.
func read(st Statement) (r reading, err error) {
	r.Statement = st
	if st.By != "" {
		if r.text, err = st.signedText(); err != nil {
			return r, err
		}
	}
	if st.Contract == "" {
		return r, nil
	}
	c, err := peekContract(st.Contract)
	if err != nil {
		return r, err
	}
	r.terms, r.digest = &c, c.digest()
	return r, nil
}

// readLeaves reads statements as they stand in the log, the first of which has
// the number from.
func readLeaves(from int64, leaves []string) ([]reading, error) {
	readings, errs := make([]reading, len(leaves)), make([]error, len(leaves))
	var next atomic.Int64
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(leaves)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(leaves)); i = next.Add(1) - 1 {
				st, err := decodeLeaf([]byte(leaves[i]))
				if err == nil {
					readings[i], err = read(st)
				}
				errs[i] = err
			}
		})
	}
	done.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", from+int64(i), err)
		}
	}
	return readings, nil
}
