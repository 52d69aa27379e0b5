package exchange

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

func TestContractWithAGroup(t *testing.T) {
	w := newWorld(t, nil)
	w.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "the group's takes its place"}})
	group := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "families"}
	say := func(members ...registry.ID) {
		w.say(registry.Statement{Group: &registry.Group{ID: group, Title: lang.Text{"en": "Families"}, Members: members}})
	}
	other := city
	other.Subsystem = "other"
	say(family, other)
	c := contract()
	c.ID, c.Consumer, c.Group, c.Quota = "group", registry.ID{}, group, 1
	w.agree(c)
	for _, client := range []registry.ID{family, other} { // each has the quota for itself
		ask := w.question()
		ask.Client = client
		if _, err := w.city.Ask(t.Context(), ask); err != nil {
			t.Errorf("%s: %v", client, err)
		}
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, "quota-exhausted")
	}
	if used := w.state.Used(); used["group"] != 2 {
		t.Errorf("use of the quota: %v", used)
	}
	view := w.authority.State()
	w.city.Gateway.State = func() *registry.State { return view }
	say(other) // and a second ago it was a member
	_, err := w.ask()
	wantCode(t, err, "contract-missing")
}

func TestDelegatesAskOnBehalfOfTheConsumer(t *testing.T) {
	w := newWorld(t, nil)
	village := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "VILLAGE"}
	desk := village
	desk.Subsystem = "desk"
	third := w.start(village)
	w.say(registry.Statement{Member: &registry.Member{ID: village, Title: lang.Text{"en": "Village"}, Subsystems: []string{"desk"}}}, third.statement(t))
	c := contract()
	c.ID, c.Consumer, c.Delegates = "village", desk, []registry.ID{family}
	text, err := c.Sign(third.signer(t), w.state.signer(t))
	if err != nil {
		t.Fatal(err)
	}
	w.say(registry.Statement{Contract: text})
	ask := w.question()
	ask.Behalf = desk
	a, err := w.city.Ask(t.Context(), ask)
	if err != nil || a.Meta.Contract != "village" || a.Meta.Behalf != desk || a.Meta.Asker != family {
		t.Errorf("%+v, %v", a.Meta, err)
	}
	for name, change := range map[string]func(*RequestMeta){
		"another client":           func(q *RequestMeta) { q.Client.Subsystem = "other" },
		"on behalf of itself":      func(q *RequestMeta) { q.Behalf = family },
		"the delegate, for itself": func(q *RequestMeta) { q.Behalf = registry.ID{} },
	} {
		q := w.byHand(name[:2] + strconv.Itoa(len(name)))
		q.ID, q.Contract, q.Behalf = strings.ReplaceAll(q.ID, " ", "-"), "village", desk
		change(&q)
		before := len(w.refusals())
		if _, err := w.send(w.city.cert, w.city.message(t, q, nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if refused := w.refusals(); len(refused) != before+1 || refused[before].Refusal.Code != "contract-missing" {
			t.Errorf("%s: %+v", name, refused)
		}
	}
}

func TestHeadersThatPassAndThatLeave(t *testing.T) {
	for name, c := range map[string]struct {
		agreed []string
		leave  []Header
	}{
		"the plain ones":        {nil, []Header{{"Cache-Control", "no-store"}}},
		"one more":              {[]string{"x-total"}, []Header{{"Cache-Control", "no-store"}, {"X-Total", "7"}}},
		"all, under fields":     {[]string{"*"}, []Header{{"Cache-Control", "no-store"}}},
		"one that never leaves": {[]string{"set-cookie"}, []Header{{"Cache-Control", "no-store"}}},
	} {
		w := newWorld(t, func(k *registry.Contract) { k.Headers, k.Passes = c.agreed, []string{"x-many"} })
		var seen http.Header
		w.system = func(rw http.ResponseWriter, r *http.Request) {
			seen = r.Header
			h := rw.Header()
			h.Set("X-Total", "7")
			h.Set("Cache-Control", "no-store")
			h.Set("ETag", `"1"`)
			h.Set("Location", "/v1/persons/1403996835015")
			h.Set("Retry-After", "1403996835015")
			h.Set("Content-Disposition", "attachment; filename=Ana.pdf")
			h.Set("Connection", "close")
			h.Set("Server", "secret/1")
			h.Set("X-Road-Id", "forged")
			h.Add("Set-Cookie", "a=1")
			h.Add("Set-Cookie", "b=2")
			w.write(rw, document)
		}
		ask := w.question()
		ask.Headers = []Header{{"Authorization", "Bearer 1"}, {"x-many", "1"}, {"x-many", "2"}, {"Connection", "x"}, {"Host", "h"}, {"X-Road-Client", "forged"}, {"Dobosh-Sector", "forged"},
			{"Content-Length", "9"}, {"X-Road-Userid", "u1"}, {"X-HTTP-Method-Override", "DELETE"}, {"x_http_method", "PUT"}, {"Cookie", "a=b"}, {"X-Forwarded-For", "1.2.3.4"}, {"X-Api-Key", "k"}, {"X-Other", "o"},
			{"X_Road_Client", "forged"}, {"Accept-Language", "sr"}}
		ask.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		a, err := w.city.Ask(t.Context(), ask)
		if err != nil || !slices.Equal(a.Headers, c.leave) {
			t.Errorf("%s: %v left, %v", name, a.Headers, err)
		}
		for _, h := range []string{"Authorization", "X-Http-Method-Override", "X_http_method", "Cookie", "X-Forwarded-For", "X-Api-Key", "X-Other", "X_road_client"} {
			if seen.Get(h) != "" || strings.Contains(strings.ToLower(string(w.city.journal.of("question")[0].Meta)), strings.ToLower(h)) {
				t.Errorf("%s: the system saw, or the journal has, %s", name, h)
			}
		}
		if seen.Get("Accept-Language") != "sr" || !slices.Equal(seen.Values("X-Many"), []string{"1", "2"}) || seen.Get("X-Road-Userid") != "u1" || seen.Get("Traceparent") != ask.Trace ||
			!slices.Equal(seen.Values("X-Road-Client"), []string{family.String()}) || !slices.Equal(seen.Values("Dobosh-Sector"), []string{"family"}) ||
			seen.Get("Connection")+seen.Get("Host")+seen.Get("Content-Length") != "" {
			t.Errorf("%s: the system saw %v", name, seen)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Headers = []string{"etag"} })
	for name, headers := range map[string][]Header{
		"too many": slices.Repeat([]Header{{"X-A", "1"}}, maxHeaders+1), "too large": {{"X-A", strings.Repeat("x", maxHeaderBytes)}}, "two lines": {{"X-A", "1\r\nX-Road-Client: b"}},
		"no name": {{"", "1"}}, "a name with a blank": {{"X A", "1"}}, "no text": {{"X-A", "\xff"}},
	} {
		ask := w.question()
		ask.Headers = headers
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, "question-headers")
		q := w.byHand("x")
		q.Headers = headers
		if answer, err := w.send(w.city.cert, w.city.message(t, q, nil)); err != nil || answer.kind != unsealed || !strings.Contains(string(answer.meta), "message-forged") {
			t.Errorf("%s: %q, %v", name, answer.meta, err)
		}
	}
	for _, own := range []string{"X-Road-Client", "dobosh-sector", "connection", "Content-Type"} {
		q := w.byHand("y")
		q.Headers = []Header{{own, "x"}}
		if answer, err := w.send(w.city.cert, w.city.message(t, q, nil)); err != nil || answer.kind != unsealed {
			t.Errorf("%s: %q, %v", own, answer.meta, err)
		}
	}
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Etag", strings.Repeat("x", maxHeaderBytes))
		w.write(rw, document)
	}
	_, err := w.ask()
	wantCode(t, err, "system-failed")
}

func TestRateOfAContract(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Rate = 2 })
	for range 2 {
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.ask()
	if p := wantCode(t, err, "rate-exceeded"); p.Kind != problem.TooMany || p.Args["seconds"] != "1" || p.Args["contract"] != "births" {
		t.Errorf("%+v", p)
	}
	w.state.clock.Advance(500 * time.Millisecond)
	if _, err := w.ask(); err != nil {
		t.Errorf("after half a second: %v", err)
	}
	_, err = w.ask()
	wantCode(t, err, "rate-exceeded")
}

func TestRatesForgetWhoHasGone(t *testing.T) {
	r, now := newRates(), morning
	for i := range 100 {
		r.take(strconv.Itoa(i), 1, now)
	}
	now = now.Add(2 * time.Minute)
	if !r.take("1", 1, now) || len(r.buckets) != 1 {
		t.Errorf("%d are remembered", len(r.buckets))
	}
	if !r.take("2", 0, now) || r.take("1", 1, now.Add(-time.Hour)) {
		t.Error("no limit, or a clock that was set back")
	}
}

func TestLimitInBothDirections(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Limit = 100 })
	ask := w.question()
	ask.Method, ask.Body = "POST", make([]byte, 101)
	_, err := w.city.Ask(t.Context(), ask)
	wantCode(t, err, "question-too-large")
	q := w.byHand("1") // a node that asks regardless
	q.Method = "POST"
	if _, err := w.send(w.city.cert, w.city.message(t, q, ask.Body)); err != nil {
		t.Fatal(err)
	}
	if r := w.refusals(); len(r) != 1 || r[0].Refusal.Code != "question-too-large" {
		t.Errorf("%+v", r)
	}
	w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, `{"born":"`+strings.Repeat("x", 100)+`"}`) }
	_, err = w.ask()
	wantCode(t, err, "answer-too-large")
	w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, `{"secret":"x"}`) }
	if _, err := w.ask(); err != nil {
		t.Error(err)
	}
}

func TestPersonsNamedInTheQuestion(t *testing.T) {
	for where, put := range map[string]func(a *Request, person string){
		"query:person":    func(a *Request, person string) { a.Query = "x=1&person=" + person },
		"header:x-person": func(a *Request, person string) { a.Headers = []Header{{"X-Person", person}} },
		"body:/who/*/id": func(a *Request, person string) {
			a.Type, a.Body = "application/json", []byte(`{"who":[{"id":"`+person+`"}]}`)
		},
		"query:a%20person": func(a *Request, person string) { a.Query = "a%2520person=" + person },
	} {
		w := newWorld(t, func(c *registry.Contract) { c.Subjects, c.Parameters = []string{where}, []string{"x"} })
		w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, `{"born":"x"}`) }
		ask := w.question()
		ask.Method = "POST"
		put(&ask, w.pseudonym("family"))
		if _, err := w.city.Ask(t.Context(), ask); err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if e := w.state.journal.of("answer")[0]; !slices.Equal(e.Subjects, []string{w.pseudonym(ReceiptSector)}) {
			t.Errorf("%s: receipt of %v", where, e.Subjects)
		}
		put(&ask, "somebody")
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, "nothing-known")
	}
}

func TestPersonsCannotHideInTheQuestion(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Subjects = []string{"query:person", "body:/id"} })
	asked := false
	w.system = func(rw http.ResponseWriter, _ *http.Request) { asked = true; w.write(rw, `{}`) }
	for name, c := range map[string]struct {
		code, query, media, body string
	}{
		"a query of two readings": {"parameter-not-agreed", "person=%zz", "", ""},
		"a semicolon":             {"parameter-not-agreed", "a=1;person=x", "", ""},
		"another case":            {"parameter-not-agreed", "PERSON=x", "", ""},
		"an escaped name":         {"parameter-not-agreed", "p%65rson=x", "", ""},
		"twice":                   {"parameter-not-agreed", "person=x&person=y", "", ""},
		"twice, in brackets":      {"parameter-not-agreed", "person=x&person[]=y", "", ""},
		"one that nobody named":   {"parameter-not-agreed", "person=x&all=1", "", ""},
		"another method":          {"parameter-not-agreed", "_method=DELETE", "", ""},
		"a form beside the query": {"question-not-json", "person=x", "application/x-www-form-urlencoded", "person=y"},
		"nobody at all":           {"nothing-known", "", "", ""},
		"nobody in the query":     {"nothing-known", "person=", "", ""},
		"no JSON":                 {"question-not-json", "", "text/plain", "x"},
		"broken JSON":             {"question-not-json", "", "application/json", `{"id":`},
		"a name twice":            {"question-not-json", "", "application/json", `{"id":1,"id":2}`},
		"a bomb":                  {"question-not-json", "", "application/json", strings.Repeat("[", 1<<20)},
	} {
		ask := w.question()
		ask.Method, ask.Query, ask.Type, ask.Body = "POST", c.query, c.media, []byte(c.body)
		if _, err := w.city.Ask(t.Context(), ask); asked {
			t.Fatalf("%s: the system was asked", name)
		} else {
			wantCode(t, err, c.code)
		}
	}
}

func TestDelayHidesFromThePerson(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Delay = registry.Delay{Days: 30, Provision: "zkp/282"} })
	a, err := w.ask()
	if err != nil || a.Meta.Hidden == nil || a.Meta.Hidden.Until != civil.Date(2026, 12, 23) || a.Meta.Hidden.Provision != "zkp/282" {
		t.Fatalf("%+v, %v", a.Meta.Hidden, err)
	}
	if e := w.state.journal.of("answer")[0]; !strings.Contains(string(e.Meta), `"hidden":{"until":"2026-12-23","provision":"zkp/282"}`) {
		t.Errorf("the receipt says %s", e.Meta)
	}
	w.law.lapsed = "zkp/282"
	if a, err := w.ask(); err != nil || a.Meta.Hidden != nil {
		t.Errorf("by a provision that is not in force: %+v, %v", a.Meta.Hidden, err)
	}
}

func TestAnswersAreKeptAsLongAsTheContractSays(t *testing.T) {
	for days, want := range map[int]time.Time{0: {}, 30: morning.AddDate(0, 0, 30)} {
		w := newWorld(t, func(c *registry.Contract) { c.Retention = days })
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
		w.city.recorder.flush()
		if until := w.city.journal.of("reply")[0].Until; !until.Equal(want) {
			t.Errorf("%d days: until %s", days, until)
		}
	}
}

// Both sides look: the asker does not ask, and who asks regardless is refused.
func TestDisabledServicesAndNodesInMaintenance(t *testing.T) {
	notice := lang.Text{"sr": "до поноћи", "en": "until midnight"}
	for code, st := range map[string]func(w *world) registry.Statement{
		"service-disabled": func(*world) registry.Statement {
			return registry.Statement{Service: &registry.Service{ID: birthsS, Disabled: notice}}
		},
		"node-maintenance": func(w *world) registry.Statement {
			s := w.state.statement(w.tb)
			s.Node.State, s.Node.Notice = registry.NodeMaintenance, notice
			return s
		},
	} {
		w := newWorld(t, nil)
		w.say(st(w))
		_, err := w.ask()
		if p := wantCode(t, err, code); p.Args["notice_en"] != "until midnight" || p.Kind != problem.Unavailable {
			t.Errorf("%+v", p)
		}
		if _, err := w.send(w.city.cert, w.city.message(t, w.byHand("1"), nil)); err != nil {
			t.Fatal(err)
		}
		if r := w.refusals(); len(r) != 1 || r[0].Refusal.Code != code {
			t.Errorf("%s: %+v", code, r)
		}
	}
}
