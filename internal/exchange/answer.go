package exchange

import (
	"crypto/sha256"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// inboundRequest is a request of another node, proved to be its own, on its way to
// the information system and back.
type inboundRequest struct {
	RequestMeta
	envelope
	g       *Gateway
	ch      channel
	node    registry.Node // of the asker
	content []byte        // the body as it came, behind its opening
	proof   journal.Stamp
	leaf    string                // in the asker's log
	upload  *parts                // a long body; nil when body holds it
	ended   atomic.Pointer[ended] // when all of the upload has come

	concerns bool // whether a place of the contract, at which persons are named, is in this exchange
	out      outcome
	terms    *terms            // what its contract says; may be nil where it is refused
	named    map[string]string // the segments of its path that the contract names
	refused  error             // why it is not put to the information system
	timeout  *idleTimeout

	systemTook, journalTook time.Duration
	finish                  []func() // what is let go of at the end, last first
}

// ended is the evidence for a long body, as it came.
type ended struct {
	envelope
	proof journal.Stamp
}

// outcome is a response before it is journaled.
type outcome struct {
	ResponseMeta
	subjects []string
	body     []byte
	rest     io.Reader // a long body instead; nil when body holds it
}

func (in *inboundRequest) later(do func()) { in.finish = append(in.finish, do) }

// close lets go of the information system.
func (in *inboundRequest) close() {
	for i := len(in.finish) - 1; i >= 0; i-- {
		in.finish[i]()
	}
	in.timeout.end()
}

// answer asks the information system, if the contract lets it, and keeps back
// what was not agreed. A refusal is a response too; it is the error.
func (in *inboundRequest) answer() error {
	in.out.ResponseMeta = ResponseMeta{
		Version: Version, ID: in.ID, Request: in.leaf, Asker: in.Client, Behalf: in.Behalf, Holder: in.Service, Act: ActRead,
		Contract: in.Contract, Purpose: in.Purpose, Provision: in.Provision, Matter: in.Matter, Role: in.Role,
	}
	if in.refused != nil {
		return in.refused
	}
	in.out.Purpose, in.out.Provision = in.terms.Purpose, in.terms.Provision
	in.out.Hidden = in.g.hidden(in.terms.Contract)
	return in.consult(in.named)
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

// leave makes request and response durable and lets the response go. What breaks off
// of a long body has no end, which both sides see.
func (in *inboundRequest) leave() error {
	begun := time.Now()
	answer, stamp, err := in.commit()
	in.journalTook = time.Since(begun)
	if err != nil {
		err = problem.New(problem.Unavailable, "journal-away").Because(err)
		refuse(in.ch, err)
		in.g.Log.Error("an answer did not leave, since it could not be journaled", attr("exchange", in.ID), attr("error", err.Error()))
		return err
	}
	answer.system, answer.journal = in.systemTook, in.journalTook
	message := in.g.message(&answer, stamp)
	defer in.g.forget(message)
	in.ch.moved()
	if !in.out.Parts {
		in.ch.StopReading()
		_ = in.ch.Finish(*message) // the asker may have gone; the receipt stands
		return nil
	}

	if _, err := in.ch.Write(*message); err != nil {
		return err
	}
	of := body{id: in.ID, of: leaf(stamp, answer.metaSum, answer.bodySum)}
	err = in.g.sendParts(in.timeout, in.ch, of, in.out.rest, limitOf(in.terms.Contract), in.moved)
	if err == nil {
		err = in.ch.Finish(nil)
	}
	if err != nil {
		in.g.Log.Warn("a long answer broke off", attr("exchange", in.ID), attr("error", err.Error()))
	}
	return err
}

// moved gives the information system and the asker their time anew.
func (in *inboundRequest) moved() {
	in.timeout.moved()
	in.ch.moved()
}

// commit makes the request and the response durable, in one batch. It does not
// stop when the asker has gone: what the information system did is on record.
func (in *inboundRequest) commit() (envelope, journal.Stamp, error) {
	in.out.At = in.g.Now()
	meta, content, err := in.out.seal(in.out.body)
	if err != nil {
		return envelope{}, journal.Stamp{}, err
	}
	if len(meta) > maxMeta {
		return envelope{}, journal.Stamp{}, errors.New("the response is larger than the protocol allows")
	}
	entry := journal.Entry{ID: in.ID, At: in.out.At, Subjects: in.out.subjects}
	asked, answer := entry, entry
	asked.Kind, asked.Meta, asked.Body, asked.Received = "asked", in.meta, in.content, in.stamp
	asked.MetaSum, asked.BodySum, asked.Sound, asked.Unproved = in.metaSum, in.bodySum, true, true
	answer.Kind, answer.Meta, answer.Body, answer.Sound = "answer", meta, content, true
	answer.MetaSum, answer.BodySum = sha256.Sum256(meta), sha256.Sum256(content)
	entries := []journal.Entry{asked, answer}
	if end := in.ended.Load(); end != nil {
		whole := entry
		whole.Kind, whole.Meta, whole.Received = "ended", end.meta, end.stamp
		entries = []journal.Entry{asked, whole, answer}
	}
	stamps, err := in.g.Journal.AppendAll(in.g.committing.next(commitTimeout), entries...)
	if err != nil {
		return envelope{}, journal.Stamp{}, err
	}
	return envelope{kind: sealed, meta: meta, body: content, metaSum: answer.MetaSum, bodySum: answer.BodySum}, stamps[len(stamps)-1], nil
}
