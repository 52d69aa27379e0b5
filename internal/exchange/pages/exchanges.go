package pages

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

const searchMax = 200 // characters of one field of the search

type exchangesView struct {
	ID, Party, Day string
	Refused        bool
	Found          template.HTML
	Next           string
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
func (v *visit) exchanges() error {
	query := v.R.URL.Query()
	typed := func(name string) string {
		s := strings.TrimSpace(query.Get(name))
		return strings.ToValidUTF8(s[:min(len(s), searchMax)], "")
	}
	view := exchangesView{ID: typed("id"), Party: typed("party"), Day: typed("day"), Refused: query.Get("refused") != ""}
	filter := oversight.Filter{ID: view.ID, Party: view.Party, Refused: view.Refused}
	if view.Day != "" {
		day, ok := act.ParseDay(view.Day)
		if !ok {
			return problem.New(problem.Invalid, "day-malformed")
		}
		filter.From, filter.To = day.Start(), day.AddDays(1).Start().Add(-time.Microsecond)
	}
	list, err := v.Oversight.Exchanges(v.R.Context(), v.Actor, filter, v.After())
	if err != nil {
		return err
	}
	found := v.exchangeTable()
	switch {
	case list.Next != "":
		found.Empty = "exchanges.none-here" // and maybe further on
	case filter != oversight.Filter{}:
		found.Empty = "exchanges.none-found"
	}
	if view.Found, err = found.Show(v.Visit, list.Items); err != nil {
		return err
	}
	view.Next = v.More(list.Next)
	return v.Show("exchanges", v.Say("exchanges.title"), view)
}

func (v *visit) exchangeTable() portal.Table[oversight.Exchange] {
	type exchange = oversight.Exchange
	return portal.Table[exchange]{Caption: "exchanges.title", Headed: true, Empty: "exchanges.none", Columns: []portal.Column[exchange]{
		{Key: "col.when", Kind: portal.When, Cell: func(_ *portal.Visit, x exchange) template.HTML {
			return portal.Anchor("/desk/exchanges/"+strconv.FormatInt(x.Index, 10), portal.Escaped(v.Instant(x.At)))
		}},
		{Key: "col.client", Cell: func(_ *portal.Visit, x exchange) template.HTML { return v.Text(v.Conditions.Title(x.Client.Owner())) }},
		{Key: "col.service", Cell: func(_ *portal.Visit, x exchange) template.HTML { return v.Text(v.Conditions.Title(x.Service)) }},
		{Key: "col.end", Cell: func(_ *portal.Visit, x exchange) template.HTML {
			switch {
			case x.Open:
				return portal.Tag(v.Say("exchange.open"), false)
			case x.Code != "":
				says, _ := v.codeSays(x.Code)
				return portal.Escaped(says)
			}
			return portal.Tag(v.Say("exchange.answered"), true)
		}},
	}}
}

func (v *visit) exchangeView(x oversight.Exchange) exchangeView {
	view := exchangeView{Exchange: x, Service: v.Conditions.Title(x.Service), Client: v.Conditions.Title(x.Client.Owner())}
	if x.Code != "" {
		view.Says, view.Do = v.codeSays(x.Code)
	}
	return view
}

// exchange is one exchange, without anything about the persons in it.
func (v *visit) exchange() error {
	index, err := v.index()
	if err != nil {
		return err
	}
	x, err := v.Oversight.Exchange(v.R.Context(), v.Actor, index)
	if err != nil {
		return err
	}
	view := v.exchangeView(x)
	view.Take = !x.Erased && v.Oversight.CanExport() && oversight.RightToReview().Lets(v.Actor) // the room decides who may
	if v.Pack != nil {
		if purpose, ok := v.Pack.Purpose(x.Purpose); ok {
			view.Purpose = purpose.Title
		}
		if provision, ok := v.Pack.Provision(x.Provision); ok {
			view.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
		}
	}
	return v.Show("exchange", v.Say("exchange.title"), view)
}

func (v *visit) index() (int64, error) {
	index, err := strconv.ParseInt(v.R.PathValue("index"), 10, 64)
	if err != nil {
		return 0, problem.New(problem.NotFound, "exchange-unknown")
	}
	return index, nil
}

// evidence gives the file that proves an exchange to anybody, for years.
func (v *visit) evidence() error {
	v.Here = "/desk/exchanges"
	index, err := v.index()
	if err != nil {
		return err
	}
	name, file, err := v.Oversight.Evidence(v.R.Context(), v.Actor, index)
	if err != nil {
		return err
	}
	return v.File("application/json", name, file)
}

// hidden is what contracts hide from the persons concerned for a while.
func (v *visit) hidden() error {
	list, err := v.Oversight.Hidden(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	views := make([]hiddenView, len(list))
	for i, h := range list {
		views[i] = hiddenView{Hidden: h, Path: "/desk/hidden/" + url.PathEscape(h.Contract) + "/review"}
		if v.Pack != nil {
			if provision, ok := v.Pack.Provision(h.Provision); ok {
				views[i].Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
			}
		}
	}
	return v.Show("hidden", v.Say("hidden.title"), views)
}

type hiddenView struct {
	oversight.Hidden
	Cite lang.Text
	Path string // of the page on which a review is written
}

const findingMax = 2000 // characters

func (v *visit) reviewQuestion(typed string) portal.Question {
	contract := v.R.PathValue("contract")
	return portal.Question{
		Title: v.Say("review.title"), Lead: []string{v.Say("review.lead", "contract", contract)}, Action: "/desk/hidden/" + url.PathEscape(contract) + "/review",
		Fields: []portal.Field{{Name: "finding", Kind: "words", Label: v.Say("review.label"), Hint: v.Say("review.hint"), Value: typed, Most: findingMax}},
		Button: v.Say("review.button"), Links: []portal.Link{{URL: "/desk/hidden", Text: v.Say("review.back")}},
	}
}

func (v *visit) askReview() error { return v.Ask(v.reviewQuestion("")) }

func (v *visit) reviewHidden() error {
	v.Here = "/desk/hidden"
	finding, err := v.Words("finding", findingMax)
	if err == nil {
		err = v.Oversight.ReviewHidden(v.R.Context(), v.Actor, v.R.PathValue("contract"), finding)
	}
	if q := v.reviewQuestion(finding); q.Refuse(v.Visit, err) {
		return v.Ask(q)
	}
	if err != nil {
		return err
	}
	return v.To("/desk/hidden")
}
