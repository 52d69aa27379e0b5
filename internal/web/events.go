package web

import (
	"context"
	"net/url"

	"dobosh/internal/act"
	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

// Events are what operators and auditors see of events, and what operators do
// about them; [events.Room] is one.
type Events interface {
	Watch(ctx context.Context, by act.Actor) (events.Overview, error)
	WatchOne(ctx context.Context, by act.Actor, id string) (events.Subscription, error)
	WatchDead(ctx context.Context, by act.Actor, id string, after page.Key) (page.Page[events.Dead], error)
	StartFor(ctx context.Context, by act.Actor, id string) error
	RetryDeadFor(ctx context.Context, by act.Actor, id, event string) error
	DropDeadFor(ctx context.Context, by act.Actor, id, event string) error
}

func (p *pages) eventRoutes() {
	p.signedIn("GET /desk/events", p.events)
	p.signedIn("GET /desk/events/{id}", p.subscription)
	p.signedIn("POST /desk/events/{id}/start", p.startSubscription)
	p.signedIn("POST /desk/events/{id}/letters/retry", p.retryLetter)
	p.signedIn("POST /desk/events/{id}/letters/{letter}/retry", p.retryLetter)
	p.signedIn("GET /desk/events/{id}/letters/{letter}/drop", p.askDropLetter)
	p.signedIn("POST /desk/events/{id}/letters/{letter}/drop", p.dropLetter)
}

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
func (p *pages) events(v *visit) error {
	o, err := p.Events.Watch(v.R.Context(), v.Actor)
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
	return v.Show("desk-events", v.Say("events.title"), view)
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
func (p *pages) subscription(v *visit) error {
	s, err := p.Events.WatchOne(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	found, err := p.Events.WatchDead(v.R.Context(), v.Actor, s.ID, v.After())
	if err != nil {
		return err
	}
	view := lettersView{subscriptionView: v.subscriptionView(s), Next: v.More(found.Next)}
	for _, d := range found.Items {
		one := letterView{Dead: d, Path: view.Path + "/letters/" + url.PathEscape(d.ID), Acts: view.Acts}
		one.Says, _ = v.codeSays(d.Reason)
		view.Letters = append(view.Letters, one)
	}
	return v.Show("desk-subscription", v.Say("subscription.title"), view)
}

func (v *visit) subscriptionPath() string {
	return "/desk/events/" + url.PathEscape(v.R.PathValue("id"))
}

func (p *pages) startSubscription(v *visit) error {
	v.Here = v.subscriptionPath()
	if err := p.Events.StartFor(v.R.Context(), v.Actor, v.R.PathValue("id")); err != nil {
		return err
	}
	return v.To(v.Here)
}

// retryLetter tries one dead letter again, or all where the address names none.
func (p *pages) retryLetter(v *visit) error {
	v.Here = v.subscriptionPath()
	if err := p.Events.RetryDeadFor(v.R.Context(), v.Actor, v.R.PathValue("id"), v.R.PathValue("letter")); err != nil {
		return err
	}
	return v.To(v.Here)
}

func (p *pages) askDropLetter(v *visit) error {
	back := v.subscriptionPath()
	return v.Ask(portal.Question{
		Title: v.Say("letter.drop"), Lead: []string{v.Say("letter.drop-lead")}, Action: back + "/letters/" + url.PathEscape(v.R.PathValue("letter")) + "/drop",
		Button: v.Say("letter.drop-button"), Links: []portal.Link{{URL: back, Text: v.Say("letter.back")}},
	})
}

func (p *pages) dropLetter(v *visit) error {
	v.Here = v.subscriptionPath()
	if err := p.Events.DropDeadFor(v.R.Context(), v.Actor, v.R.PathValue("id"), v.R.PathValue("letter")); err != nil {
		return err
	}
	return v.To(v.Here)
}
