package web

import (
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/receipts"
)

const questionMax = 1000 // characters

type looksView struct {
	Days   []lookDay
	Silent []lang.Text // bodies that did not answer
	Next   page.Key
}

// lookDay is one day of looks; those of the person stand apart.
type lookDay struct {
	Day    civil.Day
	Others []lookView
	Own    []lookView
}

type lookView struct {
	receipts.Look
	As string // the role in words
}

func (p *portal) lookRoutes() {
	p.signedIn("GET /looks", p.looks)
	p.signedIn("GET /looks/{id}/ask", func(v *visit) error { return v.ask(v.whyQuestion("")) })
	p.signedIn("POST /looks/{id}/ask", p.askWhy)
}

func (p *portal) looks(v *visit) error {
	list, silent, err := p.Looks.Looks(v.r.Context(), v.actor, v.after())
	if err != nil {
		return err
	}
	return v.show("looks", v.say("looks.title"), looksView{v.byDay(list.Items), silent, list.Next})
}

// byDay groups looks, which come newest first, by the day of each.
func (v *visit) byDay(list []receipts.Look) []lookDay {
	var days []lookDay
	for _, l := range list {
		day := civil.Of(l.At)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, lookDay{Day: day})
		}
		last := &days[len(days)-1]
		if l.Own {
			last.Own = append(last.Own, lookView{l, ""})
			continue
		}
		last.Others = append(last.Others, lookView{l, v.roleName(l.Role)})
	}
	return days
}

// Decision is the decision that the look was about, if it was about one.
func (l lookView) Decision() string {
	decision, _ := strings.CutPrefix(l.Matter, "decision ")
	if decision == l.Matter || !id.Valid(decision) {
		return ""
	}
	return decision
}

// Reference is what to name the matter by when asking about it. A matter that is
// only a word says no more than the purpose, so it is left out.
func (l lookView) Reference() string {
	if _, isCode := id.ParseCode(l.Matter); isCode || id.Valid(l.Matter) {
		return l.Matter
	}
	return ""
}

// roleName says a role, or nothing where the catalogue has no word for it.
func (s speaker) roleName(role string) string {
	if key := "role." + role; s.catalogue.Has(key) {
		return s.say(key)
	}
	return ""
}

func (v *visit) whyQuestion(typed string) question {
	return question{
		Title: v.say("why.title"), Lead: []string{v.say("why.lead")}, Action: "/looks/" + v.r.PathValue("id") + "/ask",
		Fields: []field{{Name: "question", Kind: "words", Label: v.say("why.label"), Hint: v.say("why.hint"), Value: typed, Most: questionMax}},
		Button: v.say("why.button"), Links: []link{{URL: "/looks", Text: v.say("why.back")}},
	}
}

func (p *portal) askWhy(v *visit) error {
	v.here = "/looks"
	words, err := v.words("question", questionMax)
	if err == nil {
		err = p.Looks.AskWhy(v.r.Context(), v.actor, v.r.PathValue("id"), words)
	}
	if q := v.whyQuestion(words); q.refuse(v, err) {
		return v.ask(q)
	}
	if err != nil {
		return err
	}
	if p.Messages == nil {
		return v.to("/looks")
	}
	return v.to("/messages")
}
