package pages

import (
	"html/template"
	"net/url"

	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

type eventsView struct {
	Well          bool // nothing waits for anybody, and nothing is missing
	Alarms        []eventAlarm
	Subscriptions template.HTML
	Followed      template.HTML
	Holes         template.HTML
	Missing       bool // there are holes
}

// eventAlarm is an alarm about a subscription.
type eventAlarm struct {
	alarm
	System, Path string
}

type subscriptionView struct {
	events.Subscription
	Path string
	Host string // to which its events are sent; empty when they are fetched
	Says string // what is wrong
	Do   string
	Acts bool // the reader may change it
}

type followedView struct {
	events.Followed
	Body lang.Text
	Says string
	Do   string
}

// events is how events come and go: what somebody should see to first, then who
// reads how far, what is followed, and what is missing.
func (v *visit) events() error {
	o, err := v.Events.Watch(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := eventsView{Missing: len(o.Holes) > 0, Well: len(o.Holes) == 0}
	var subscriptions []subscriptionView
	for _, s := range o.Subscriptions {
		one := v.subscriptionView(s)
		subscriptions = append(subscriptions, one)
		view.Alarms = append(view.Alarms, v.subscriptionAlarms(one)...)
		view.Well = view.Well && one.Fault == "" && len(view.Alarms) == 0
	}
	var followed []followedView
	for _, f := range o.Followed {
		one := followedView{Followed: f, Body: v.Conditions.Title(f.Provider.Owner())}
		if f.Fault != "" {
			one.Says, one.Do = v.codeSays(f.Fault)
			view.Well = false
		}
		followed = append(followed, one)
	}
	if view.Subscriptions, err = subscriptionTable().Show(v.Visit, subscriptions); err != nil {
		return err
	}
	if view.Followed, err = followedTable().Show(v.Visit, followed); err != nil {
		return err
	}
	if view.Holes, err = holeTable().Show(v.Visit, o.Holes); err != nil {
		return err
	}
	return v.Show("events", v.Say("events.title"), view)
}

func subscriptionTable() portal.Table[subscriptionView] {
	type one = subscriptionView
	return portal.Table[one]{Caption: "events.subscriptions", Headed: true, Empty: "events.no-subscriptions", Columns: []portal.Column[one]{
		{Key: "col.system", Cell: func(v *portal.Visit, s one) template.HTML {
			return portal.Anchor(s.Path, v.Code(s.System)) + portal.CodeUnder(s.Subsystem.String())
		}},
		{Key: "col.how", Cell: func(v *portal.Visit, s one) template.HTML {
			if s.Host == "" {
				return portal.Escaped(v.Say("events.fetched"))
			}
			return portal.Escaped(v.Say("events.sent")) + portal.CodeUnder(s.Host)
		}},
		{Key: "col.state", Cell: func(v *portal.Visit, s one) (state template.HTML) {
			switch {
			case s.State == events.Stopped:
				state = portal.Tag(v.Say("events.state-stopped"), false)
			case s.Says != "":
				state = portal.Tag(v.Say("events.state-retries"), false)
			default:
				state = portal.Tag(v.Say("events.state-active"), true)
			}
			if s.Says != "" {
				state += portal.Under(portal.Escaped(s.Says))
			}
			return state
		}},
		{Key: "col.behind", Kind: portal.Figures, Cell: func(v *portal.Visit, s one) template.HTML {
			behind := portal.Escaped(v.Number(s.Behind))
			if !s.Waits.IsZero() {
				behind += portal.Under(portal.Escaped(v.Say("events.since", "instant", v.Instant(s.Waits))))
			}
			return behind
		}},
		{Key: "col.delivered", Kind: portal.Figures, Cell: func(v *portal.Visit, s one) template.HTML { return portal.Escaped(v.Number(s.Delivered)) }},
		{Key: "col.letters", Kind: portal.Figures, Cell: func(v *portal.Visit, s one) template.HTML { return portal.Escaped(v.Number(s.Dead)) }},
	}}
}

func followedTable() portal.Table[followedView] {
	type one = followedView
	return portal.Table[one]{Caption: "events.followed", Headed: true, Empty: "events.no-followed", Columns: []portal.Column[one]{
		{Key: "col.contract", Kind: portal.Codes, Cell: func(_ *portal.Visit, f one) template.HTML { return portal.Escaped(f.Contract) }},
		{Key: "col.from-body", Cell: func(v *portal.Visit, f one) template.HTML { return v.Both(f.Body, f.Node) }},
		{Key: "col.state", Cell: func(v *portal.Visit, f one) template.HTML {
			if f.Says == "" {
				return portal.Tag(v.Say("events.state-follows"), true)
			}
			state := portal.Tag(v.Say("events.state-waits"), false) + portal.Under(portal.Escaped(f.Says)) +
				portal.Under(portal.Escaped(v.Say("events.since", "instant", v.Instant(f.FaultAt))))
			if f.Do != "" {
				state += portal.Under(portal.Escaped(f.Do))
			}
			return state
		}},
		{Key: "col.stream-place", Kind: portal.Figures, Cell: func(v *portal.Visit, f one) template.HTML { return portal.Escaped(v.Number(f.Number)) }},
		{Key: "col.taken", Kind: portal.Figures, Cell: func(v *portal.Visit, f one) template.HTML { return portal.Escaped(v.Number(f.Taken)) }},
		{Key: "col.last", Kind: portal.When, Cell: func(v *portal.Visit, f one) template.HTML {
			if f.TakenAt.IsZero() {
				return portal.Escaped(v.Say("logs.never"))
			}
			return portal.Escaped(v.Instant(f.TakenAt))
		}},
	}}
}

func holeTable() portal.Table[events.Hole] {
	type hole = events.Hole
	return portal.Table[hole]{Caption: "events.holes", Headed: true, Empty: "events.no-holes", Columns: []portal.Column[hole]{
		{Key: "col.reader", Cell: func(v *portal.Visit, h hole) template.HTML {
			kind, reader := v.Say("events.hole-subscription"), h.Reader
			if h.Kind == "contract" {
				kind = v.Say("events.hole-contract")
			}
			if h.Node != "" {
				reader += " · " + h.Node
			}
			return portal.Escaped(kind) + portal.CodeUnder(reader)
		}},
		{Key: "col.noticed", Kind: portal.When, Cell: func(v *portal.Visit, h hole) template.HTML { return portal.Escaped(v.Instant(h.Noticed)) }},
		{Key: "col.available", Kind: portal.When, Cell: func(v *portal.Visit, h hole) template.HTML { return portal.Escaped(v.Instant(h.Available)) }},
	}}
}

func (v *visit) subscriptionView(s events.Subscription) subscriptionView {
	view := subscriptionView{Subscription: s, Path: "/desk/events/" + url.PathEscape(s.ID), Acts: events.RightToOperate().Lets(v.Actor)}
	if u, err := url.Parse(s.Webhook); err == nil {
		view.Host = u.Host
	}
	if s.Fault != "" {
		view.Says, view.Do = v.codeSays(s.Fault)
	}
	return view
}

// subscriptionAlarms says what of a subscription waits for a person.
func (v *visit) subscriptionAlarms(s subscriptionView) (list []eventAlarm) {
	add := func(is bool, says, do string) {
		if is {
			list = append(list, eventAlarm{alarm{says, do}, s.System, s.Path})
		}
	}
	add(s.State == events.Stopped, v.Say("events.stopped"), v.Say("events.stopped-do"))
	add(s.Dead > 0, v.Say("events.letters-wait", "n", s.Dead), v.Say("events.letters-do"))
	return list
}

type lettersView struct {
	subscriptionView
	Letters []letterView
	Next    string
}

type letterView struct {
	events.Dead
	Path string
	Acts bool
	Says string
}

// subscription is one subscription with its dead letters.
func (v *visit) subscription() error {
	s, err := v.Events.WatchOne(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	found, err := v.Events.WatchDead(v.R.Context(), v.Actor, s.ID, v.After())
	if err != nil {
		return err
	}
	view := lettersView{subscriptionView: v.subscriptionView(s), Next: v.More(found.Next)}
	for _, d := range found.Items {
		one := letterView{Dead: d, Path: view.Path + "/letters/" + url.PathEscape(d.ID), Acts: view.Acts}
		one.Says, _ = v.codeSays(d.Reason)
		view.Letters = append(view.Letters, one)
	}
	return v.Show("subscription", v.Say("subscription.title"), view)
}

func (v *visit) subscriptionPath() string {
	return "/desk/events/" + url.PathEscape(v.R.PathValue("id"))
}

func (v *visit) startSubscription() error {
	v.Here = v.subscriptionPath()
	if err := v.Events.StartFor(v.R.Context(), v.Actor, v.R.PathValue("id")); err != nil {
		return err
	}
	return v.To(v.Here)
}

// retryLetter tries one dead letter again, or all where the address names none.
func (v *visit) retryLetter() error {
	v.Here = v.subscriptionPath()
	if err := v.Events.RetryDeadFor(v.R.Context(), v.Actor, v.R.PathValue("id"), v.R.PathValue("letter")); err != nil {
		return err
	}
	return v.To(v.Here)
}

func (v *visit) askDropLetter() error {
	back := v.subscriptionPath()
	return v.Ask(portal.Question{
		Title: v.Say("letter.drop"), Lead: []string{v.Say("letter.drop-lead")}, Action: back + "/letters/" + url.PathEscape(v.R.PathValue("letter")) + "/drop",
		Button: v.Say("letter.drop-button"), Links: []portal.Link{{URL: back, Text: v.Say("letter.back")}},
	})
}

func (v *visit) dropLetter() error {
	v.Here = v.subscriptionPath()
	if err := v.Events.DropDeadFor(v.R.Context(), v.Actor, v.R.PathValue("id"), v.R.PathValue("letter")); err != nil {
		return err
	}
	return v.To(v.Here)
}
