package pages

import (
	"net/url"

	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

type eventsView struct {
	Well          bool // nothing waits for anybody, and nothing is missing
	Alarms        []eventAlarm
	Subscriptions []subscriptionView
	Followed      []followedView
	Holes         []events.Hole
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
	view := eventsView{Holes: o.Holes, Well: len(o.Holes) == 0}
	for _, s := range o.Subscriptions {
		one := v.subscriptionView(s)
		view.Subscriptions = append(view.Subscriptions, one)
		view.Alarms = append(view.Alarms, v.subscriptionAlarms(one)...)
		view.Well = view.Well && one.Fault == "" && len(view.Alarms) == 0
	}
	for _, f := range o.Followed {
		one := followedView{Followed: f, Body: v.Conditions.Title(f.Provider.Owner())}
		if f.Fault != "" {
			one.Says, one.Do = v.codeSays(f.Fault)
			view.Well = false
		}
		view.Followed = append(view.Followed, one)
	}
	return v.Show("events", v.Say("events.title"), view)
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
