package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/papers"
	"dobosh/internal/services/proof"
)

// DecisionFile gives a decision as a file that anyone can check offline. It
// carries the cosignature of a witness as soon as there is one.
func (r *Room) DecisionFile(ctx context.Context, by act.Actor, decision string) ([]byte, error) {
	d, err := r.decisionFor(ctx, by, decision)
	if err != nil {
		return nil, err
	}
	if d.index < 0 {
		return nil, problem.New(problem.Unavailable, "not-sealed-yet")
	}
	c, err := r.contentOf(ctx, d)
	if err != nil {
		return nil, err
	}
	stamp, err := r.stampOf(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("seal of decision %s: %w", d.id, err)
	}
	signed := r.Witness.Cosigned()
	if len(signed) == 0 || !r.ours(d) { // what others saw of the journal of another node, that node knows
		return proof.Build(c, stamp, nil)
	}
	seen, err := journal.PeekCheckpoint(signed)
	if err != nil {
		return nil, err
	}
	if seen.Size <= stamp.Index { // no witness has seen it yet
		return proof.Build(c, stamp, nil)
	}
	witness, err := r.Journal.ProofFor(stamp.Index, stamp.Salt, signed)
	if err != nil {
		return nil, fmt.Errorf("prove under the witnessed checkpoint: %w", err)
	}
	return proof.Build(c, stamp, &witness)
}

// stampOf is what proves that a decision is sealed: kept with the decision, or, for a
// row of before, in the journal.
func (r *Room) stampOf(ctx context.Context, d storedDecision) (journal.Stamp, error) {
	if len(d.stamp) > 0 { // an adopted row has none either
		return journal.ParseStampBytes(d.stamp)
	}
	_, stamp, err := r.Journal.Read(ctx, d.index)
	return stamp, err
}

// DecisionPDF gives a decision as a paper in one language. The page on the
// web is the document of record.
func (r *Room) DecisionPDF(ctx context.Context, by act.Actor, decision string, tag lang.Tag) ([]byte, error) {
	d, err := r.decisionFor(ctx, by, decision)
	if err != nil {
		return nil, err
	}
	party := ""
	if r.is(by, d.service, d.person) {
		party = by.Name
	}
	return r.paper(ctx, d, party, tag)
}

// PaperOf gives the decision of a case as a paper, to go into the letter that delivers it; nothing of a case that
// has none in this room.
func (r *Room) PaperOf(ctx context.Context, id string, tag lang.Tag) ([]byte, error) {
	m, err := r.MatterOf(ctx, id)
	if err != nil || m.Decision == "" {
		return nil, err
	}
	d, err := r.decisionWhere(ctx, "id", m.Decision)
	if err != nil {
		return nil, err
	}
	return r.paper(ctx, d, "", tag)
}

// paper sets a decision on paper, with the name of its party where whoever asks has it.
func (r *Room) paper(ctx context.Context, d storedDecision, party string, tag lang.Tag) ([]byte, error) {
	view, err := r.decision(ctx, d)
	if err != nil {
		return nil, err
	}
	made := "paper.by.officer"
	if view.By == byRule {
		made = "paper.by.rule"
	}
	p := papers.Paper{
		Title: view.Title.In(tag), Body: view.Body.In(tag), By: said().Say(tag, made), About: view.About.In(tag), Verdict: said().Say(tag, "paper.granted."+strconv.FormatBool(view.Granted)),
		Remedy: view.Remedy.In(tag), Code: view.Code, URL: r.PublicURL + "/verify/" + view.Code, MadeAt: view.MadeAt,
	}
	if p.Remedy != "" && r.unchecked(d) {
		p.Remedy += " " + said().Say(tag, "decision.unchecked")
	}
	if party != "" {
		p.Party = lang.Text{"sr": party, "en": party}.In(tag) // a name is written in the script of its reader
	}
	if view.Granted {
		p.Amount = view.Plan.Total.In(tag) + " RSD"
	}
	for _, part := range view.Plan.Payments {
		p.Plan = append(p.Plan, papers.Line{What: part.Says.In(tag), Amount: part.Amount.In(tag), Cite: part.Cite.In(tag)})
	}
	for _, reason := range view.Reasons {
		p.Reasons = append(p.Reasons, papers.Reason{Says: reason.Says.In(tag), Cite: reason.Cite.In(tag), Register: reason.Register.In(tag)})
	}
	for _, a := range view.Affirms {
		p.Affirms = append(p.Affirms, a.Says.In(tag))
	}
	if r.Demo {
		p.Notice = said().Say(tag, "paper.notice")
	}
	var out bytes.Buffer
	if err := papers.Render(&out, p, tag); err != nil {
		return nil, fmt.Errorf("paper of decision %s: %w", d.id, err)
	}
	return out.Bytes(), nil
}

// Verification is what the public page says about a code. It holds nothing
// about a person.
type Verification struct {
	Found     bool
	Code      string
	Title     lang.Text
	Body      lang.Text
	MadeAt    time.Time
	Granted   bool
	Total     money.Para
	Sealed    bool
	Witnessed bool
	Index     int64
}

// Verification looks a code up, as it is typed.
func (r *Room) Verification(ctx context.Context, typed string) (Verification, error) {
	code, ok := id.ParseCode(typed)
	if !ok {
		return Verification{}, problem.New(problem.Invalid, "code-form")
	}
	d, err := r.decisionWhere(ctx, "code", code)
	if problem.HasCode(err, "decision-unknown") {
		return Verification{Code: code}, nil
	}
	if err != nil {
		return Verification{}, err
	}
	c, err := r.contentOf(ctx, d)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{Found: true, Code: d.code, Title: c.Decision.Title, Body: c.Decision.Body, MadeAt: c.Decision.MadeAt, Granted: d.granted, Total: c.Decision.Plan.Total, Sealed: d.index >= 0, Index: d.index}
	if v.Sealed && r.ours(d) {
		seen, err := journal.PeekCheckpoint(r.Witness.Cosigned())
		v.Witnessed = err == nil && seen.Size > d.index
	}
	return v, nil
}

// VerifyFile checks an uploaded decision file with the keys that this node
// knows from the registry.
func (r *Room) VerifyFile(ctx context.Context, file io.Reader) (proof.Report, error) {
	raw, err := io.ReadAll(io.LimitReader(file, proof.MaxSize+1))
	if err != nil {
		return proof.Report{}, problem.New(problem.Invalid, "file-unreadable").Because(err)
	}
	if len(raw) > proof.MaxSize {
		return proof.Report{}, problem.New(problem.TooLarge, "file-too-large").Because(errors.New("over the limit of a decision file"))
	}
	checked := make(chan proof.Report, 1) // whoever gave up leaves it there
	if err := r.Check(ctx, func() { checked <- proof.Verify(raw, r.Trust()) }); err != nil {
		return proof.Report{}, err
	}
	return <-checked, nil
}
