package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// fetch is a request to an information system, and what of the response is wanted
// at once.
type fetch struct {
	system System
	call   Call
	limit  int64 // of the body
	whole  bool  // whether all of the body is needed before anything leaves
	memory *memoryLimit
	rooms  *sync.Pool // of *room
}

// room is memory for a document while it is looked at. It serves the next one when the response has ended.
type room struct {
	document []byte
	names    [][]byte // of its open objects
}

// fetched is a response of an information system: all of its body, or the
// beginning of it with the rest. end must be called.
type fetched struct {
	Result
	first   []byte
	rest    io.Reader // nil when first is all
	release func()    // the memory that first takes
	room    *room     // in which first lies; nil where it has memory of its own
	rooms   *sync.Pool
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
		out.rooms = f.rooms
		if out.room, _ = f.rooms.Get().(*room); out.room == nil {
			out.room = &room{names: make([][]byte, 0, 2*fewNames)}
		}
		all := bytes.NewBuffer(out.room.document[:0])
		all.Grow(int(min(out.Size, wholeAnswer)) + bytes.MinRead)
		_, out.err = all.ReadFrom(from)
		out.first = all.Bytes()
		out.room.document = out.first
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

// names is memory for the names in first.
func (f fetched) names() [][]byte {
	if f.room == nil {
		return nil
	}
	return f.room.names
}

// end lets go of the response. A system in this process may take its time for that.
func (f fetched) end() {
	if f.release != nil {
		f.release()
	}
	if f.room != nil && cap(f.room.document) <= maxSpare {
		f.rooms.Put(f.room)
	}
	if f.Body != nil {
		_ = f.Body.Close() // only read
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
