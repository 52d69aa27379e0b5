package pages

import (
	"cmp"
	"html/template"
	"slices"
	"time"

	"dobosh/internal/exchange/oversight"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

// operateView is the first page of somebody who is woken at night: what is
// wrong and what to do stands before every figure.
type operateView struct {
	Alarms    []alarm
	Tiles     []portal.Tile
	Services  []serviceFigures
	Causes    []causeView
	Condition Condition
	Quotas    []QuotaUse
	Announced template.HTML // what other rooms announce
}

type serviceFigures struct {
	oversight.Figures
	Title lang.Text
}

// causeView is why exchanges failed, over all services.
type causeView struct {
	Code  string
	Says  string
	Do    string
	Count uint64
	Last  time.Time
}

func (v *visit) operate() error {
	figures, err := v.Oversight.Figures(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	condition, err := v.Conditions.Condition(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := operateView{Alarms: v.alarms(condition), Causes: v.causes(figures), Condition: condition}
	if view.Announced, err = v.Piece("announced", nil); err != nil {
		return err
	}
	var ended, refused uint64
	for _, f := range figures {
		ended, refused = ended+f.Ended, refused+f.Refused
		view.Services = append(view.Services, serviceFigures{f, v.Conditions.Title(f.Service)})
	}
	for _, q := range condition.Quotas {
		if q.Share() >= quotaShown {
			view.Quotas = append(view.Quotas, q)
		}
	}
	view.Tiles = []portal.Tile{
		{Count: int(ended), Text: v.Say("operate.ended", "n", ended), URL: "/desk/exchanges"},
		{Count: int(refused), Text: v.Say("operate.refused", "n", refused), URL: "/desk/exchanges?refused=1", Due: refused > 0},
		{Count: int(condition.Entries), Text: v.Say("operate.entries", "n", condition.Entries), URL: "/desk/exchanges"},
		{Count: condition.Hidden, Text: v.Say("operate.hidden", "n", condition.Hidden), URL: "/desk/hidden"},
	}
	return v.Show("operate", v.Say("operate.title"), view)
}

// causes adds up why exchanges failed, the most frequent first.
func (v *visit) causes(figures []oversight.Figures) []causeView {
	byCode := map[string]causeView{}
	for _, f := range figures {
		for _, c := range f.Causes {
			sum := byCode[c.Code]
			sum.Code, sum.Count = c.Code, sum.Count+c.Count
			if c.Last.After(sum.Last) {
				sum.Last = c.Last
			}
			byCode[c.Code] = sum
		}
	}
	list := make([]causeView, 0, len(byCode))
	for _, c := range byCode {
		c.Says, c.Do = v.codeSays(c.Code)
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b causeView) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code)) })
	return list
}

// codeSays gives the sentence of a problem without its values, and what to do.
func (v *visit) codeSays(code string) (says, do string) {
	key := "problem." + code
	if !v.Catalogue.Has(key) {
		return v.Say("operate.other"), ""
	}
	if v.Catalogue.Has(key + ".do") {
		do = v.Say(key + ".do")
	}
	return portal.WithoutPlaces(v.Say(key)), do
}
