package registry

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"dobosh/internal/kit/canonical"
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
	var text string
	if st.By != "" {
		if text, err = st.signedText(); err != nil {
			return r, err
		}
	}
	return readSigned(st, text)
}

// readLeaf reads a statement as it stands in the log. What its member signed is
// the leaf without the signature: both are in canonical form.
func readLeaf(leaf string) (r reading, err error) {
	st, err := decodeLeaf([]byte(leaf))
	if err != nil {
		return r, err
	}
	if st.By == "" {
		return readSigned(st, "")
	}
	by, err := canonical.Marshal(st.By)
	if err != nil {
		return r, err
	}
	at, rest, found := strings.Cut(leaf, `,"by":`+string(by)) // the first name is "at", whose value has no comma
	if !found {
		return read(st)
	}
	return readSigned(st, statementHeading+at+rest+"\n")
}

// readSigned reads a statement of which a member signed the text.
func readSigned(st Statement, text string) (r reading, err error) {
	r.Statement, r.text = st, text
	if st.Contract == "" {
		return r, nil
	}
	c, err := peekContract(st.Contract)
	if err != nil {
		return r, err
	}
	terms, _, _ := strings.Cut(st.Contract, "\n\n") // in canonical form, as was seen
	r.terms, r.digest = &c, sha256.Sum256([]byte(terms+"\n"))
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
				readings[i], errs[i] = readLeaf(leaves[i])
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
