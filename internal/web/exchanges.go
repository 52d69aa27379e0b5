package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/exchange/oversight"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

const searchMax = 200 // characters of one field of the search

type exchangesView struct {
	ID, Party, Day string
	Refused        bool
	Rows           []exchangeView
	Next           string
	Searched       bool // with a filter
}

type exchangeView struct {
	oversight.Exchange
	Service lang.Text
	Client  lang.Text
	Says    string // why it was refused
	Do      string
	Purpose lang.Text
	Cite    lang.Text
	Take    bool // evidence may be taken
}

// exchanges searches the node's own exchanges.
func (p *portal) exchanges(v *visit) error {
	query := v.r.URL.Query()
	typed := func(name string) string {
		s := strings.TrimSpace(query.Get(name))
		return strings.ToValidUTF8(s[:min(len(s), searchMax)], "")
	}
	view := exchangesView{ID: typed("id"), Party: typed("party"), Day: typed("day"), Refused: query.Get("refused") != ""}
	filter := oversight.Filter{ID: view.ID, Party: view.Party, Refused: view.Refused}
	if view.Day != "" {
		day, ok := parseDay(view.Day)
		if !ok {
			return problem.New(problem.Invalid, "day-malformed")
		}
		filter.From, filter.To = day.Start(), day.AddDays(1).Start().Add(-time.Microsecond)
	}
	list, err := p.Oversight.Exchanges(v.r.Context(), v.actor, filter, v.after())
	if err != nil {
		return err
	}
	view.Searched, view.Next = filter != oversight.Filter{}, v.more(list.Next)
	for _, x := range list.Items {
		view.Rows = append(view.Rows, v.exchangeView(x))
	}
	return v.show("desk-exchanges", v.say("exchanges.title"), view)
}

func (v *visit) exchangeView(x oversight.Exchange) exchangeView {
	view := exchangeView{Exchange: x, Service: v.Conditions.Title(x.Service), Client: v.Conditions.Title(x.Client.Owner())}
	if x.Code != "" {
		view.Says, view.Do = v.codeSays(x.Code)
	}
	return view
}

// exchange is one exchange, without anything about the persons in it.
func (p *portal) exchange(v *visit) error {
	index, err := v.index()
	if err != nil {
		return err
	}
	x, err := p.Oversight.Exchange(v.r.Context(), v.actor, index)
	if err != nil {
		return err
	}
	view := v.exchangeView(x)
	view.Take = !x.Erased && p.Oversight.CanExport() && v.actor.Has(identity.Auditor) // the room decides who may
	if p.Pack != nil {
		if purpose, ok := p.Pack.Purpose(x.Purpose); ok {
			view.Purpose = purpose.Title
		}
		if provision, ok := p.Pack.Provision(x.Provision); ok {
			view.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
		}
	}
	return v.show("desk-exchange", v.say("exchange.title"), view)
}

func (v *visit) index() (int64, error) {
	index, err := strconv.ParseInt(v.r.PathValue("index"), 10, 64)
	if err != nil {
		return 0, problem.New(problem.NotFound, "exchange-unknown")
	}
	return index, nil
}

// evidence gives the file that proves an exchange to anybody, for years.
func (p *portal) evidence(v *visit) error {
	v.here = "/desk/exchanges"
	index, err := v.index()
	if err != nil {
		return err
	}
	name, file, err := p.Oversight.Evidence(v.r.Context(), v.actor, index)
	if err != nil {
		return err
	}
	return v.file("application/json", name, file)
}

// hidden is what contracts hide from the persons concerned for a while.
func (p *portal) hidden(v *visit) error {
	list, err := p.Oversight.Hidden(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	views := make([]hiddenView, len(list))
	for i, h := range list {
		views[i] = hiddenView{Hidden: h, Path: "/desk/hidden/" + url.PathEscape(h.Contract) + "/review"}
		if p.Pack != nil {
			if provision, ok := p.Pack.Provision(h.Provision); ok {
				views[i].Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
			}
		}
	}
	return v.show("desk-hidden", v.say("hidden.title"), views)
}

type hiddenView struct {
	oversight.Hidden
	Cite lang.Text
	Path string // of the page on which a review is written
}

const findingMax = 2000 // characters

func (v *visit) reviewQuestion(typed string) question {
	contract := v.r.PathValue("contract")
	return question{
		Title: v.say("review.title"), Lead: []string{v.say("review.lead", "contract", contract)}, Action: "/desk/hidden/" + url.PathEscape(contract) + "/review",
		Fields: []field{{Name: "finding", Kind: "words", Label: v.say("review.label"), Hint: v.say("review.hint"), Value: typed, Most: findingMax}},
		Button: v.say("review.button"), Links: []link{{URL: "/desk/hidden", Text: v.say("review.back")}},
	}
}

func (p *portal) askReview(v *visit) error { return v.ask(v.reviewQuestion("")) }

func (p *portal) reviewHidden(v *visit) error {
	v.here = "/desk/hidden"
	finding, err := v.words("finding", findingMax)
	if err == nil {
		err = p.Oversight.ReviewHidden(v.r.Context(), v.actor, v.r.PathValue("contract"), finding)
	}
	if q := v.reviewQuestion(finding); q.refuse(v, err) {
		return v.ask(q)
	}
	if err != nil {
		return err
	}
	return v.to("/desk/hidden")
}
