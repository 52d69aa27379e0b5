package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/kit/problem"
)

func attr(key, value string) slog.Attr { return slog.String(key, value) }

// ServeConn answers the requests of another node on a connection, until it
// ends. It is for [http.Server.TLSNextProto], under the name [link.Protocol].
func (g *Gateway) ServeConn(_ *http.Server, c *tls.Conn, _ http.Handler) {
	state := c.ConnectionState()
	conn, err := link.New(context.Background(), c, link.Config{
		Handler:  func(ctx context.Context, s *link.Stream) { g.handle(ctx, &state, s) },
		Greeting: g.greeting, Heard: g.heard,
	}, false)
	if err != nil {
		g.Log.Debug("a connection did not begin", attr("error", err.Error()))
		return
	}
	node, _ := g.Credential.Peer(&state) // it is asked again for each request
	if !g.served.add(conn, asker{&state, node}) {
		conn.Close()
	}
	conn.Wait()
	g.served.remove(conn)
}

// serveStream answers one request. Who does not say all of it in time is left.
func (g *Gateway) serveStream(ctx context.Context, peer *tls.ConnectionState, s *link.Stream) {
	ch := timed{s, g.IdleTimeout}
	ch.moved()
	g.serve(ctx, peer, ch)
}

// channel is what a request comes on and its response leaves by.
type channel interface {
	io.Reader
	io.Writer
	Finish(last []byte) error
	StopReading()
	moved() // a part came or left
	held()  // the request is here; how long it takes now is not up to the asker
}

// timed is a stream that is left when nothing moves for long.
type timed struct {
	*link.Stream
	limit time.Duration
}

func (t timed) moved() { t.SetDeadline(time.Now().Add(t.limit)) }
func (t timed) held()  { t.SetDeadline(time.Time{}) }

// serve is the story of an exchange at the provider's side: a request that is proved
// to be of the node that it came from is put to the information system, if its
// contract lets it, and the response leaves when both stand in this node's journal.
func (g *Gateway) serve(ctx context.Context, peer *tls.ConnectionState, ch channel) {
	begun := time.Now()
	release := func() {}
	defer func() { release() }()
	in, err := g.receive(peer, ch, func(size int) (err error) {
		release, err = g.memory.take(ctx, size)
		return err
	})
	if err != nil {
		from, _ := g.Credential.Peer(peer) // who came; what they asked nobody knows
		g.observe(Observation{Client: from.Member}, begun, err)
		refuse(ch, err)
		return
	}
	step, parent, passed := g.step(in.Trace)
	in.Trace = passed
	in.timeout = newIdleTimeout(ctx, g.SystemTimeout)
	defer in.close()

	if err = in.answer(); err != nil {
		in.out = in.out.refused(err)
	}
	if left := in.leave(); err == nil {
		err = left
	}
	g.observe(Observation{Trace: step, Parent: parent, Client: in.Client, Service: in.Service, Contract: in.Contract, Status: in.out.Status,
		RequestBytes: int64(len(in.body)), ResponseBytes: int64(len(in.out.body)),
		Hops: []Hop{{HopSystem, in.systemTook}, {HopProvider, in.journalTook}}}, begun, err)
}

// refuse answers a message that cannot be trusted so far as to be journaled.
func refuse(ch channel, err error) {
	ch.moved()
	ch.StopReading()
	_ = ch.Finish(envelope{kind: unsealed, meta: refusalOf(err).encode()}.bytes()) // the asker may have gone
}

// receive reads a request and proves it: it is in the log of the node that it came
// from, speaks for that node's member, came in time and was not here before. Whether its
// contract lets it is known then too.
func (g *Gateway) receive(tls *tls.ConnectionState, ch channel, admit func(int) error) (*inboundRequest, error) {
	node, err := g.Credential.Peer(tls)
	if err != nil {
		return nil, problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	e, err := readEnvelope(ch, maxBody+maxOpening, admit)
	if errors.Is(err, errBody) {
		return nil, problem.New(problem.TooLarge, "question-too-large").Because(err)
	}
	forged := func(err error) (*inboundRequest, error) {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	if err != nil {
		return forged(err)
	}

	in := &inboundRequest{g: g, ch: ch, envelope: e, node: node}
	if in.proof, _, err = g.verify(node, e); err != nil {
		return forged(err)
	}
	if err := ReadMessage(in.meta, &in.RequestMeta); err != nil {
		return forged(err)
	}
	if err := in.check(); err != nil {
		return forged(err)
	}
	in.content = in.body
	if in.body, err = in.Open(in.content); err != nil {
		return forged(err)
	}
	if len(in.body) > maxBody {
		return nil, problem.New(problem.TooLarge, "question-too-large").Because(errBody)
	}
	if in.Client.Owner() != node.Member {
		return forged(errors.New("it speaks for another member"))
	}
	if in.Parts && len(in.body) > 0 {
		return forged(errors.New("it has two bodies"))
	}
	in.leaf = leaf(in.proof, in.metaSum, in.bodySum)

	if in.Parts {
		ch.moved()
	} else {
		ch.held()
	}
	if off := in.At.Sub(g.Now()); off > g.Skew || off < -g.Skew {
		return nil, problem.New(problem.Invalid, "clock-off", "seconds", strconv.Itoa(int(off.Abs().Seconds())), "asker", in.Client.Owner().String(), "provider", g.Member.String())
	}
	in.terms, in.named, in.refused = g.admit(g.State(), &in.RequestMeta, in.body)
	switch in.pass() {
	case turnstile.Replayed:
		return nil, problem.New(problem.Conflict, "message-replayed")
	case turnstile.Exhausted:
		in.refused = problem.New(problem.TooMany, "quota-exhausted", "contract", in.terms.ID)
	}
	return in, nil
}
