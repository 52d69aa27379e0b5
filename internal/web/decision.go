package web

import (
	"html/template"
	"net/http"
	"strconv"

	"dobosh/internal/services"
)

type decisionView struct {
	services.Decision
	Amount  amount
	Reasons []reasonView
	ByRule  bool
	Papers  bool
	Verify  string // address of the verification page
	QR      template.HTML
}

func (p *pages) decisionRoutes() {
	p.signedIn("GET /decisions", p.decisions)
	p.signedIn("GET /decisions/{id}", p.decision)
	if p.Papers != nil {
		p.signedIn("GET /decisions/{id}/decision.pdf", p.decisionPDF)
		p.signedIn("GET /decisions/{id}/decision.json", p.decisionFile)
	}
}

func (p *pages) decisions(v *visit) error {
	list, err := p.Decisions.Decisions(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("decisions", v.Say("decisions.title"), list)
}

func (p *pages) decision(v *visit) error {
	d, err := p.Decisions.Decision(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	view := decisionView{
		Decision: d, Amount: v.amountOf(d.Plan), Reasons: reasonsOf(d.Reasons),
		ByRule: d.By == "rule", Papers: p.Papers != nil,
	}
	if p.Verifier != nil {
		view.Verify = v.PublicURL + verifyPath(d.Code)
		if view.QR, err = qrSVG(view.Verify, v.Say("decision.qr")); err != nil {
			return err
		}
	}
	return v.Show("decision", v.Plain(d.Title), view)
}

func (p *pages) decisionPDF(v *visit) error {
	content, err := p.Papers.DecisionPDF(v.R.Context(), v.Actor, v.R.PathValue("id"), v.Tag)
	if err != nil {
		return err
	}
	return v.file("application/pdf", "decision.pdf", content)
}

func (p *pages) decisionFile(v *visit) error {
	content, err := p.Papers.DecisionFile(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.file("application/json", "decision.json", content)
}

// file sends something to keep rather than to show.
func (v *visit) file(kind, name string, content []byte) error {
	h := v.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.W.WriteHeader(http.StatusOK)
	_, _ = v.W.Write(content) // the reader may have gone
	return nil
}
