package pages

import (
	"maps"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

const (
	questionMax = 1000 // characters
	namedMost   = 2    // things that were seen, in a heading
)

// person is what belongs to whoever is signed in.
type person struct{ Own }

type accessLogView struct {
	Days   []accessDay
	Silent []lang.Text // bodies that did not answer
	Next   page.Key
}

// accessDay is one day of looks, by what they were for; those of the person stand apart.
type accessDay struct {
	Day     civil.Day
	Matters []accessMatter
	Own     []accessView
}

// accessMatter are the looks of one body for one purpose: to a person they are one thing that was done.
type accessMatter struct {
	Purpose lang.Text
	Cite    lang.Text
	Body    lang.Text
	As      string      // the role in words
	Holders []lang.Text // other bodies that gave data
	Inside  bool        // the body looked at what it holds itself
	Looks   []accessView
	seen    []lang.Text // each once, in the order in which it was met

	Decision string // id of the decision that came of it; empty for none
	Case     string // number of the case; empty for none
}

type accessView struct {
	receipts.Access
	As    string   // the role in words
	Same  []string // numbers of others that saw the same
	Times int
}

func (p person) accessLog(v *portal.Visit) error {
	list, silent, err := p.AccessLog(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("looks", v.Say("looks.title"), accessLogView{byDay(list.Items, func(role string) string { return roleName(v, role) }), silent, list.Next})
}

// byDay groups looks, which come newest first, by the day of each and what it was for.
func byDay(list []receipts.Access, say func(role string) string) []accessDay {
	var days []accessDay
	for _, l := range list {
		day := civil.Of(l.At)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, accessDay{Day: day})
		}
		last, shown := &days[len(days)-1], accessView{Access: l, As: say(l.Role), Times: 1}
		if l.Own {
			last.Own = append(last.Own, shown)
			continue
		}
		i := slices.IndexFunc(last.Matters, func(m accessMatter) bool {
			return same(m.Purpose, l.Purpose) && same(m.Body, l.Body) && m.As == shown.As
		})
		if i < 0 {
			i = len(last.Matters)
			last.Matters = append(last.Matters, accessMatter{Purpose: l.Purpose, Cite: l.Cite, Body: l.Body, As: shown.As})
		}
		last.Matters[i].add(shown)
	}
	return days
}

func same(a, b lang.Text) bool { return maps.Equal(a, b) }

// add puts a look into its matter; what was seen before, in the same place, is not said again.
func (m *accessMatter) add(l accessView) {
	if inside := same(l.Holder, m.Body); inside {
		m.Inside = true
	} else if !slices.ContainsFunc(m.Holders, func(h lang.Text) bool { return same(h, l.Holder) }) {
		m.Holders = append(m.Holders, l.Holder)
	}
	if m.Decision == "" {
		m.Decision = l.decision()
	}
	if m.Case == "" {
		m.Case = l.caseNumber()
	}
	for _, f := range l.Fields {
		if !slices.ContainsFunc(m.seen, func(s lang.Text) bool { return same(s, f) }) {
			m.seen = append(m.seen, f)
		}
	}
	for i, before := range m.Looks {
		if same(before.Holder, l.Holder) && slices.EqualFunc(before.Fields, l.Fields, same) {
			m.Looks[i].Times++
			m.Looks[i].Same = append(before.Same, l.Number)
			return
		}
	}
	m.Looks = append(m.Looks, l)
}

// Seen is what the heading names of what was seen; the rest is told below it.
func (m accessMatter) Seen() []lang.Text { return m.seen[:min(namedMost, len(m.seen))] }

// More counts what was seen and is not named in the heading.
func (m accessMatter) More() int { return len(m.seen) - len(m.Seen()) }

// decision is the decision that the look was about, if it was about one.
func (l accessView) decision() string {
	decision, ok := strings.CutPrefix(l.Matter, "decision ")
	if !ok || !id.Valid(decision) {
		return ""
	}
	return decision
}

// caseNumber is that of the case in which the look was, if it was in one.
func (l accessView) caseNumber() string {
	number, ok := id.ParseCode(strings.TrimPrefix(l.Matter, "case "))
	if !ok {
		return ""
	}
	return number
}

// roleName says a role, or nothing where the catalogue has no word for it.
func roleName(v *portal.Visit, role string) string {
	if key := "role." + role; v.Catalogue.Has(key) {
		return v.Say(key)
	}
	return ""
}

func whyQuestion(v *portal.Visit, typed string) portal.Question {
	return portal.Question{
		Title: v.Say("why.title"), Lead: []string{v.Say("why.lead")}, Action: "/looks/" + v.R.PathValue("id") + "/ask",
		Fields: []portal.Field{{Name: "question", Kind: "words", Label: v.Say("why.label"), Hint: v.Say("why.hint"), Value: typed, Most: questionMax}},
		Button: v.Say("why.button"), Links: []portal.Link{{URL: "/looks", Text: v.Say("why.back")}},
	}
}

// why asks only about what may be asked: the form is no way to a look of somebody else.
func (p person) why(v *portal.Visit) error {
	if err := p.MayAskWhy(v.Actor, v.R.PathValue("id")); err != nil {
		return err
	}
	return v.Ask(whyQuestion(v, ""))
}

func (p person) askWhy(v *portal.Visit) error {
	v.Here = "/looks"
	words, err := v.Words("question", questionMax)
	if err == nil {
		err = p.AskWhy(v.R.Context(), v.Actor, v.R.PathValue("id"), words)
	}
	if q := whyQuestion(v, words); q.Refuse(v, err) {
		return v.Ask(q)
	}
	if err != nil {
		return err
	}
	return v.To("/messages")
}
