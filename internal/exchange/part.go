package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"dobosh/internal/journal"
)

// part is what is said of one part of a long body. Its JSON and the digest of
// the part are what its sender's journal commits to before the part leaves.
type part struct {
	Version int    `json:"v"`
	ID      string `json:"id"`             // of the exchange
	Of      string `json:"of"`             // leaf of the request or the response in its sender's log, base64
	Number  int64  `json:"n"`              // from 1
	Last    bool   `json:"last,omitempty"` // whether the end follows
}

// End is what is said of a long body when all of it has left: the evidence.
type End struct {
	Version int    `json:"v"`
	ID      string `json:"id"` // of the exchange
	Of      string `json:"of"` // leaf of the request or the response in its sender's log, base64
	Parts   int64  `json:"parts"`
	Size    int64  `json:"size"`   // bytes
	Digest  string `json:"digest"` // SHA-256, base64
}

// body names the message to which a long body belongs.
type body struct {
	id string // of the exchange
	of string // leaf of the message in its sender's log
}

// tally counts what went by.
type tally struct {
	body
	parts int64
	size  int64
	sum   hash.Hash
}

func newTally(b body) tally { return tally{body: b, sum: sha256.New()} }

// next counts one more part and says what is said of it.
func (t *tally) next(data []byte, last bool) part {
	t.parts++
	t.size += int64(len(data))
	_, _ = t.sum.Write(data) // a hash takes everything
	return part{Version: Version, ID: t.id, Of: t.of, Number: t.parts, Last: last}
}

func (t *tally) end() End {
	return End{Version: Version, ID: t.id, Of: t.of, Parts: t.parts, Size: t.size, Digest: base64.StdEncoding.EncodeToString(t.sum.Sum(nil))}
}

// errLong means that a long body is longer than its contract allows.
var errLong = errors.New("the body is longer than agreed")

// errSource means that a long body cannot be read where it comes from.
var errSource = errors.New("the body broke off at its source")

// errNotLogged means that a part did not leave, since the journal did not take it.
var errNotLogged = errors.New("a part of the body is not in the journal")

// sendParts sends a long body part by part, each durable in this node's journal
// before it leaves, and at last what all of it was. Nothing of it is kept. moved
// is called after each part.
func (g *Gateway) sendParts(ctx context.Context, to io.Writer, of body, from io.Reader, limit int64, moved func()) error {
	count := newTally(of)
	data := make([]byte, maxPart)
	for {
		n, err := io.ReadFull(from, data)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("%w: %w", errSource, err)
		}
		if count.size+int64(n) > limit {
			return errLong
		}
		if err := g.sendPart(ctx, to, &count, data[:n], last); err != nil || last {
			return err
		}
		moved()
	}
}

// sendPart sends one part, and behind the last what all of it was: both in one
// batch of the journal.
func (g *Gateway) sendPart(ctx context.Context, to io.Writer, count *tally, data []byte, last bool) error {
	metas := make([][]byte, 0, 2)
	meta, err := json.Marshal(count.next(data, last))
	if err != nil {
		return err
	}
	entries := []journal.Entry{{Kind: "part", ID: count.id, At: g.Now(), Meta: meta, Digest: sha256.Sum256(data)}}
	if metas = append(metas, meta); last {
		if meta, err = json.Marshal(count.end()); err != nil {
			return err
		}
		entries, metas = append(entries, journal.Entry{Kind: "end", ID: count.id, At: g.Now(), Meta: meta}), append(metas, meta)
	}
	stamps, err := g.Journal.AppendAll(ctx, entries...)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotLogged, err)
	}
	bodies := [][]byte{data, nil}
	for i, stamp := range stamps {
		message := g.message(&envelope{kind: sealed, meta: metas[i], body: bodies[i]}, stamp)
		_, err := to.Write(*message)
		if g.forget(message); err != nil {
			return err
		}
	}
	return nil
}

// errPart means that a part is not the one that should follow, or is not proved.
var errPart = errors.New("a part of the body is not proved")

// parts is a long body as it comes: what is read from it is proved already, and
// io.EOF comes only after the end was. It is read by one goroutine at a time.
type parts struct {
	from   io.Reader
	verify func(e envelope) (journal.Stamp, error)
	limit  int64
	moved  func()
	ended  func(e envelope, stamp journal.Stamp) // gets the evidence, once

	count tally
	rest  bytes.Reader // of the part that came last
	last  bool
	err   error // sticky

	failure atomic.Pointer[error] // err, for those who do not read
}

func newParts(of body, from io.Reader, limit int64, verify func(envelope) (journal.Stamp, error), moved func(), ended func(envelope, journal.Stamp)) *parts {
	return &parts{from: from, verify: verify, limit: limit, moved: moved, ended: ended, count: newTally(of)}
}

// Read implements io.Reader.
func (p *parts) Read(into []byte) (int, error) {
	for p.rest.Len() == 0 && p.err == nil {
		if p.last {
			p.err = p.takeEnd()
		} else {
			p.err = p.takePart()
		}
		if p.err != nil && !errors.Is(p.err, io.EOF) {
			p.failure.Store(&p.err)
		}
	}
	if p.rest.Len() == 0 {
		return 0, p.err
	}
	return p.rest.Read(into)
}

// message reads and proves the next message, and reads its meta.
func (p *parts) message(limit int, meta any) (envelope, journal.Stamp, error) {
	e, err := readEnvelope(p.from, limit, func(int) error { return nil })
	if err != nil {
		return e, journal.Stamp{}, err
	}
	stamp, err := p.verify(e)
	if err != nil {
		return e, stamp, fmt.Errorf("%w: %w", errPart, err)
	}
	return e, stamp, ReadMessage(e.meta, meta)
}

func (p *parts) takePart() error {
	var said part
	e, _, err := p.message(maxPart, &said)
	if err != nil {
		return unexpected(err)
	}
	if said != p.count.next(e.body, said.Last) {
		return fmt.Errorf("%w: it is not part %d", errPart, p.count.parts)
	}
	if p.count.size > p.limit {
		return errLong
	}
	p.last = said.Last
	p.rest.Reset(e.body)
	p.moved()
	return nil
}

// takeEnd gives io.EOF when the end fits everything that came.
func (p *parts) takeEnd() error {
	var said End
	e, stamp, err := p.message(0, &said)
	if err != nil {
		return unexpected(err)
	}
	if said != p.count.end() {
		return fmt.Errorf("%w: its end is that of another", errPart)
	}
	p.ended(e, stamp)
	return io.EOF
}

// unexpected keeps the end of a stream from looking like the end of a body.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// failed is why the body did not come whole; nil when it did, or may still.
func (p *parts) failed() error {
	if err := p.failure.Load(); err != nil {
		return *err
	}
	return nil
}
