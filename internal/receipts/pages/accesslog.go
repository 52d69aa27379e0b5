package pages

import (
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

const questionMax = 1000 // characters

// person is what belongs to whoever is signed in.
type person struct{ Own }

type accessLogView struct {
	Days   []accessDay
	Silent []lang.Text // bodies that did not answer
	Next   page.Key
}

// accessDay is one day of looks; those of the person stand apart.
type accessDay struct {
	Day    civil.Day
	Others []accessView
	Own    []accessView
}

type accessView struct {
	receipts.Access
	As string // the role in words
}

func (p person) accessLog(v *portal.Visit) error {
	list, silent, err := p.AccessLog(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("looks", v.Say("looks.title"), accessLogView{byDay(v, list.Items), silent, list.Next})
}

// byDay groups looks, which come newest first, by the day of each.
func byDay(v *portal.Visit, list []receipts.Access) []accessDay {
	var days []accessDay
	for _, l := range list {
		day := civil.Of(l.At)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, accessDay{Day: day})
		}
		last := &days[len(days)-1]
		if l.Own {
			last.Own = append(last.Own, accessView{l, ""})
			continue
		}
		last.Others = append(last.Others, accessView{l, roleName(v, l.Role)})
	}
	return days
}

// Decision is the decision that the look was about, if it was about one.
func (l accessView) Decision() string {
	decision, _ := strings.CutPrefix(l.Matter, "decision ")
	if decision == l.Matter || !id.Valid(decision) {
		return ""
	}
	return decision
}

// Reference is what to name the matter by when asking about it. A matter that is
// only a word says no more than the purpose, so it is left out.
func (l accessView) Reference() string {
	if _, isCode := id.ParseCode(l.Matter); isCode || id.Valid(l.Matter) {
		return l.Matter
	}
	return ""
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
