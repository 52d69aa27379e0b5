package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// put makes the request durable, carries it to a node and proves the response.
func (q *outboundRequest) put() (Response, error) {
	begun := time.Now()
	var err error
	question := journal.Entry{
		Kind: "question", ID: q.ID, At: q.At, Subjects: q.request.Subjects, Meta: q.meta, Body: q.request.Body, MetaSum: sha256.Sum256(q.meta), BodySum: sha256.Sum256(q.request.Body),
	}
	q.stamp, err = q.g.Journal.Append(q.timeout, question)
	if err != nil {
		return Response{}, problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	q.body = body{id: q.ID, of: leaf(q.stamp, question.MetaSum, question.BodySum)}
	q.hops = append(q.hops, Hop{HopJournal, time.Since(begun)})
	message := envelope{kind: sealed, stamp: q.stamp.Bytes(), meta: q.meta, body: q.request.Body}.bytes()
	for _, p := range q.g.peers.inOrder(q.nodes) {
		s, sent := q.send(p, message)
		if errors.Is(sent, link.ErrClosed) || errors.Is(sent, credential.ErrPeer) { // its connection was about to end, or its key was replaced just now
			p = q.g.asItIs(p)
			s, sent = q.send(p, message)
		}
		if sent != nil {
			err = sent
			continue
		}
		answer, handled, failed := q.hear(p, s)
		if handled {
			return answer, failed
		}
		err = failed
	}
	return Response{}, err
}

// asItIs is a node by what the registry says of it now.
func (g *Gateway) asItIs(p *peer) *peer {
	if n, known := g.State().Node(p.node.Member, p.node.Name); known {
		return g.peers.of(n)
	}
	return p
}

// send hands the request to a node. An error means that nothing of it left, so
// that another node may be asked.
func (q *outboundRequest) send(p *peer, message []byte) (*link.Stream, error) {
	conn, err := q.g.peers.conn(q.timeout, p)
	if err != nil {
		return nil, q.away(p, err)
	}
	s, err := conn.Open(q.timeout)
	if err != nil {
		return nil, q.away(p, err)
	}
	if q.Parts {
		_, err = s.Write(message)
	} else {
		err = s.Finish(message)
	}
	if err != nil && !s.Sent() {
		s.Close()
		return nil, q.away(p, err)
	}
	return s, nil // what went wrong after it was sent is heard
}

// hear waits for the response. handled is false when the node has said that it did
// nothing, and another may be asked.
func (q *outboundRequest) hear(p *peer, s *link.Stream) (answer Response, handled bool, err error) {
	begun := time.Now()
	q.uploaded = q.upload(s)
	e, give, err := q.receive(s)
	defer give()
	if err != nil {
		source := q.uploaded()
		s.Close()
		if errors.Is(err, link.ErrRefused) {
			return Response{}, false, q.away(p, err)
		}
		return Response{}, true, q.unheard(p, err, source)
	}
	took := time.Since(begun)
	p.answered(took)
	q.hops = append(q.hops, Hop{HopNetwork, max(0, took-e.system-e.journal)}, Hop{HopProvider, e.journal}, Hop{HopSystem, e.system})
	answer, err = q.prove(p.node, e, s)
	if answer.Stream == nil {
		_ = q.uploaded() // the response says what became of it
		s.Close()
	}
	// A node that just went into maintenance did nothing, and another of the member may.
	return answer, q.Parts || !problem.HasCode(err, "node-maintenance"), err
}

// upload sends a long body while the response is waited for. What it gives must be
// called when the response is there to its end, or will not come: it ends the upload, and
// gives the error of the source, if that was what failed.
func (q *outboundRequest) upload(s *link.Stream) (end func() error) {
	if !q.Parts {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		err := q.g.sendParts(q.timeout, s, q.body, q.request.Upload, q.limit, q.timeout.moved)
		if err == nil {
			err = s.Finish(nil)
		}
		if errors.Is(err, errSource) || errors.Is(err, errLong) || errors.Is(err, errNotLogged) {
			s.Close() // the response is not waited for
			done <- err
			return
		}
		done <- nil // if the stream broke, the response says why
	}()
	return func() error {
		s.StopWriting()
		return <-done
	}
}

// receive reads the response, which must come in time.
func (q *outboundRequest) receive(s *link.Stream) (e envelope, give func(), err error) {
	give = func() {}
	e, err = readEnvelope(s, int(min(q.limit, maxBody)), func(size int) (err error) {
		give, err = q.g.memory.take(q.timeout, size)
		return err
	})
	if err == nil && q.timeout.Err() != nil { // what comes when nobody waits any more is late, whatever it says
		err = q.timeout.Err()
	}
	return e, give, err
}

// unheard says why no response came to a request that may have been handled.
func (q *outboundRequest) unheard(p *peer, err, source error) error {
	switch {
	case errors.Is(source, errLong):
		return problem.New(problem.TooLarge, "question-too-large").Because(source)
	case errors.Is(source, errNotLogged):
		return problem.New(problem.Unavailable, "journal-away").Because(source)
	case source != nil:
		return problem.New(problem.Invalid, "upload-broken").Because(source)
	case errors.Is(err, errMessage):
		return q.broken(p.node, err)
	}
	return q.away(p, err)
}

// away says that a node cannot be reached, does not answer in time, or does not
// know this one.
func (q *outboundRequest) away(p *peer, err error) error {
	if q.timeout.Err() == nil || timedOut(q.timeout) { // otherwise the asker has gone, and the node is not to blame
		p.failed(q.g.peers.now())
	}
	return away(q.timeout, p.node, err)
}

func away(ctx context.Context, node registry.Node, err error) error {
	if credential.Refused(err) { // it is there, and does not talk with this one
		return problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	if timedOut(ctx) {
		return problem.New(problem.Timeout, "node-slow", "body", node.Member.String()).Because(err)
	}
	return problem.New(problem.Unavailable, "node-away", "body", node.Member.String()).Because(err)
}

func (q *outboundRequest) broken(node registry.Node, err error) error {
	return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(err)
}

// prove accepts a response only if it is the provider's own, in its log, and to
// this very request.
func (q *outboundRequest) prove(node registry.Node, e envelope, s *link.Stream) (Response, error) {
	if e.kind == unsealed {
		return Response{Hops: q.hops}, q.g.unproved(node, 0, e.meta)
	}
	stamp, origin, err := q.g.verify(node, e)
	if err != nil {
		return Response{}, q.broken(node, err)
	}
	var reply ResponseMeta
	if err := reply.decode(e.meta); err != nil {
		return Response{}, q.broken(node, err)
	}
	if err := reply.check(); err != nil {
		return Response{}, q.broken(node, err)
	}
	if reply.ID != q.ID || reply.Request != q.body.of || reply.Parts && len(e.body) > 0 {
		return Response{}, q.broken(node, errors.New("the answer belongs to another question, or has two bodies"))
	}
	noted := journal.Entry{Kind: "reply", Meta: e.meta, Body: e.body, Received: stamp.Text(), Until: q.until, MetaSum: e.metaSum, BodySum: e.bodySum}
	q.note(noted)
	answer := Response{Meta: reply, Body: e.body, Origin: origin, Index: stamp.Index, Headers: reply.Headers, Hops: q.hops}
	if reply.Refusal != nil {
		return answer, reply.Refusal.problem()
	}
	if reply.Parts {
		answer.Stream = q.stream(node, s, leaf(stamp, e.metaSum, e.bodySum))
	}
	return answer, nil
}

// note writes an entry about this exchange into the asker's own journal, behind
// its back.
func (q *outboundRequest) note(e journal.Entry) {
	e.ID, e.At, e.Subjects = q.ID, q.g.Now(), q.request.Subjects
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.timeout), 10*time.Second)
	defer cancel()
	if err := q.g.recorder.note(ctx, e); err != nil {
		q.g.Log.ErrorContext(ctx, "the answer is not in the journal", attr("exchange", q.ID), attr("error", err.Error()))
	}
}

// stream is the long body of a response.
func (q *outboundRequest) stream(node registry.Node, s *link.Stream, of string) io.ReadCloser {
	verify := func(e envelope) (journal.Stamp, error) {
		stamp, _, err := q.g.verify(node, e)
		return stamp, err
	}
	ended := func(e envelope, stamp journal.Stamp) {
		q.note(journal.Entry{Kind: "ended", Meta: e.meta, Received: stamp.Text()})
	}
	return &download{parts: newParts(body{id: q.ID, of: of}, s, q.limit, verify, q.timeout.moved, ended), q: q, node: node, stream: s}
}

// download is a long body of a response on its way to who asked.
type download struct {
	parts  *parts
	q      *outboundRequest
	node   registry.Node
	stream *link.Stream

	closing sync.Once
}

// Read implements io.Reader. Its errors are problems, save io.EOF.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.parts.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, errPart) || errors.Is(err, errMessage) || errors.Is(err, errLong):
		return n, d.q.broken(d.node, err)
	}
	return n, away(d.q.timeout, d.node, err)
}

// Close lets go of the exchange. What was not read is not sent any more.
func (d *download) Close() error {
	d.closing.Do(func() {
		_ = d.q.uploaded() // the response says what became of it
		d.stream.Close()
		d.q.timeout.end()
	})
	return nil
}

// unproved reads a refusal that came before the protocol got as far as a
// proof, for example because the clocks differ.
func (g *Gateway) unproved(node registry.Node, status int, payload []byte) error {
	var r Refusal
	if err := r.decode(payload); err != nil || r.Code == "" {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(fmt.Errorf("status %d: %w", status, errMessage))
	}
	return r.problem()
}

// verify checks that a message is in the log of a node, and names the log.
func (g *Gateway) verify(node registry.Node, e envelope) (stamp journal.Stamp, origin string, err error) {
	if e.kind != sealed {
		return stamp, "", fmt.Errorf("%w: without a stamp", errMessage)
	}
	verifier, origin, err := g.verifier(node)
	if err != nil {
		return stamp, "", err
	}
	if stamp, err = journal.ParseStampBytes(e.stamp); err != nil {
		return stamp, "", err
	}
	return stamp, origin, verifier.Verify(stamp, e.metaSum, e.bodySum)
}

// leaf names a message, of whose meta and body these are the hashes, by its leaf in
// its sender's log.
func leaf(s journal.Stamp, meta, body [sha256.Size]byte) string {
	hash := s.Leaf(meta, body)
	return base64.StdEncoding.EncodeToString(hash[:])
}
