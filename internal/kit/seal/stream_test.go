package seal_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"dobosh/internal/kit/seal"
)

// A stream opens as what was written, whatever its length; with a piece less, in another order, under another
// name or of another length it does not.
func TestAStreamOpensWholeOrNotAtAll(t *testing.T) {
	s := newSealer(t)
	sealed := func(plain []byte, of string) []byte {
		var out bytes.Buffer
		w := s.Writer(&out, of)
		for rest := plain; len(rest) > 0; { // in pieces of its own
			n := min(len(rest), 1000)
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if w.Plain != int64(len(plain)) || w.Sealed != int64(out.Len()) {
			t.Errorf("%d bytes became %d, and it says %d and %d", len(plain), out.Len(), w.Plain, w.Sealed)
		}
		return out.Bytes()
	}
	opened := func(from []byte, size int, of string) ([]byte, error) {
		r, err := s.Reader(io.NopCloser(bytes.NewReader(from)), int64(size), of)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	for _, long := range []int{0, 1, seal.Piece - 1, seal.Piece, seal.Piece + 1, 3*seal.Piece + 7} {
		plain := bytes.Repeat([]byte("ж"), long/2+1)[:long]
		if got, err := opened(sealed(plain, "mail 1"), long, "mail 1"); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", long, len(got), err)
		}
	}
	plain := bytes.Repeat([]byte{7}, 2*seal.Piece)
	whole, one := sealed(plain, "mail 1"), seal.Piece+seal.Overhead
	for name, c := range map[string]struct {
		raw []byte
		of  string
		is  error
	}{
		"another's":        {whole, "mail 2", seal.ErrSeal},
		"cut":              {whole[:one], "mail 1", io.ErrUnexpectedEOF},
		"nothing":          {nil, "mail 1", io.ErrUnexpectedEOF},
		"in another order": {append(bytes.Clone(whole[one:]), whole[:one]...), "mail 1", seal.ErrSeal},
	} {
		if _, err := opened(c.raw, len(plain), c.of); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
