package exchange

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/textproto"
	"slices"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// Request is what is asked of another institution's data service.
type Request struct {
	Client   registry.ID // subsystem of this node's member
	Service  registry.ID
	Method   string
	Path     string // raw, with its leading slash
	Query    string
	Type     string // media type of Body
	Accept   string // media types of the response, as in the header
	Body     []byte
	Purpose  string      // of the contract to ask under; empty for the first that covers the request
	Matter   string      // the case or event in which is asked
	Role     string      // who stands behind the request
	Subjects []string    // persons concerned in [ReceiptSector], where the asker knows them
	ID       string      // empty for a new one
	Message  string      // id that the information system gave the request, if any
	Headers  []Header    // that the information system gets besides; those of one connection are left out
	Behalf   registry.ID // consumer for whom a delegate asks; zero for itself
	Upload   io.Reader   // a long body, read once, instead of Body; nil for none
	Trace    string      // W3C traceparent; may be empty
	Node     string      // name of the node of the provider that must be asked; empty for any
}

// Response is what came back, and how it can be proved.
type Response struct {
	Meta    ResponseMeta
	Body    []byte
	Origin  string        // log of the provider
	Index   int64         // of the response in it
	Headers []Header      // of the information system, as far as they may leave; the type stands in the response
	Stream  io.ReadCloser // a long body, proved as it flows; nil when Body holds it; the caller closes it
	Hops    []Hop
}

// Ask asks and returns when the response is here and proved, or the head of it
// where it is long. An Upload is read until the response has ended, and no
// longer: a read that is under way is waited for. Errors are problems: they say
// whether the asker, the provider or the information system behind it has to act.
//
// It is the story of an exchange at the asker's side. What is asked is settled by
// the newest state of the registry, stands in this node's journal before a byte of
// it leaves, and is put to one node of the provider after another until one has
// done something with it.
func (g *Gateway) Ask(ctx context.Context, r Request) (response Response, err error) {
	begun := time.Now()
	step, parent, passed := g.step(r.Trace)
	r.Trace = passed
	out := &outboundRequest{g: g, request: r}
	defer func() {
		g.observe(Observation{Outbound: true, Trace: step, Parent: parent, Client: r.Client, Service: r.Service, Contract: out.Contract, Status: response.Meta.Status,
			Hops: response.Hops, RequestBytes: int64(len(r.Body)), ResponseBytes: int64(len(response.Body))}, begun, err)
	}()
	if err := out.prepare(); err != nil {
		return Response{}, err
	}
	out.timeout = newIdleTimeout(ctx, g.IdleTimeout)
	defer func() {
		if response.Stream == nil { // otherwise its Close does
			out.timeout.end()
		}
	}()

	appending := time.Now()
	entry := journal.Entry{
		Kind: "question", ID: out.ID, At: out.At, Subjects: r.Subjects, Meta: out.meta, Body: out.content, MetaSum: sha256.Sum256(out.meta), BodySum: sha256.Sum256(out.content), Sound: true,
	}
	stamp, err := g.Journal.Append(out.timeout, entry)
	if err != nil {
		return Response{}, problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	out.body = body{id: out.ID, of: leaf(stamp, entry.MetaSum, entry.BodySum)}
	out.hops = append(out.hops, Hop{HopJournal, time.Since(appending)})

	message := g.message(&envelope{kind: sealed, meta: out.meta, body: out.content}, stamp)
	defer g.forget(message)
	for _, p := range g.peers.inOrder(out.nodes) {
		stream, sent := out.send(p, *message)
		if errors.Is(sent, link.ErrClosed) || errors.Is(sent, credential.ErrPeer) { // its connection was about to end, or its key was replaced just now
			if now, known := g.State().Node(p.node.Member, p.node.Name); known {
				p = g.peers.of(now)
			}
			stream, sent = out.send(p, *message)
		}
		if sent != nil {
			err = sent
			continue
		}
		response, handled, failed := out.await(p, stream)
		if handled {
			return response, failed
		}
		err = failed
	}
	return Response{}, err
}

// outboundRequest is a request of this node on its way.
type outboundRequest struct {
	RequestMeta
	g       *Gateway
	request Request
	limit   int64     // of a body, in either direction
	until   time.Time // when the response may be kept no longer; zero for no such time
	nodes   []registry.Node
	timeout *idleTimeout

	meta, content []byte // what the journal commits to
	body          body   // names the request
	hops          []Hop

	uploaded func() error // ends the upload; see upload
}

// prepare finds the nodes that can be asked and the contract to ask under, and writes
// what the journal commits to. It refuses what no other node would take.
func (out *outboundRequest) prepare() error {
	g, r, state := out.g, &out.request, out.g.State()
	if err := g.fresh(); err != nil {
		return err
	}
	if err := g.registered(state); err != nil {
		return err
	}
	if r.Client.Owner() != g.Member || !state.HasSubsystem(r.Client) {
		return problem.New(problem.Forbidden, "client-unknown", "client", r.Client.String())
	}
	var err error
	if out.nodes, err = providers(state, r); err != nil {
		return err
	}
	if !plainQuery(r.Query) {
		return problem.New(problem.Invalid, "service-path")
	}
	c, err := g.choose(state, r)
	if err != nil {
		return err
	}

	if out.limit = limitOf(c); c.Retention != 0 {
		out.until = g.Now().AddDate(0, 0, c.Retention)
	}
	out.RequestMeta = RequestMeta{
		Version: Version, ID: cmp.Or(r.ID, id.New()), At: g.Now(), Client: r.Client, Behalf: r.Behalf, Service: r.Service, Contract: c.ID,
		Method: r.Method, Path: r.Path, Query: r.Query, Type: cmp.Or(r.Type, valueOf(r.Headers, "Content-Type")), Accept: cmp.Or(r.Accept, valueOf(r.Headers, "Accept")),
		Headers: passing(r.Headers, c), Message: r.Message, Trace: traceOf(r.Trace), Parts: r.Upload != nil,
		Purpose: c.Purpose, Provision: c.Provision, Matter: r.Matter, Role: r.Role,
	}
	if r.Upload == nil && int64(len(r.Body)) > out.limit || len(r.Body) > maxBody {
		return problem.New(problem.TooLarge, "question-too-large")
	}
	if err := checkHeaders(slices.DeleteFunc(slices.Clone(r.Headers), func(h Header) bool { return !travels(textproto.CanonicalMIMEHeaderKey(h.Name)) }), travels); err != nil {
		return problem.New(problem.Invalid, "question-headers").Because(err)
	}
	if err := out.check(); err != nil {
		return problem.New(problem.Invalid, "service-path").Because(err)
	}
	if out.meta, out.content, err = out.seal(r.Body); errors.Is(err, errMessage) {
		return problem.New(problem.TooLarge, "question-too-large").Because(err)
	} else if err != nil {
		return err
	}
	if len(out.meta) > maxMeta {
		return problem.New(problem.TooLarge, "question-too-large")
	}
	return nil
}

// send hands the request to a node. An error means that nothing of it left, so
// that another node may be asked.
func (out *outboundRequest) send(p *peer, message []byte) (*link.Stream, error) {
	conn, err := out.g.peers.conn(out.timeout, p)
	if err != nil {
		return nil, out.away(p, err)
	}
	s, err := conn.Open(out.timeout)
	if err != nil {
		return nil, out.away(p, err)
	}
	if out.Parts {
		_, err = s.Write(message)
	} else {
		err = s.Finish(message)
	}
	if err != nil && !s.Sent() {
		s.Close()
		return nil, out.away(p, err)
	}
	return s, nil // what went wrong after it was sent is heard
}

// await waits for the response of a node, which must come in time, and proves it.
// handled is false when the node has said that it did nothing, and another may be
// asked.
func (out *outboundRequest) await(p *peer, s *link.Stream) (response Response, handled bool, err error) {
	begun := time.Now()
	out.uploaded = out.upload(s)
	release := func() {}
	defer func() { release() }()
	e, err := readEnvelope(s, int(min(out.limit, maxBody))+maxOpening, func(size int) (err error) {
		release, err = out.g.memory.take(out.timeout, size)
		return err
	})
	if err == nil {
		err = out.timeout.Err() // what comes when nobody waits any more is late, whatever it says
	}

	if err != nil { // the request may have been handled, unless the node says that it was not
		source := out.uploaded()
		s.Close()
		switch {
		case errors.Is(err, link.ErrRefused):
			return Response{}, false, out.away(p, err)
		case errors.Is(source, errLong):
			err = problem.New(problem.TooLarge, "question-too-large").Because(source)
		case errors.Is(source, errNotLogged):
			err = problem.New(problem.Unavailable, "journal-away").Because(source)
		case source != nil:
			err = problem.New(problem.Invalid, "upload-broken").Because(source)
		case errors.Is(err, errMessage):
			err = broken(p.node, err)
		default:
			err = out.away(p, err)
		}
		return Response{}, true, err
	}

	took := time.Since(begun)
	p.answered(took)
	out.hops = append(out.hops, Hop{HopNetwork, max(0, took-e.system-e.journal)}, Hop{HopProvider, e.journal}, Hop{HopSystem, e.system})
	response, err = out.prove(p.node, e, s)
	if response.Stream == nil {
		_ = out.uploaded() // the response says what became of it
		s.Close()
	}
	// A node that just went into maintenance did nothing, and another of the member may.
	return response, out.Parts || !problem.HasCode(err, "node-maintenance"), err
}

// upload sends a long body while the response is waited for. What it gives must be
// called when the response is there to its end, or will not come: it ends the upload, and
// gives the error of the source, if that was what failed.
func (out *outboundRequest) upload(s *link.Stream) (end func() error) {
	if !out.Parts {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		err := out.g.sendParts(out.timeout, s, out.body, out.request.Upload, out.limit, out.timeout.moved)
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

// prove accepts a response only if it is the provider's own, in its log, and to
// this very request. It is noted in this node's journal; a long body is proved as it
// is read.
func (out *outboundRequest) prove(node registry.Node, e envelope, s *link.Stream) (Response, error) {
	if e.kind == unsealed {
		return Response{Hops: out.hops}, unproved(node, 0, e.meta)
	}
	stamp, origin, err := out.g.verify(node, e)
	if err != nil {
		return Response{}, broken(node, err)
	}
	var meta ResponseMeta
	if err := ReadMessage(e.meta, &meta); err != nil {
		return Response{}, broken(node, err)
	}
	if err := meta.check(); err != nil {
		return Response{}, broken(node, err)
	}
	answer, err := meta.Open(e.body)
	if err != nil {
		return Response{}, broken(node, err)
	}
	if int64(len(answer)) > min(out.limit, maxBody) {
		return Response{}, broken(node, errBody)
	}
	if meta.ID != out.ID || meta.Request != out.body.of || meta.Parts && len(answer) > 0 {
		return Response{}, broken(node, errors.New("the response belongs to another request, or has two bodies"))
	}

	out.note(journal.Entry{Kind: "reply", Meta: e.meta, Body: e.body, Received: e.stamp, Until: out.until, MetaSum: e.metaSum, BodySum: e.bodySum, Sound: true, Unproved: true})
	response := Response{Meta: meta, Body: answer, Origin: origin, Index: stamp.Index, Headers: meta.Headers, Hops: out.hops}
	if meta.Refusal != nil {
		return response, meta.Refusal.problem()
	}
	if meta.Parts {
		verify := func(e envelope) (journal.Stamp, error) {
			stamp, _, err := out.g.verify(node, e)
			return stamp, err
		}
		ended := func(e envelope, _ journal.Stamp) {
			out.note(journal.Entry{Kind: "ended", Meta: e.meta, Received: e.stamp})
		}
		of := body{id: out.ID, of: leaf(stamp, e.metaSum, e.bodySum)}
		response.Stream = &download{parts: newParts(of, s, out.limit, verify, out.timeout.moved, ended), out: out, node: node, stream: s}
	}
	return response, nil
}

// note writes an entry about this exchange into the asker's own journal, behind
// its back.
func (out *outboundRequest) note(e journal.Entry) {
	e.ID, e.At, e.Subjects = out.ID, out.g.Now(), out.request.Subjects
	if err := out.g.recorder.note(&e); err != nil {
		out.g.Log.ErrorContext(out.timeout, "the answer is not in the journal", attr("exchange", out.ID), attr("error", err.Error()))
	}
}

// away says that a node cannot be reached, does not answer in time, or does not
// know this one.
func (out *outboundRequest) away(p *peer, err error) error {
	if out.timeout.Err() == nil || timedOut(out.timeout) { // otherwise the asker has gone, and the node is not to blame
		p.failed(out.g.peers.now())
	}
	return Away(out.timeout, p.node, err)
}

// Away is the problem of a node that was not reached, not in time, or that does
// not know this one.
func Away(ctx context.Context, node registry.Node, err error) error {
	if credential.Refused(err) { // it is there, and does not talk with this one
		return problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	if timedOut(ctx) {
		return problem.New(problem.Timeout, "node-slow", "body", node.Member.String()).Because(err)
	}
	return problem.New(problem.Unavailable, "node-away", "body", node.Member.String()).Because(err)
}

// broken is the problem of a node whose response is not what it should be.
func broken(node registry.Node, err error) error {
	return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(err)
}
