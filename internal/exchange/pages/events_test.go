package pages_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/exchange/events"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/testkit/pages"
)

// stream is a node whose events operators and auditors look at.
type stream struct {
	empty bool
	did   []string
}

func (s *stream) Watch(context.Context, act.Actor) (events.Overview, error) {
	if s.empty {
		return events.Overview{}, nil
	}
	provider := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "REGISTERS", Subsystem: "civil"}
	return events.Overview{
		Subscriptions: []events.Subscription{subscribed("well"), subscribed("ill"), subscribed("gone")},
		Followed: []events.Followed{
			{Contract: "family-births", Provider: provider, Node: "one", Number: 12_345, Taken: 345, TakenAt: pages.Now},
			{Contract: "deaths", Provider: provider, Node: "one", Fault: "node-away", FaultAt: pages.Now},
		},
		Holes: []events.Hole{{Kind: "contract", Reader: "family-births", Node: "one", Available: pages.Now, Noticed: pages.Now}, {Kind: "subscription", Reader: "01k9", Available: pages.Now, Noticed: pages.Now}},
	}, nil
}

func subscribed(id string) events.Subscription {
	s := events.Subscription{
		ID: id, System: "pisarnica", Subsystem: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"},
		State: events.Active, Created: pages.Now, Delivered: 1234, DeliveredAt: pages.Now,
	}
	switch id {
	case "ill":
		s.Webhook, s.Fault, s.FaultAt, s.Attempts, s.RetryAt = "https://erp.example:8443/hook?key=secret", "webhook-refused", pages.Now, 3, pages.Now.Add(time.Hour)
		s.Behind, s.Waits, s.Dead = 77, pages.Now, 2
	case "gone":
		s.Webhook, s.Fault, s.FaultAt, s.State = "https://old.example/hook", "webhook-gone", pages.Now, events.Stopped
	}
	return s
}

func (s *stream) WatchOne(_ context.Context, _ act.Actor, id string) (events.Subscription, error) {
	if id == "none" {
		return events.Subscription{}, problem.New(problem.NotFound, "subscription-unknown")
	}
	return subscribed(id), nil
}

func (s *stream) WatchDead(_ context.Context, _ act.Actor, id string, _ page.Key) (page.Page[events.Dead], error) {
	if id != "ill" {
		return page.Page[events.Dead]{}, nil
	}
	e := bus.Event{ID: "e-17", Source: "RS-TEST/GOV/REGISTERS/civil", Type: "rs.births.registered"}
	return page.Page[events.Dead]{Next: page.KeyOf("7"), Items: []events.Dead{
		{Subscription: id, ID: "evt_17", Event: e, Reason: "webhook-refused", Attempts: 20, At: pages.Now}, {Subscription: id, ID: "evt_18", Event: e, Reason: "webhook-away", Attempts: 20, At: pages.Now, Due: true},
	}}, nil
}

func (s *stream) StartFor(_ context.Context, _ act.Actor, id string) error {
	s.did = append(s.did, "start "+id)
	return nil
}

func (s *stream) RetryDeadFor(_ context.Context, _ act.Actor, id, event string) error {
	s.did = append(s.did, "retry "+id+" "+event)
	return nil
}

func (s *stream) DropDeadFor(_ context.Context, _ act.Actor, id, event string) error {
	s.did = append(s.did, "drop "+id+" "+event)
	return nil
}

func eventful(s *stream) exchangepages.Deps {
	d := watching(&watched{})
	d.Events = s
	return d
}

func TestEventPagesInEveryLanguage(t *testing.T) {
	full, empty := open(t, eventful(&stream{})), open(t, eventful(&stream{empty: true}))
	for _, e := range []expected{
		{"operator", "/desk/events", 200}, {"auditor", "/desk/events", 200}, {"operator", "/desk/events/well", 200}, {"operator", "/desk/events/ill", 200},
		{"auditor", "/desk/events/ill", 200}, {"operator", "/desk/events/gone", 200}, {"operator", "/desk/events/none", 404}, {"operator", "/desk/events/ill/letters/evt_17/drop", 200}, {"", "/desk/events", 401},
	} {
		for _, tag := range lang.Tags() {
			for _, h := range []http.Handler{full, empty} {
				w := pages.Request{Who: e.Who, Path: e.Path, Tag: tag}.To(h)
				if w.Code != e.Status {
					t.Fatalf("%s %s: status %d, want %d", tag, e.Path, w.Code, e.Status)
				}
				pages.Check(t, w.Body.String(), tag)
			}
		}
	}
}

func TestAnOperatorSeesWhatWasNotDelivered(t *testing.T) {
	h := open(t, eventful(&stream{}))
	overview := pages.Request{Who: "operator", Path: "/desk/events", Tag: lang.En}.To(h).Body.String()
	for _, want := range []string{"2 things need your attention", "2 events were not accepted", "Nothing is sent any more", "12,345", "erp.example:8443", "The webhook refused", "What is missing", "family-births"} {
		if !strings.Contains(overview, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	one := pages.Request{Who: "operator", Path: "/desk/events/ill", Tag: lang.En}.To(h).Body.String()
	for _, want := range []string{"Try all again", "It is being tried again", "letters/evt_17/retry", "Next attempt", "Ask the owner"} {
		if !strings.Contains(one, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(overview+one, "key=secret") {
		t.Error("the page shows the whole address of a webhook")
	}
	if auditor := (pages.Request{Who: "auditor", Path: "/desk/events/ill", Tag: lang.En}).To(h).Body.String(); strings.Contains(auditor, "<form method=\"post\" action=\"/desk/events") {
		t.Error("an auditor is offered to change something")
	}
}

func TestWhatAnOperatorDoesReachesTheRoom(t *testing.T) {
	s := &stream{}
	h := open(t, eventful(s))
	for _, path := range []string{"/start", "/letters/retry", "/letters/evt_17/retry", "/letters/evt_17/drop"} {
		if w := (pages.Request{Who: "operator", Path: "/desk/events/ill" + path, Tag: lang.En, Form: url.Values{}}).To(h); w.Code != 303 || w.Header().Get("Location") != "/desk/events/ill" {
			t.Errorf("%s: status %d, to %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	if got := strings.Join(s.did, ", "); got != "start ill, retry ill , retry ill evt_17, drop ill evt_17" {
		t.Errorf("did %s", got)
	}
}
