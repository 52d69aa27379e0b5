package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// fetch is a request to an information system, and what of the response is wanted
// at once.
type fetch struct {
	system System
	call   Call
	limit  int64 // of the body
	whole  bool  // whether all of the body is needed before anything leaves
	memory *memoryLimit
}

// fetched is a response of an information system: all of its body, or the
// beginning of it with the rest. close must be called.
type fetched struct {
	Result
	first   []byte
	rest    io.Reader // nil when first is all
	release func()    // the memory that first takes
	err     error
}

// do puts the request and reads what is wanted at once. It touches nothing but
// what it was given, since nobody may wait for it any more.
func (f fetch) do(ctx context.Context) (out fetched) {
	out.release = func() {}
	out.Result, out.err = f.system.Serve(ctx, f.call)
	if out.err != nil || out.Body == nil || f.call.Method == http.MethodHead || out.Status >= 400 && (f.whole || !explained(out.Status)) {
		return out // there is no body, or it stays unread
	}
	if out.Size > f.limit {
		out.err = errTooLarge
		return out
	}

	if f.whole { // a document is looked at before anything of it leaves
		limit := min(f.limit, maxDocument)
		if out.release, out.err = f.memory.take(ctx, int(min(max(out.Size, 0), limit))); out.err != nil {
			return out
		}
		from := &limitedReader{from: out.Body, left: limit}
		if out.Size < 0 {
			out.first, out.err = io.ReadAll(from)
			return out
		}
		var all bytes.Buffer
		all.Grow(int(min(out.Size, wholeAnswer)) + bytes.MinRead)
		_, out.err = all.ReadFrom(from)
		out.first = all.Bytes()
		return out
	}

	// Anything else is read to its end when it is short; of a long one the beginning.
	from, size := &limitedReader{from: out.Body, left: f.limit}, int64(wholeAnswer)
	if out.Size >= 0 {
		size = min(size, out.Size)
	}
	first := make([]byte, size+1) // one byte more than a short one has
	n, err := io.ReadFull(from, first)
	out.first = first[:n]
	switch {
	case err == nil:
		out.rest = from
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		out.err = err
	}
	return out
}

// close lets go of the response. A system in this process may take its time, so
// that nobody waits for it but those who wait for all systems.
func (f fetched) close(systems *goroutinePool) {
	if f.release != nil {
		f.release()
	}
	if f.Body != nil {
		systems.do(func() { _ = f.Body.Close() }) // read only
	}
}

// limitedReader reads at most so many bytes, and says so when there are more.
type limitedReader struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
