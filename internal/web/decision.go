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

func (p *portal) decisionRoutes() {
	p.signedIn("GET /decisions", p.decisions)
	p.signedIn("GET /decisions/{id}", p.decision)
	if p.Papers != nil {
		p.signedIn("GET /decisions/{id}/decision.pdf", p.decisionPDF)
		p.signedIn("GET /decisions/{id}/decision.json", p.decisionFile)
	}
}

func (p *portal) decisions(v *visit) error {
	list, err := p.Decisions.Decisions(v.r.Context(), v.actor, v.after())
	if err != nil {
		return err
	}
	return v.show("decisions", v.say("decisions.title"), list)
}

func (p *portal) decision(v *visit) error {
	d, err := p.Decisions.Decision(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	view := decisionView{
		Decision: d, Amount: v.amountOf(d.Plan), Reasons: reasonsOf(d.Reasons),
		ByRule: d.By == "rule", Papers: p.Papers != nil,
	}
	if p.Verifier != nil {
		view.Verify = p.PublicURL + verifyPath(d.Code)
		if view.QR, err = qrSVG(view.Verify, v.say("decision.qr")); err != nil {
			return err
		}
	}
	return v.show("decision", v.plain(d.Title), view)
}

func (p *portal) decisionPDF(v *visit) error {
	content, err := p.Papers.DecisionPDF(v.r.Context(), v.actor, v.r.PathValue("id"), v.tag)
	if err != nil {
		return err
	}
	return v.file("application/pdf", "decision.pdf", content)
}

func (p *portal) decisionFile(v *visit) error {
	content, err := p.Papers.DecisionFile(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.file("application/json", "decision.json", content)
}

// file sends something to keep rather than to show.
func (v *visit) file(kind, name string, content []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(content) // the reader may have gone
	return nil
}
