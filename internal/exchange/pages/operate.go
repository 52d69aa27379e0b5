package pages

import (
	"cmp"
	"html/template"
	"slices"
	"time"

	"dobosh/internal/exchange/oversight"
	"dobosh/internal/portal"
)

// operateView is the first page of somebody who is woken at night: what is
// wrong and what to do stands before every figure.
type operateView struct {
	Alarms    []alarm
	Tiles     []portal.Tile
	Services  template.HTML
	Causes    template.HTML // empty for none, as are quotas and peers
	Condition Condition
	Quotas    template.HTML
	Peers     template.HTML
	Announced template.HTML // what other rooms announce
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
	view := operateView{Alarms: v.alarms(condition), Condition: condition}
	if view.Announced, err = v.Piece("announced", nil); err != nil {
		return err
	}
	if err := v.operateTables(&view, figures); err != nil {
		return err
	}
	var ended, refused uint64
	for _, f := range figures {
		ended, refused = ended+f.Ended, refused+f.Refused
	}
	view.Tiles = []portal.Tile{
		{Count: int(ended), Text: v.Say("operate.ended", "n", ended), URL: "/desk/exchanges"},
		{Count: int(refused), Text: v.Say("operate.refused", "n", refused), URL: "/desk/exchanges?refused=1", Due: refused > 0},
		{Count: int(condition.Entries), Text: v.Say("operate.entries", "n", condition.Entries), URL: "/desk/exchanges"},
		{Count: condition.Hidden, Text: v.Say("operate.hidden", "n", condition.Hidden), URL: "/desk/hidden"},
	}
	return v.Show("operate", v.Say("operate.title"), view)
}

// operateTables makes the tables of the page. Which services were used is said even
// when none was; of causes, quotas and peers only where there are some.
func (v *visit) operateTables(view *operateView, figures []oversight.Figures) (err error) {
	if view.Services, err = v.serviceTable().Show(v.Visit, figures); err != nil {
		return err
	}
	if causes := v.causes(figures); len(causes) > 0 {
		if view.Causes, err = causeTable().Show(v.Visit, causes); err != nil {
			return err
		}
	}
	used := slices.DeleteFunc(slices.Clone(view.Condition.Quotas), func(q QuotaUse) bool { return q.Share() < quotaShown })
	if len(used) > 0 {
		if view.Quotas, err = quotaTable().Show(v.Visit, used); err != nil {
			return err
		}
	}
	if len(view.Condition.Peers) > 0 {
		view.Peers, err = peerTable().Show(v.Visit, view.Condition.Peers)
	}
	return err
}

func (v *visit) serviceTable() portal.Table[oversight.Figures] {
	type figures = oversight.Figures
	return portal.Table[figures]{Caption: "operate.services", Headed: true, Empty: "operate.none", Columns: []portal.Column[figures]{
		{Key: "col.service", Cell: func(_ *portal.Visit, f figures) template.HTML {
			return v.Both(v.Conditions.Title(f.Service), f.Service.String())
		}},
		{Key: "col.way", Cell: func(v *portal.Visit, f figures) template.HTML {
			if f.Asking {
				return portal.Escaped(v.Say("way.asking"))
			}
			return portal.Escaped(v.Say("way.answering"))
		}},
		{Key: "col.ended", Kind: portal.Figures, Cell: func(v *portal.Visit, f figures) template.HTML { return portal.Escaped(v.Number(f.Ended)) }},
		{Key: "col.refused", Kind: portal.Figures, Cell: func(v *portal.Visit, f figures) template.HTML { return portal.Escaped(v.Number(f.Refused)) }},
		{Key: "col.half", Kind: portal.Figures, Cell: func(v *portal.Visit, f figures) template.HTML { return portal.Escaped(v.Took(f.P50)) }},
		{Key: "col.slowest", Kind: portal.Figures, Cell: func(v *portal.Visit, f figures) template.HTML { return portal.Escaped(v.Took(f.P99)) }},
		{Key: "col.hops", Cell: func(v *portal.Visit, f figures) template.HTML {
			var hops template.HTML
			for i, h := range f.Hops {
				if i > 0 {
					hops += " · "
				}
				hops += `<span class="when">` + portal.Escaped(v.Say("hop."+h.Name)+" "+v.Took(h.P50)) + `</span>`
			}
			return hops
		}},
	}}
}

func causeTable() portal.Table[causeView] {
	return portal.Table[causeView]{Caption: "operate.causes", Headed: true, Columns: []portal.Column[causeView]{
		{Key: "col.cause", Cell: func(_ *portal.Visit, c causeView) template.HTML {
			says := portal.Escaped(c.Says)
			if c.Do != "" {
				says += portal.Under(portal.Escaped(c.Do))
			}
			return says + portal.CodeUnder(c.Code)
		}},
		{Key: "col.times", Kind: portal.Figures, Cell: func(v *portal.Visit, c causeView) template.HTML { return portal.Escaped(v.Number(c.Count)) }},
		{Key: "col.last", Kind: portal.When, Cell: func(v *portal.Visit, c causeView) template.HTML { return portal.Escaped(v.Instant(c.Last)) }},
	}}
}

func quotaTable() portal.Table[QuotaUse] {
	return portal.Table[QuotaUse]{Caption: "operate.quotas", Headed: true, Columns: []portal.Column[QuotaUse]{
		{Key: "col.contract", Kind: portal.Codes, Cell: func(_ *portal.Visit, q QuotaUse) template.HTML { return portal.Escaped(q.Contract) }},
		{Key: "col.used", Kind: portal.Figures, Cell: func(v *portal.Visit, q QuotaUse) template.HTML { return portal.Escaped(v.Number(q.Used)) }},
		{Key: "col.quota", Kind: portal.Figures, Cell: func(v *portal.Visit, q QuotaUse) template.HTML { return portal.Escaped(v.Number(q.Quota)) }},
		{Key: "col.share", Kind: portal.Figures, Cell: func(v *portal.Visit, q QuotaUse) template.HTML { return portal.Escaped(v.Number(q.Share())) }},
	}}
}

func peerTable() portal.Table[PeerState] {
	return portal.Table[PeerState]{Caption: "operate.peers", Headed: true, Columns: []portal.Column[PeerState]{
		{Key: "col.member", Cell: func(v *portal.Visit, p PeerState) template.HTML { return v.Text(p.Body) }},
		{Key: "col.node", Kind: portal.Codes, Cell: func(_ *portal.Visit, p PeerState) template.HTML { return portal.Escaped(p.Node) }},
		{Key: "col.state", Cell: func(v *portal.Visit, p PeerState) template.HTML {
			switch {
			case p.Failing:
				return portal.Tag(v.Say("peer.failing"), false)
			case p.State != "":
				return portal.Tag(v.Say("peer."+p.State), false)
			}
			return portal.Tag(v.Say("peer.serves"), true)
		}},
		{Key: "col.half", Kind: portal.Figures, Cell: func(v *portal.Visit, p PeerState) template.HTML {
			if p.Took == 0 {
				return ""
			}
			return portal.Escaped(v.Took(p.Took))
		}},
	}}
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
