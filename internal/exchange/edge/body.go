package edge

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"hash"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/problem"

	"github.com/valyala/fasthttp"
)

// Bodies up to these bytes travel whole, so that the system asked sees their
// length; longer ones flow. Documents are kept longer, since a contract may have
// to look for persons in them.
const (
	wholeBody     = 1 << 20
	wholeDocument = 10 << 20
	step          = 64 << 10 // bytes of a body that must come within stepTimeout

	lingerTimeout = 5 * time.Second
)

// incoming is the body of a request as it comes. It belongs to one goroutine,
// except sum.
type incoming struct {
	from io.Reader
	wait func(until time.Time) error // for the next bytes
	size int64                       // that was announced; -1 for none
	left int                         // of the step
	hash hash.Hash
	read int64
	sum  atomic.Pointer[[sha512.Size]byte] // of all of it, when its end was read
}

// Read implements io.Reader. A trickle is an error like silence.
func (in *incoming) Read(p []byte) (int, error) {
	if in.left <= 0 {
		if err := in.wait(time.Now().Add(stepTimeout)); err != nil {
			return 0, err
		}
		in.left = step
	}
	n, err := in.from.Read(p)
	in.left -= n
	in.read += int64(n)
	_, _ = in.hash.Write(p[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) {
		if in.read < in.size {
			return n, io.ErrUnexpectedEOF
		}
		in.sum.Store((*[sha512.Size]byte)(in.hash.Sum(nil)))
	}
	return n, err
}

// lingering bounds what is read of a body that nobody wants any more, so that its
// client hears the response before its connection is closed.
const lingering = 16 << 20

// linger reads what is left of a body, within bounds.
func (in *incoming) linger() {
	if in == nil || in.sum.Load() != nil || in.wait(time.Now().Add(lingerTimeout)) != nil {
		return
	}
	in.left = lingering // no more time than that
	_, _ = io.CopyN(io.Discard, in, lingering)
}

// digest is the hash of a body that was read to its end, if it had one.
func (in *incoming) digest() (sum *[sha512.Size]byte, whole bool) {
	if in == nil {
		return nil, true
	}
	if sum = in.sum.Load(); sum == nil {
		return nil, false
	}
	if in.read == 0 {
		return nil, true
	}
	return sum, true
}

// maxDocuments bounds the large documents that are read at once.
const maxDocuments = 16

// body gives the body of a request: whole, where it is short, or as it comes.
// in is nil where there is none.
func (e *Edge) body(ctx *fasthttp.RequestCtx, mediaType string) (in *incoming, whole []byte, rest io.Reader, err error) {
	size := ctx.Request.Header.ContentLength()
	if size == 0 || size < -1 || ctx.RequestBodyStream() == nil {
		return nil, nil, nil, nil
	}
	in = &incoming{from: ctx.RequestBodyStream(), wait: ctx.SetReadDeadline, size: int64(size), hash: sha512.New()}
	limit := wholeBody
	if isDocument(mediaType) {
		limit = wholeDocument
	}
	if size > limit {
		return in, nil, in, nil
	}

	if limit > wholeBody && (size < 0 || size > wholeBody) { // there must be room for a large document
		wait, cancel := context.WithTimeout(e.life, headTimeout)
		defer cancel()
		select {
		case e.large <- struct{}{}:
			defer func() { <-e.large }()
		case <-wait.Done():
			return in, nil, nil, problem.New(problem.TooMany, "edge-busy").Because(wait.Err())
		}
	}
	return in.begin(limit)
}

// begin reads a body to its end, if that comes within the limit.
func (in *incoming) begin(limit int) (*incoming, []byte, io.Reader, error) {
	var first bytes.Buffer
	n, err := io.Copy(&first, io.LimitReader(in, int64(limit)+1))
	if err != nil {
		return in, nil, nil, problem.New(problem.Invalid, "upload-broken").Because(err)
	}
	if n > int64(limit) {
		return in, nil, io.MultiReader(&first, in), nil
	}
	return in, first.Bytes(), nil, nil
}

func isDocument(mediaType string) bool {
	media, _, _ := strings.Cut(mediaType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || strings.HasSuffix(media, "+json")
}
