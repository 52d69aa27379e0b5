package exchange

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// inboundRequest is a request of another node on its way to the information system and back.
type inboundRequest struct {
	g        *Gateway
	in       *received
	ch       channel
	out      outcome
	contract registry.Contract
	terms    *terms
	timeout  *idleTimeout

	system, journal time.Duration // that each of them took
	finish          []func()      // what is let go of at the end, last first
}

// outcome is a response before it is journaled.
type outcome struct {
	ResponseMeta
	subjects []string
	body     []byte
	rest     io.Reader // a long body instead; nil when body holds it
}

func replyTo(in *received) ResponseMeta {
	return ResponseMeta{
		Version: Version, ID: in.ID, Request: in.leaf, Asker: in.Client, Behalf: in.Behalf, Holder: in.Service, Act: ActRead,
		Contract: in.Contract, Purpose: in.Purpose, Provision: in.Provision, Matter: in.Matter, Role: in.Role,
	}
}

func (a *inboundRequest) later(do func()) { a.finish = append(a.finish, do) }

// close lets go of the information system.
func (a *inboundRequest) close() {
	for i := len(a.finish) - 1; i >= 0; i-- {
		a.finish[i]()
	}
	a.timeout.end()
}

// answer asks the information system, if the contract lets it, and keeps back
// what was not agreed. A refusal is a response too; it is the error.
func (a *inboundRequest) answer() error {
	state := a.g.State()
	contract, named, err := a.g.admit(state, a.in.RequestMeta, a.in.body)
	if err == nil {
		a.contract, a.terms = contract, a.g.termsOf(state, contract)
		a.out.Purpose, a.out.Provision = contract.Purpose, contract.Provision
		a.out.Hidden = a.g.hidden(contract)
		err = a.consult(named)
	}
	if err != nil {
		a.out = a.out.refused(err)
	}
	return err
}

// refused is the outcome when nothing leaves. The status of the information
// system stays if that is what refused.
func (out outcome) refused(err error) outcome {
	out.Refusal, out.Act, out.Type, out.Fields, out.Headers, out.Parts = refusalOf(err), ActRefused, "", nil, nil, false
	out.body, out.rest = nil, nil
	if out.Status < 400 || out.Status > 599 {
		out.Status = 0
	}
	return out
}

// leave makes request and response durable and lets the response go.
func (a *inboundRequest) leave() error {
	begun := time.Now()
	stamp, meta, err := a.commit()
	a.journal = time.Since(begun)
	if err != nil {
		err = problem.New(problem.Unavailable, "journal-away").Because(err)
		refuse(a.ch, err)
		a.g.Log.Error("an answer did not leave, since it could not be journaled", attr("exchange", a.in.ID), attr("error", err.Error()))
		return err
	}
	message := envelope{kind: sealed, stamp: stamp.Bytes(), meta: meta, body: a.out.body, system: a.system, journal: a.journal}.bytes()
	a.ch.moved()
	if !a.out.Parts {
		a.ch.StopReading()
		_ = a.ch.Finish(message) // the asker may have gone; the receipt stands
		return nil
	}
	if _, err := a.ch.Write(message); err != nil {
		return err
	}
	return a.flow(body{id: a.in.ID, of: leaf(stamp, sha256.Sum256(meta), sha256.Sum256(nil))})
}

// flow lets a long body leave. What breaks off has no end, which both sides see.
func (a *inboundRequest) flow(of body) error {
	moved := func() { a.timeout.moved(); a.ch.moved() }
	err := a.g.sendParts(a.timeout, a.ch, of, a.out.rest, limitOf(a.contract), moved)
	if err == nil {
		err = a.ch.Finish(nil)
	}
	if err != nil {
		a.g.Log.Warn("a long answer broke off", attr("exchange", a.in.ID), attr("error", err.Error()))
	}
	return err
}

// commit makes the request and the response durable, in one batch. It does not
// stop when the asker has gone: what the information system did is on record.
func (a *inboundRequest) commit() (journal.Stamp, []byte, error) {
	a.out.At = a.g.Now()
	meta, err := a.out.ResponseMeta.encode()
	if err != nil {
		return journal.Stamp{}, nil, err
	}
	if len(meta) > maxMeta {
		return journal.Stamp{}, nil, errors.New("the reply is larger than the protocol allows")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.timeout), 10*time.Second)
	defer cancel()
	entry := journal.Entry{ID: a.in.ID, At: a.out.At, Subjects: a.out.subjects}
	asked, answer := entry, entry
	asked.Kind, asked.Meta, asked.Body, asked.Received = "asked", a.in.meta, a.in.body, a.in.proof.Text()
	asked.MetaSum, asked.BodySum = a.in.metaSum, a.in.bodySum
	answer.Kind, answer.Meta, answer.Body = "answer", meta, a.out.body
	entries := []journal.Entry{asked, answer}
	if end := a.in.ended.Load(); end != nil {
		whole := entry
		whole.Kind, whole.Meta, whole.Received = "ended", end.meta, end.proof.Text()
		entries = []journal.Entry{asked, whole, answer}
	}
	stamps, err := a.g.Journal.AppendAll(ctx, entries...)
	if err != nil {
		return journal.Stamp{}, nil, err
	}
	return stamps[len(stamps)-1], meta, nil
}
