package seal

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Piece is how many bytes of a stream are sealed at once.
const Piece = 64 << 10

// place binds a piece to its stream, and to where it stands in it.
func place(of string, n int64) []byte { return []byte(of + " " + strconv.FormatInt(n, 10)) }

// Writer seals a stream piece by piece, however long it is. Who opens it has to know how long
// it was: pieces that are missing at the end are noticed by that alone.
type Writer struct {
	Plain, Sealed int64 // bytes so far

	sealer *Sealer
	to     io.Writer
	of     string
	n      int64  // of the next piece
	buffer []byte // shorter than a piece
}

// Writer seals what is written and writes it on; of is what the stream is bound to.
func (s *Sealer) Writer(to io.Writer, of string) *Writer {
	return &Writer{sealer: s, to: to, of: of, buffer: make([]byte, 0, Piece)}
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		n := min(len(p), Piece-len(w.buffer))
		w.buffer, p = append(w.buffer, p[:n]...), p[n:]
		written += n
		if len(w.buffer) == Piece {
			if err := w.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// Close writes the last piece. It does not close what it writes to.
func (w *Writer) Close() error {
	if len(w.buffer) == 0 {
		return nil
	}
	return w.flush()
}

func (w *Writer) flush() error {
	n, err := w.to.Write(w.sealer.Seal(w.buffer, place(w.of, w.n)))
	w.Plain, w.Sealed, w.n, w.buffer = w.Plain+int64(len(w.buffer)), w.Sealed+int64(n), w.n+1, w.buffer[:0]
	return err
}

// reader opens a stream.
type reader struct {
	sealer *Sealer
	from   io.ReadCloser
	of     string
	left   int64  // plain bytes that were not opened
	n      int64  // of the next piece
	plain  []byte // of this one, as far as it was not read
}

// Reader opens a stream of so many plain bytes. Its first piece was opened before it returns, so that what
// does not open is an error and no half of a stream; what is wrong later is an error of Read.
func (s *Sealer) Reader(from io.ReadCloser, size int64, of string) (io.ReadCloser, error) {
	r := &reader{sealer: s, from: from, of: of, left: size}
	if err := r.next(); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, from.Close())
	}
	return r, nil
}

// next opens a piece; the last is as long as is left.
func (r *reader) next() error {
	long := min(Piece, r.left)
	if long <= 0 {
		return io.EOF
	}
	sealed := make([]byte, long+Overhead)
	if _, err := io.ReadFull(r.from, sealed); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%s, piece %d: %w", r.of, r.n, err)
	}
	plain, err := r.sealer.Open(sealed, place(r.of, r.n))
	if err != nil {
		return fmt.Errorf("%s, piece %d: %w", r.of, r.n, err)
	}
	r.plain, r.n, r.left = plain, r.n+1, r.left-long
	return nil
}

// Read implements io.Reader.
func (r *reader) Read(into []byte) (int, error) {
	if len(r.plain) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.from.Close() }
