package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

func attr(key, value string) slog.Attr { return slog.String(key, value) }

// ServeHTTP answers the questions of other nodes. It must be served behind
// [credential.Holder.Server].
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received, err := g.receive(r)
	if err != nil {
		refuse(w, err)
		return
	}
	reply, body := g.answer(r.Context(), received)
	stamp, meta, err := g.commit(r.Context(), received, reply, body)
	if err != nil {
		refuse(w, problem.New(problem.Unavailable, "journal-away").Because(err))
		g.Log.ErrorContext(r.Context(), "an answer did not leave, since it could not be journaled", attr("exchange", received.ID), attr("error", err.Error()))
		return
	}
	w.Header().Set(messageHeader, encodeHeader(meta))
	w.Header().Set(stampHeader, stamp.Text())
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(body) // the asker may have gone; the receipt stands
}

// refuse answers a message that cannot be trusted so far as to be journaled.
func refuse(w http.ResponseWriter, err error) {
	r := refusalOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(r) // the asker may have gone
}

// received is a question that is proved to be the asker's.
type received struct {
	Question
	raw   []byte
	body  []byte
	stamp journal.Stamp
}

// outcome is an answer before it is journaled.
type outcome struct {
	Reply
	subjects []string
}

func (g *Gateway) receive(r *http.Request) (received, error) {
	forged := func(err error) (received, error) {
		return received{}, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	node, err := g.Credential.Peer(r.TLS)
	if err != nil {
		return received{}, problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	meta, err := decodeHeader(r.Header.Get(messageHeader))
	if err != nil {
		return forged(err)
	}
	body, err := readBody(r)
	if err != nil {
		return received{}, err
	}
	stamp, _, err := g.verify(node, r.Header.Get(stampHeader), meta, body)
	if err != nil {
		return forged(err)
	}
	in := received{raw: meta, body: body, stamp: stamp}
	if err := strict(meta, &in.Question); err != nil {
		return forged(err)
	}
	if err := in.check(); err != nil {
		return forged(err)
	}
	if in.Client.Owner() != node.Member {
		return forged(errors.New("it speaks for another member"))
	}
	return in, g.timely(in.Question)
}

// readBody reads the body of a question within its bounds.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, problem.New(problem.TooLarge, "question-too-large").Because(err)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	return body, nil
}

// timely refuses a clock that is off, and a question that was here before.
func (g *Gateway) timely(q Question) error {
	if off := q.At.Sub(g.Now()); off > g.Skew || off < -g.Skew {
		return problem.New(problem.Invalid, "clock-off", "seconds", seconds(off), "asker", q.Client.Owner().String(), "provider", g.Member.String())
	}
	if !g.replays.first(q.Client.Owner(), q.ID) {
		return problem.New(problem.Conflict, "message-replayed")
	}
	return nil
}

// answer asks the information system, if the contract lets it, and keeps back
// what was not agreed. A refusal is an answer too.
func (g *Gateway) answer(ctx context.Context, in received) (outcome, []byte) {
	out := outcome{Reply: Reply{
		Version: Version, ID: in.ID, Question: leaf(in.stamp, in.raw, in.body), Asker: in.Client, Holder: in.Service, Act: ActRead,
		Contract: in.Contract, Purpose: in.Purpose, Provision: in.Provision, Matter: in.Matter, Role: in.Role,
	}}
	contract, named, err := g.admit(in.Question)
	if err != nil {
		return out.refused(err)
	}
	out.Purpose, out.Provision = contract.Purpose, contract.Provision
	body, err := g.consult(ctx, in, contract, named, &out)
	if err != nil {
		return out.refused(err)
	}
	return out, body
}

// refused is the outcome when nothing leaves. The status of the information
// system stays if that is what refused.
func (out outcome) refused(err error) (outcome, []byte) {
	out.Refusal, out.Act, out.Type, out.Fields = refusalOf(err), ActRefused, "", nil
	if out.Status < 400 || out.Status > 599 {
		out.Status = 0
	}
	return out, nil
}

// admit finds the contract that the question names and checks everything that
// it says.
func (g *Gateway) admit(q Question) (registry.Contract, map[string]string, error) {
	if err := g.fresh(); err != nil {
		return registry.Contract{}, nil, err
	}
	missing := problem.New(problem.Forbidden, "contract-missing", "client", q.Client.String(), "service", q.Service.String())
	state := g.State()
	c, ok := state.Contract(q.Contract)
	if !ok || !state.HasSubsystem(q.Client) || c.Consumer != q.Client || c.Provider != q.Service.System() || c.Service != q.Service.Service {
		return c, nil, missing
	}
	named, covered := covers(c, q.Method, q.Path)
	if !covered {
		return c, nil, missing
	}
	if err := g.standing(c); err != nil {
		return c, nil, err
	}
	if !g.quotas.take(c.ID, c.Quota, g.Now()) {
		return c, nil, problem.New(problem.TooMany, "quota-exhausted", "contract", c.ID)
	}
	return c, named, nil
}

// commit makes the question and the answer durable, in one batch where the
// journal can. It does not stop when the asker has gone: what the information
// system did is on record.
func (g *Gateway) commit(ctx context.Context, in received, out outcome, body []byte) (journal.Stamp, []byte, error) {
	out.At = g.Now()
	meta, err := json.Marshal(out.Reply)
	if err != nil {
		return journal.Stamp{}, nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	asked := make(chan error, 1)
	go func() {
		_, err := g.Journal.Append(ctx, journal.Entry{Kind: "asked", ID: in.ID, At: out.At, Subjects: out.subjects, Meta: in.raw, Body: in.body})
		asked <- err
	}()
	stamp, err := g.Journal.Append(ctx, journal.Entry{Kind: "answer", ID: in.ID, At: out.At, Subjects: out.subjects, Meta: meta, Body: body})
	return stamp, meta, errors.Join(err, <-asked)
}
