package pages

import (
	"html/template"
	"slices"
	"strings"

	"dobosh/internal/contracts"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// termsView is a contract in plain words.
type termsView struct {
	Terms    registry.Contract
	Purpose  lang.Text
	Service  lang.Text
	Asker    lang.Text
	Provider lang.Text
	Leaves   []fieldView
	All      bool        // everything leaves
	Never    []fieldView // what the service has and nobody agreed
	Rows     []portal.Fact
}

// fieldView is a field of an answer in words, where somebody wrote some.
type fieldView struct {
	Pointer string
	Says    template.HTML
}

// proposalView is a proposal as an officer sees it.
type proposalView struct {
	contracts.Proposal
	termsView
	Turn    bool // it is for somebody here to answer
	Mine    bool // the text is ours, and the other side has not answered
	Signs   bool // the reader may sign
	Other   lang.Text
	Why     string // what came of it, in a sentence; empty where the reason is somebody's own words
	Wrong   []portal.Wrong
	History []stepView
	OnWay   string
}

type stepView struct {
	contracts.Step
	Who  lang.Text
	What string
}

func (v *visit) shown(c registry.Contract) termsView {
	asker, provider := c.Between()
	t := termsView{
		Terms: c, Purpose: v.purpose(c), Service: v.Contracts.Title(provider.With(c.Service)),
		Asker: v.Contracts.Title(asker.Owner()), Provider: v.Contracts.Title(provider.Owner()),
		All: slices.Contains(c.Fields, ""),
	}
	known := v.fieldWords(c)
	for _, pointer := range c.Fields {
		if pointer != "" {
			t.Leaves = append(t.Leaves, fieldView{pointer, known[pointer]})
		}
	}
	t.Never = v.never(c, known)
	t.Rows = v.termRows(c)
	return t
}

// purpose is what a contract is for, in words where the pack has some.
func (p *pages) purpose(c registry.Contract) lang.Text {
	if p.Pack != nil {
		if purpose, ok := p.Pack.Purpose(c.Purpose); ok {
			return purpose.Title
		}
	}
	return lang.Text{"sr": c.Purpose, "en": c.Purpose}
}

// other is the body with which this one agrees on a proposal.
func (p *pages) other(one contracts.Proposal) lang.Text {
	asker, provider := one.Contract.Between()
	if slices.Contains(p.Contracts.Mine(one), contracts.Provider) {
		return p.Contracts.Title(asker.Owner())
	}
	return p.Contracts.Title(provider.Owner())
}

// fieldWords gives fields their words: those of the description, and those of
// the rules that need them.
func (v *visit) fieldWords(c registry.Contract) map[string]template.HTML {
	words := map[string]template.HTML{}
	service := c.Provider.With(c.Service)
	operations, _ := v.Contracts.Operations(v.R.Context(), service)
	for _, o := range operations {
		for _, f := range o.Fields {
			if len(f.Says) > 0 {
				words[f.At] = v.Text(f.Says)
			}
		}
	}
	if v.Pack == nil {
		return words
	}
	for _, rule := range v.Pack.Rules() {
		for _, fact := range rule.Facts {
			if fact.Service == service.String() && fact.Pointer != "" {
				words[fact.Pointer] = v.Text(fact.Label)
			}
		}
	}
	return words
}

// never lists the fields that the service has and the contract does not name.
func (v *visit) never(c registry.Contract, words map[string]template.HTML) (out []fieldView) {
	if slices.Contains(c.Fields, "") {
		return nil
	}
	operations, _ := v.Contracts.Operations(v.R.Context(), c.Provider.With(c.Service))
	seen := map[string]bool{}
	for _, o := range operations {
		for _, f := range o.Fields {
			if !seen[f.At] && !covered(c.Fields, f.At) {
				seen[f.At] = true
				out = append(out, fieldView{f.At, words[f.At]})
			}
		}
	}
	return out
}

// covered reports whether a field leaves, or holds something that does.
func covered(fields []string, pointer string) bool {
	return slices.ContainsFunc(fields, func(f string) bool {
		return f == pointer || strings.HasPrefix(pointer, f+"/") || strings.HasPrefix(f, pointer+"/")
	})
}

// termRows are the other terms, each with the name of the step that can change
// it.
func (v *visit) termRows(c registry.Contract) []portal.Fact {
	asker, _ := c.Between()
	rows := []portal.Fact{
		{ID: "service", Label: v.Say("contract.row-service"), Value: v.Both(v.Contracts.Title(c.Provider.With(c.Service)), c.Provider.With(c.Service).String()), Change: "service"},
		{ID: "consumer", Label: v.Say("contract.row-asker"), Value: v.Code(asker.String()), Change: "asker"},
		{ID: "purpose", Label: v.Say("contract.row-purpose"), Value: lawpages.Purpose(v.Visit, v.Pack, c.Purpose), Change: "purpose"},
		{ID: "provision", Label: v.Say("contract.row-provision"), Value: lawpages.Citation(v.Visit, v.Pack, c.Provision), Change: "provision"},
		{ID: "paths", Label: v.Say("contract.row-paths"), Value: v.Code(strings.Join(c.Methods, ", ") + " " + strings.Join(c.Paths, ", ")), Change: "questions"},
		{ID: "fields", Label: v.Say("contract.row-fields"), Value: v.fieldsRow(c), Change: "fields"},
		{ID: "subjects", Label: v.Say("contract.row-person"), Value: v.subjectsRow(c), Change: "person"},
		{ID: "quota", Label: v.Say("contract.row-often"), Value: portal.Escaped(v.oftenRow(c)), Change: "often"},
		{ID: "from", Label: v.Say("contract.row-long"), Value: portal.Escaped(v.longRow(c)), Change: "long"},
	}
	if len(c.Delegates) > 0 {
		rows = slices.Insert(rows, 2, portal.Fact{ID: "delegates", Label: v.Say("contract.row-delegates"), Value: v.Code(idList(c.Delegates, ", ")), Change: "asker"})
	}
	return append(rows, v.specialRows(c)...)
}

func (v *visit) fieldsRow(c registry.Contract) template.HTML {
	if slices.Contains(c.Fields, "") {
		return portal.Escaped(v.Say("contract.everything"))
	}
	words := v.fieldWords(c)
	parts := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		parts[i] = string(v.Code(f))
		if words[f] != "" {
			parts[i] = string(words[f]) + " " + parts[i]
		}
	}
	return template.HTML(strings.Join(parts, "<br>")) //nolint:gosec // each part is escaped
}

func (v *visit) subjectsRow(c registry.Contract) template.HTML {
	if len(c.Subjects) == 0 {
		return portal.Escaped(v.Say("contract.nobody"))
	}
	parts := make([]string, len(c.Subjects))
	for i, s := range c.Subjects {
		kind, name := contracts.Subject(s)
		parts[i] = template.HTMLEscapeString(v.Say("contract.found."+kind)) + " " + string(v.Code(name))
	}
	return template.HTML(strings.Join(parts, "<br>")) //nolint:gosec // each part is escaped
}

func (v *visit) oftenRow(c registry.Contract) string {
	says := v.Say("contract.quota", "n", c.Quota, "count", v.Number(c.Quota))
	if c.Quota == 0 {
		says = v.Say("contract.no-quota")
	}
	if c.Rate > 0 {
		says += " " + v.Say("contract.rate", "n", c.Rate)
	}
	return says
}

func (v *visit) longRow(c registry.Contract) string {
	says := v.Say("contract.since", "day", v.Day(c.From))
	if !c.To.IsZero() {
		says = v.Say("contract.period", "from", v.Day(c.From), "to", v.Day(c.To))
	}
	return says + " " + v.Say("contract.retention", "n", c.Retention)
}

func idList(ids []registry.ID, between string) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	return strings.Join(parts, between)
}

func (v *visit) proposalView(p contracts.Proposal) proposalView {
	view := proposalView{Proposal: p, termsView: v.shown(p.Contract), Turn: p.Waits, Signs: contracts.RightToSign().Lets(v.Actor), Other: v.other(p)}
	mine := v.Contracts.Mine(p)
	view.Mine = p.State == contracts.Open && slices.Contains(mine, p.Author)
	if p.State == contracts.Failed {
		view.Why = v.SaidProblem(p.Reason, map[string]string{"contract": p.Contract.ID, "body": v.Plain(view.Other), "detail": "…"})
	}
	for _, s := range p.Steps {
		who := view.Provider
		if s.Side == contracts.Asker {
			who = view.Asker
		}
		view.History = append(view.History, stepView{s, who, v.Say("contract.act." + string(s.Act))})
	}
	if p.Carried != nil {
		view.OnWay = v.onWay(*p.Carried)
	}
	return view
}

func (v *visit) onWay(c contracts.Carried) string {
	to := v.Say("contract.to-registry")
	if c.To != (registry.ID{}) {
		to = v.Plain(v.Contracts.Title(c.To))
	}
	return v.Say("contract.on-way", "to", to, "n", c.Tries)
}

// standingView is a contract in force.
type standingView struct {
	termsView
	contracts.Standing
	Address string
	Tag     string // a word or two about what stops it
	Why     string // why nobody may ask today
	Stop    string // when it stops, and why
	Soon    bool
	Signs   bool
	Coming  template.HTML // a version to come of the service; empty for none
}

func (v *visit) standingView(s contracts.Standing) standingView {
	view := standingView{termsView: v.shown(s.Contract), Standing: s, Address: contractAddress(s.Contract.ID), Soon: s.Soon(civil.Of(v.Now()))}
	if s.Stopped != nil {
		p := problem.Of(s.Stopped)
		view.Why = v.SaidProblem(p.Code, p.Args)
	}
	switch {
	case s.Stops.IsZero():
	case s.Because != "":
		view.Stop = v.Say("contract.stops-because", "day", v.Day(s.Stops), "cite", lawpages.Cite(v.Visit, v.Pack, s.Because))
	default:
		view.Stop = v.Say("contract.stops", "day", v.Day(s.Stops))
	}
	return view
}
