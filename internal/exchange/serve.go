package exchange

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
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
	late := time.AfterFunc(g.IdleTimeout, s.Close)
	defer late.Stop()
	g.serve(ctx, peer, timed{s, late, g.IdleTimeout})
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
	late  *time.Timer
	limit time.Duration
}

func (t timed) moved() { t.late.Reset(t.limit) }
func (t timed) held()  { t.late.Stop() }

// received is a request that is proved to be the asker's.
type received struct {
	RequestMeta
	envelope
	node   registry.Node // of the asker
	proof  journal.Stamp
	leaf   string                // in the asker's log
	upload *parts                // a long body; nil when body holds it
	ended  atomic.Pointer[ended] // when all of the upload has come
}

// ended is the evidence for a long body, as it came.
type ended struct {
	envelope
	proof journal.Stamp
}

// serve reads a request, answers it and lets the response leave.
func (g *Gateway) serve(ctx context.Context, peer *tls.ConnectionState, ch channel) {
	begun := time.Now()
	give := func() {}
	defer func() { give() }()
	in, err := g.receive(peer, ch, func(size int) (err error) {
		give, err = g.memory.take(ctx, size)
		return err
	})
	if err != nil {
		refuse(ch, err)
		return
	}
	a := &inboundRequest{g: g, in: in, ch: ch, out: outcome{ResponseMeta: replyTo(in)}, timeout: newIdleTimeout(ctx, g.SystemTimeout)}
	defer a.close()
	err = a.answer()
	left := a.leave()
	if err == nil {
		err = left
	}
	g.observe(Observation{Client: in.Client, Service: in.Service, Contract: in.Contract, Status: a.out.Status, RequestBytes: int64(len(in.body)), ResponseBytes: int64(len(a.out.body)),
		Hops: []Hop{{HopSystem, a.system}, {HopProvider, a.journal}}}, begun, err)
}

// refuse answers a message that cannot be trusted so far as to be journaled.
func refuse(ch channel, err error) {
	ch.moved()
	ch.StopReading()
	_ = ch.Finish(envelope{kind: unsealed, meta: refusalOf(err).encode()}.bytes()) // the asker may have gone
}

// receive reads a request and proves it.
func (g *Gateway) receive(tls *tls.ConnectionState, ch channel, admit func(int) error) (*received, error) {
	node, err := g.Credential.Peer(tls)
	if err != nil {
		return nil, problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	e, err := readEnvelope(ch, maxBody, admit)
	if errors.Is(err, errBody) {
		return nil, problem.New(problem.TooLarge, "question-too-large").Because(err)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	in := &received{envelope: e, node: node}
	if err := g.believe(in); err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	if in.Parts {
		ch.moved()
	} else {
		ch.held()
	}
	return in, g.timely(in.RequestMeta)
}

// believe checks that the request is of the node that it came from, and says
// something.
func (g *Gateway) believe(in *received) (err error) {
	if in.proof, _, err = g.verify(in.node, in.envelope); err != nil {
		return err
	}
	if err := in.decode(in.meta); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	if in.Client.Owner() != in.node.Member {
		return errors.New("it speaks for another member")
	}
	if in.Parts && len(in.body) > 0 {
		return errors.New("it has two bodies")
	}
	in.leaf = leaf(in.proof, in.metaSum, in.bodySum)
	return nil
}

// timely refuses a clock that is off, and a request that was here before.
func (g *Gateway) timely(q RequestMeta) error {
	if off := q.At.Sub(g.Now()); off > g.Skew || off < -g.Skew {
		return problem.New(problem.Invalid, "clock-off", "seconds", seconds(off), "asker", q.Client.Owner().String(), "provider", g.Member.String())
	}
	if !g.replays.first(q.Client.Owner(), q.ID) {
		return problem.New(problem.Conflict, "message-replayed")
	}
	return nil
}

// refuseHTTP answers a request of another node that is no request.
func refuseHTTP(w http.ResponseWriter, err error) {
	r := refusalOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(r) // the asker may have gone
}
