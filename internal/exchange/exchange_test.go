package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"
)

func TestAskedAndAnswered(t *testing.T) {
	w := newWorld(t, nil)
	var seen *http.Request
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		seen = r
		w.write(rw, document)
	}
	ask := w.question()
	ask.Path, ask.Query, ask.Accept = "/v1/births/b%C4%87;x", "as=of&x=%2F", "application/json"
	answer, err := w.city.Ask(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"born":"2026-11-01","mother":{"name":"Ана","salary":123456789012345678901234567890}}`; string(answer.Body) != want {
		t.Errorf("left: %s", answer.Body)
	}
	if r := answer.Meta; r.Act != ActRead || r.Status != 200 || r.Asker != family || r.Holder != birthsS || r.Purpose != "family-support" || r.Provision != "zfpp/48" ||
		r.Matter != "case-1" || r.Role != RoleRule || !slices.Equal(r.Fields, []string{"/born", "/mother/name", "/mother/salary"}) {
		t.Errorf("reply: %+v", r)
	}
	if seen.Method != "GET" || seen.RequestURI != "/v1/births/b%C4%87;x?as=of&x=%2F" || seen.URL.Path != "/v1/births/bć;x" || seen.Header.Get(clientHeader) != family.String() ||
		seen.Header.Get(SectorHeader) != "family" || seen.Header.Get("Accept") != "application/json" || seen.Header.Get(idHeader) != answer.Meta.ID {
		t.Errorf("the system saw %s %s %v", seen.Method, seen.RequestURI, seen.Header)
	}
}

// Every message is in its sender's log before it leaves, and what is recorded on
// both sides is the same.
func TestEveryMessageIsProved(t *testing.T) {
	w := newWorld(t, nil)
	order := []string{}
	w.state.front = func(question envelope, next func(envelope) envelope) envelope {
		order = append(order, "question arrives")
		if len(w.city.journal.of("question")) != 1 {
			t.Error("the question left before it was in the asker's log")
		}
		answer := next(question)
		if len(w.state.journal.of("asked")) != 1 || len(w.state.journal.of("answer")) != 1 {
			t.Error("the answer left before question and answer were in the provider's log")
		}
		order = append(order, "answer leaves")
		return answer
	}
	answer, err := w.ask()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, []string{"question arrives", "answer leaves"}) {
		t.Fatal(order)
	}
	w.city.recorder.flush()
	question, asked := w.city.journal.of("question")[0], w.state.journal.of("asked")[0]
	reply, given := w.city.journal.of("reply")[0], w.state.journal.of("answer")[0]
	if string(question.Meta) != string(asked.Meta) || string(reply.Meta) != string(given.Meta) || string(reply.Body) != string(given.Body) || question.ID != given.ID {
		t.Error("the two sides recorded different messages")
	}
	if answer.Origin != "RS-TEST/GOV/STATE/n1" {
		t.Errorf("origin %q", answer.Origin)
	}
	entry, stamp, err := w.state.journal.Read(t.Context(), answer.Index)
	if err != nil || entry.Kind != "answer" {
		t.Fatal(entry.Kind, err)
	}
	if err := journal.Verify(stamp, sha256.Sum256(reply.Meta), sha256.Sum256(reply.Body), w.state.journal.Key()); err != nil {
		t.Errorf("what the asker holds is not in the provider's log: %v", err)
	}
	_, stamp, err = w.city.journal.Read(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if leaf(stamp, sha256.Sum256(question.Meta), sha256.Sum256(question.Body)) != answer.Meta.Request {
		t.Error("the answer does not name the leaf of its question")
	}
}

func TestPersonsConcernedHaveAReceipt(t *testing.T) {
	subject := func(w *world) []string { return []string{w.pseudonym(ReceiptSector)} }
	for name, c := range map[string]struct {
		path, answer string
		status       int
		want         func(*world) []string
	}{
		"in a field that stays behind":        {"/v1/births/b1", document, 200, subject},
		"in the path":                         {"/v1/persons/PERSON", `{"born":"2026-11-01"}`, 200, subject},
		"in both, once":                       {"/v1/persons/PERSON", document, 200, subject},
		"in the path of a refused question":   {"/v1/persons/PERSON", `{}`, 404, subject},
		"in the path of a failed question":    {"/v1/persons/PERSON", `{}`, 500, subject},
		"nobody":                              {"/v1/births/b1", `{"born":"2026-11-01","mother":{"id":""}}`, 200, func(*world) []string { return nil }},
		"nobody, since the mother is unknown": {"/v1/births/b1", `{"born":"2026-11-01","mother":null}`, 200, func(*world) []string { return nil }},
	} {
		w := newWorld(t, nil)
		w.system = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(c.status)
			_, _ = rw.Write([]byte(strings.ReplaceAll(c.answer, "MOTHER", w.pseudonym("family"))))
		}
		ask := w.question()
		ask.Path = strings.ReplaceAll(c.path, "PERSON", w.pseudonym("family"))
		_, _ = w.city.Ask(t.Context(), ask)
		answers := w.state.journal.of("answer")
		if len(answers) != 1 || !slices.Equal(answers[0].Subjects, c.want(w)) || !slices.Equal(w.state.journal.of("asked")[0].Subjects, c.want(w)) {
			t.Errorf("%s: %d receipts, of %v", name, len(answers), answers[0].Subjects)
		}
	}
}

// Who cannot be named in a receipt is not asked about, and no response about such
// a person leaves.
func TestNoAnswerWithoutAReceipt(t *testing.T) {
	w := newWorld(t, nil)
	called := false
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		called = true
		w.write(rw, document)
	}
	for _, path := range []string{"/v1/persons/somebody", "/v1/persons/" + w.pseudonym("family") + "%23x", "/v1/persons/" + strings.ToUpper(w.pseudonym("family"))} {
		ask := w.question()
		ask.Path = path
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, "nothing-known")
	}
	for _, end := range []string{"#x", "?x"} { // a person hidden behind the end of the path
		ask := w.question()
		ask.Path = "/v1/persons/" + w.pseudonym("family") + end
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, "contract-missing")
	}
	if called {
		t.Error("the system was asked about somebody without a name")
	}
	w.system = func(rw http.ResponseWriter, _ *http.Request) { w.write(rw, `{"born":"x","mother":{"id":"1234"}}`) }
	_, err := w.ask()
	wantCode(t, err, "system-failed")
	for _, e := range w.state.journal.of("answer") {
		if len(e.Body) > 0 {
			t.Errorf("left: %s", e.Body)
		}
	}
}

func TestNothingPersonalOutsideTheBody(t *testing.T) {
	w := newWorld(t, nil)
	var wire bytes.Buffer
	w.state.front = func(question envelope, next func(envelope) envelope) envelope {
		answer := next(question)
		for _, e := range []envelope{question, answer} {
			wire.Write(e.meta)
			wire.Write(e.stamp)
		}
		return answer
	}
	ask := w.question()
	ask.Path = "/v1/persons/" + w.pseudonym("family")
	answer, err := w.city.Ask(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	w.system = func(http.ResponseWriter, *http.Request) { panic("about " + w.pseudonym("family")) }
	_, err = w.city.Ask(t.Context(), ask)
	wantCode(t, err, "system-failed")
	w.state.journal.stop("answer")
	_, err = w.city.Ask(t.Context(), ask)
	wantCode(t, err, "journal-away")
	if !strings.Contains(wire.String(), w.pseudonym("family")) {
		t.Fatal("the test does not see the wire")
	}
	for what, name := range map[string]string{"receipts": w.pseudonym(ReceiptSector), "number": w.person.String()} {
		if strings.Contains(wire.String(), name) || strings.Contains(string(answer.Body), name) {
			t.Errorf("the person's name in %s travels", what)
		}
	}
	for _, secret := range []string{w.pseudonym(ReceiptSector), w.pseudonym("family"), w.person.String(), "Ана"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// What the asker sees before it asks.
func TestNotAsked(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		change func(w *world, a *Request)
	}{
		"another member's subsystem": {"client-unknown", func(_ *world, a *Request) { a.Client = civilID }},
		"unknown subsystem":          {"client-unknown", func(_ *world, a *Request) { a.Client.Subsystem = "none" }},
		"member as client":           {"client-unknown", func(_ *world, a *Request) { a.Client = city }},
		"unknown provider":           {"provider-unknown", func(_ *world, a *Request) { a.Service.Member = "NONE" }},
		"unknown provider subsystem": {"provider-unknown", func(_ *world, a *Request) { a.Service.Subsystem = "none" }},
		"unknown service":            {"service-unknown", func(_ *world, a *Request) { a.Service.Service = "none" }},
		"no contract":                {"contract-missing", func(_ *world, a *Request) { a.Client.Subsystem = "other" }},
		"another purpose":            {"contract-missing", func(_ *world, a *Request) { a.Purpose = "curiosity" }},
		"another method":             {"contract-missing", func(_ *world, a *Request) { a.Method = "DELETE" }},
		"another path":               {"contract-missing", func(_ *world, a *Request) { a.Path = "/v1/secrets/1" }},
		"dots":                       {"contract-missing", func(_ *world, a *Request) { a.Path = "/v1/births/%2e%2e" }},
		"contract not begun":         {"contract-not-begun", func(w *world, _ *Request) { w.city.clock.Set(time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC)) }},
		"contract ended":             {"contract-ended", func(w *world, _ *Request) { w.city.clock.Set(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)) }},
		"contract taken back": {"contract-missing", func(w *world, _ *Request) {
			w.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "test"}})
		}},
		"provision lapsed": {"provision-not-in-force", func(w *world, _ *Request) { w.law.lapsed = "zfpp/48" }},
		"registry too old": {"registry-outdated", func(w *world, _ *Request) {
			w.city.contact = func() time.Time { return morning.Add(-24*time.Hour - 1) }
		}},
		"registry unknown":   {"registry-outdated", func(w *world, _ *Request) { w.city.contact = func() time.Time { return time.Time{} } }},
		"journal stopped":    {"journal-away", func(w *world, _ *Request) { w.city.journal.stop("question") }},
		"question too large": {"question-too-large", func(_ *world, a *Request) { a.Body = make([]byte, maxBody+1) }},
		"matter with a line": {"service-path", func(_ *world, a *Request) { a.Matter = "a\nb" }},
		"query with a space": {"service-path", func(_ *world, a *Request) { a.Query = "a b" }},
		"id too long":        {"service-path", func(_ *world, a *Request) { a.ID = strings.Repeat("x", 65) }},
	} {
		w := newWorld(t, nil)
		a := w.question()
		c.change(w, &a)
		_, err := w.city.Ask(t.Context(), a)
		p := wantCode(t, err, c.code)
		if c.code == "provision-not-in-force" && p.Args["provision"] != "zfpp/48" {
			t.Errorf("%s: the error does not name it: %v", name, p.Args)
		}
		if n := len(w.city.journal.of("question")) + len(w.state.journal.of("asked")); n != 0 {
			t.Errorf("%s: %d entries in the journals", name, n)
		}
	}
}

// An age of exactly a day is not too old, and each side looks for itself.
func TestRegistryMayBeADayOld(t *testing.T) {
	w := newWorld(t, nil)
	w.city.contact = func() time.Time { return morning.Add(-24 * time.Hour) }
	if _, err := w.ask(); err != nil {
		t.Error(err)
	}
	w.state.contact = func() time.Time { return morning.Add(-24*time.Hour - 1) }
	_, err := w.ask()
	wantCode(t, err, "registry-outdated")
	if len(w.refusals()) != 1 {
		t.Error("the refusal is not in the journal")
	}
}

// What the information system does wrong. Each is in the journal as a refusal,
// and nothing leaves.
func TestSystemsFail(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(code)
			_, _ = rw.Write([]byte(`{"born":"secret"}`))
		}
	}
	typed := func(media, body string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", media)
			_, _ = rw.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		code   string
		kind   problem.Kind
		system http.HandlerFunc
	}{
		"404":               {"nothing-known", problem.NotFound, status(404)},
		"400":               {"system-refused", problem.Invalid, status(400)},
		"422":               {"system-refused", problem.Invalid, status(422)},
		"500":               {"system-failed", problem.BadGateway, status(500)},
		"502":               {"system-away", problem.Unavailable, status(502)},
		"503":               {"system-away", problem.Unavailable, status(503)},
		"504":               {"system-away", problem.Unavailable, status(504)},
		"panic":             {"system-failed", problem.BadGateway, func(http.ResponseWriter, *http.Request) { panic("oh") }},
		"aborted":           {"system-failed", problem.BadGateway, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"HTML":              {"answer-not-json", problem.BadGateway, typed("text/html", "<p>")},
		"no type":           {"answer-not-json", problem.BadGateway, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("{}")) }},
		"broken JSON":       {"answer-not-json", problem.BadGateway, typed("application/json", `{"born":`)},
		"a name twice":      {"answer-not-json", problem.BadGateway, typed("application/json", `{"born":1,"born":2}`)},
		"too deep":          {"answer-not-json", problem.BadGateway, typed("application/json", strings.Repeat("[", 100)+strings.Repeat("]", 100))},
		"too large":         {"answer-too-large", problem.BadGateway, typed("application/json", `"`+strings.Repeat("x", maxBody)+`"`)},
		"a redirect":        {"answer-not-json", problem.BadGateway, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "http://127.0.0.1/", 302) }},
		"status of no kind": {"system-failed", problem.BadGateway, status(700)},
	} {
		w := newWorld(t, nil)
		w.system = c.system
		answer, err := w.ask()
		if p := wantCode(t, err, c.code); p.Kind != c.kind {
			t.Errorf("%s: kind %v", name, p.Kind)
		}
		if len(answer.Body) != 0 || answer.Origin == "" {
			t.Errorf("%s: body %q, proved by %q", name, answer.Body, answer.Origin)
		}
		w.city.recorder.flush()
		if r := w.refusals(); len(r) != 1 || r[0].Refusal.Code != c.code || len(w.city.journal.of("reply")) != 1 {
			t.Errorf("%s: refusals in the journals: %+v", name, r)
		}
	}
}

func TestServiceThatIsNotThere(t *testing.T) {
	w := newWorld(t, nil)
	delete(w.state.systems, birthsS)
	_, err := w.ask()
	wantCode(t, err, "service-unknown")
}

func TestAnswersWithoutABody(t *testing.T) {
	w := newWorld(t, nil)
	w.system = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) }
	if a, err := w.ask(); err != nil || a.Meta.Status != 204 || len(a.Body) != 0 {
		t.Errorf("204: %+v, %v", a.Meta, err)
	}
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusEarlyHints)
		w.write(rw, document)
	}
	ask := w.question()
	ask.Method = http.MethodHead
	if a, err := w.city.Ask(t.Context(), ask); err != nil || a.Meta.Status != 200 || len(a.Body) != 0 || a.Meta.Type != "application/json" {
		t.Errorf("HEAD: %+v %s, %v", a.Meta, a.Body, err)
	}
}

func TestWholeAnswersOfOtherTypes(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Fields, c.Subjects = []string{""}, []string{"path:person"} })
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/csv")
		_, _ = rw.Write([]byte("a,b\n"))
	}
	if a, err := w.ask(); err != nil || string(a.Body) != "a,b\n" || a.Meta.Type != "text/csv" {
		t.Errorf("%q, %v", a.Body, err)
	}
	w = newWorld(t, func(c *registry.Contract) { c.Fields = []string{""} }) // the persons are in the response
	w.system = func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("MOTHER")) }
	_, err := w.ask()
	wantCode(t, err, "answer-not-json")
}

func TestQuotaOfADay(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Quota = 2 })
	for range 2 {
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.ask()
	if p := wantCode(t, err, "quota-exhausted"); p.Kind != problem.TooMany || p.Args["contract"] != "births" {
		t.Errorf("%+v", p)
	}
	if len(w.refusals()) != 1 {
		t.Error("the refusal is not in the journal")
	}
	for _, s := range []*side{w.city, w.state} {
		s.clock.Set(time.Date(2026, 11, 23, 23, 0, 1, 0, time.UTC)) // the next day has begun in Belgrade
	}
	if _, err := w.ask(); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

func TestSlowSystem(t *testing.T) {
	w := newWorld(t, nil)
	w.state.SystemTimeout = time.Millisecond
	release := make(chan struct{})
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		<-release // it does not look at the context
		w.write(rw, document)
	}
	_, err := w.ask()
	if p := wantCode(t, err, "system-away"); p.Kind != problem.Timeout {
		t.Errorf("kind %v", p.Kind)
	}
	close(release)
	if len(w.refusals()) != 1 {
		t.Error("the refusal is not in the journal")
	}
}

func TestSlowNode(t *testing.T) {
	w := newWorld(t, nil)
	release := make(chan struct{})
	defer close(release)
	w.state.front = func(envelope, func(envelope) envelope) envelope {
		<-release
		return envelope{}
	}
	w.city.IdleTimeout = 50 * time.Millisecond
	_, err := w.ask()
	if p := wantCode(t, err, "node-slow"); p.Kind != problem.Timeout || p.Args["body"] != state.String() {
		t.Errorf("%+v", p)
	}
}

func TestProviderAway(t *testing.T) {
	w := newWorld(t, nil)
	w.state.server.Close()
	_, err := w.ask()
	wantCode(t, err, "node-away")
	if len(w.city.journal.of("question")) != 1 {
		t.Error("the question that may have left is not in the journal")
	}
}

func TestJournalOfTheProviderStops(t *testing.T) {
	for _, kind := range []string{"asked", "answer"} {
		w := newWorld(t, nil)
		w.state.journal.stop(kind)
		a, err := w.ask()
		if p := wantCode(t, err, "journal-away"); p.Kind != problem.Unavailable || len(a.Body) != 0 {
			t.Errorf("%s: %+v, left %q", kind, p, a.Body)
		}
	}
}

// The response is proved already, so it is the asker's even if it cannot note it.
func TestJournalOfTheAskerStopsLater(t *testing.T) {
	w := newWorld(t, nil)
	w.city.journal.stop("reply")
	if _, err := w.ask(); err != nil {
		t.Error(err)
	}
	w.city.recorder.flush()
	if !strings.Contains(w.log.String(), "the answer is not in the journal") {
		t.Error("nobody is told")
	}
}

func TestClocksDiffer(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		w := newWorld(t, nil)
		w.city.clock.Advance(off)
		_, err := w.ask()
		p := wantCode(t, err, "clock-off")
		if p.Args["seconds"] != "600" || p.Args["asker"] != city.String() || p.Args["provider"] != state.String() {
			t.Errorf("%v", p.Args)
		}
	}
	w := newWorld(t, nil)
	w.city.clock.Advance(5 * time.Minute)
	if _, err := w.ask(); err != nil {
		t.Errorf("five minutes: %v", err)
	}
}

// A node that is not, or no longer, in the registry gets nothing at all.
func TestKeysOutsideTheRegistry(t *testing.T) {
	w := newWorld(t, nil)
	stranger, err := credential.SelfSigned(testkit.Key("stranger"), "n1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := w.send(stranger, w.city.message(t, w.byHand("1"), nil)); err == nil {
		t.Errorf("a stranger got %q", answer.meta)
	}
	if _, err := w.ask(); err != nil { // leaves a connection open
		t.Fatal(err)
	}
	node := w.city.statement(t)
	view := w.authority.State()
	w.city.Gateway.State = func() *registry.State { return view } // the city has not heard of it
	w.say(registry.Statement{Node: &registry.Node{Member: city, Name: "n1"}})
	_, err = w.ask()
	wantCode(t, err, "peer-unknown")
	w.city.letGo() // and now over a new connection
	_, err = w.ask()
	wantCode(t, err, "peer-unknown")
	w.city.Gateway.State = w.authority.State // now it has
	questions := len(w.city.journal.of("question"))
	_, err = w.ask()
	if p := wantCode(t, err, "node-revoked"); p.Args["node"] != "n1" || len(w.city.journal.of("question")) != questions {
		t.Errorf("who knows that it was taken out: %+v", p)
	}
	w.say(node)
	if _, err := w.ask(); err != nil {
		t.Errorf("back in the registry: %v", err)
	}
	if n := len(w.state.journal.of("asked")); n != 2 {
		t.Errorf("%d questions in the provider's journal", n)
	}
}

// The asker hands its request to nobody but the node with the registered key.
func TestAskerKnowsTheProvider(t *testing.T) {
	w := newWorld(t, nil)
	node := w.state.statement(t)
	node.Node.TLS = strings.Repeat("ab", 32)
	w.say(node)
	_, err := w.ask()
	if wantCode(t, err, "node-away"); len(w.state.journal.of("asked")) != 0 {
		t.Error("the question was handed over")
	}
}

// Messages made by hand that the provider must not take.
func TestForgedQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		code   string
		make   func(w *world) envelope
	}{
		"meta altered": {422, "message-forged", func(w *world) envelope {
			m := w.city.message(t, w.byHand("1"), nil)
			m.meta = []byte(strings.Replace(string(m.meta), "b1", "b2", 1))
			return m
		}},
		"body altered": {422, "message-forged", func(w *world) envelope {
			m := w.city.message(t, w.byHand("1"), []byte("a"))
			m.body = []byte("b")
			return m
		}},
		"stamp altered": {422, "message-forged", func(w *world) envelope {
			m := w.city.message(t, w.byHand("1"), nil)
			m.stamp[20] ^= 1
			return m
		}},
		"stamp of another message": {422, "message-forged", func(w *world) envelope {
			m := w.city.message(t, w.byHand("1"), nil)
			m.stamp = w.city.message(t, w.byHand("2"), nil).stamp
			return m
		}},
		"stamp of another log": {422, "message-forged", func(w *world) envelope { return w.state.message(t, w.byHand("1"), nil) }},
		"no stamp": {422, "message-forged", func(w *world) envelope {
			m := w.city.message(t, w.byHand("1"), nil)
			m.stamp = nil
			return m
		}},
		"no message": {422, "message-forged", func(w *world) envelope {
			return envelope{kind: sealed, stamp: w.city.message(t, w.byHand("1"), nil).stamp}
		}},
		"another version": {422, "message-forged", func(w *world) envelope { q := w.byHand("1"); q.Version = 2; return w.city.message(t, q, nil) }},
		"no id":           {422, "message-forged", func(w *world) envelope { return w.city.message(t, w.byHand(""), nil) }},
		"id too long":     {422, "message-forged", func(w *world) envelope { return w.city.message(t, w.byHand(strings.Repeat("x", 65)), nil) }},
		"id with a line":  {422, "message-forged", func(w *world) envelope { return w.city.message(t, w.byHand("a\r\nX-Road-Client: b"), nil) }},
		"client a member": {422, "message-forged", func(w *world) envelope { q := w.byHand("1"); q.Client = city; return w.city.message(t, q, nil) }},
		"another member's client": {422, "message-forged", func(w *world) envelope {
			q := w.byHand("1")
			q.Client = civilID
			return w.city.message(t, q, nil)
		}},
		"query that ends": {422, "message-forged", func(w *world) envelope { q := w.byHand("1"); q.Query = "a#b"; return w.city.message(t, q, nil) }},
		"path that ends": {422, "message-forged", func(w *world) envelope {
			q := w.byHand("1")
			q.Path = "/v1/births/b1?x"
			return w.city.message(t, q, nil)
		}},
		"role with a line": {422, "message-forged", func(w *world) envelope { q := w.byHand("1"); q.Role = "a\nb"; return w.city.message(t, q, nil) }},
		"unknown member":   {422, "message-forged", func(w *world) envelope { return w.city.messageOf(t, []byte(`{"v":1,"more":1}`), nil) }},
		"two values":       {422, "message-forged", func(w *world) envelope { return w.city.messageOf(t, []byte(`[{"v":1},{}]`), nil) }},
		"member twice": {422, "message-forged", func(w *world) envelope {
			return w.city.messageOf(t, rewritten(t, w.byHand("1"), `"id":"1"`, `"id":"1","id":"2"`), nil)
		}},
		"capital letters": {422, "message-forged", func(w *world) envelope {
			return w.city.messageOf(t, rewritten(t, w.byHand("1"), `"id":"1"`, `"id":"1","ID":"2"`), nil)
		}},
		"folded letters": {422, "message-forged", func(w *world) envelope {
			return w.city.messageOf(t, rewritten(t, w.byHand("1"), `"service"`, `"\u017fervice"`), nil)
		}},
		"message too large": {422, "message-forged", func(w *world) envelope {
			q := w.byHand("1")
			q.Matter = strings.Repeat("x", maxMeta)
			return w.city.message(t, q, nil)
		}},
		"body too large": {413, "question-too-large", func(w *world) envelope { return w.city.message(t, w.byHand("1"), make([]byte, maxBody+1)) }},
		"clock": {422, "clock-off", func(w *world) envelope {
			q := w.byHand("1")
			q.At = q.At.Add(5*time.Minute + 1)
			return w.city.message(t, q, nil)
		}},
	} {
		w := newWorld(t, nil)
		answer, err := w.send(w.city.cert, c.make(w))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var r Refusal
		if err := json.Unmarshal(answer.meta, &r); err != nil || answer.kind != unsealed || r.Status != c.status || r.Code != c.code {
			t.Errorf("%s: kind %d, %s, %v", name, answer.kind, answer.meta, err)
		}
		if len(w.state.journal.of("asked"))+len(w.state.journal.of("answer")) != 0 {
			t.Errorf("%s: it was journaled as if it were the asker's", name)
		}
	}
}

func rewritten(t *testing.T, q RequestMeta, from, to string) []byte {
	t.Helper()
	raw, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), from) {
		t.Fatalf("no %s in %s", from, raw)
	}
	return []byte(strings.Replace(string(raw), from, to, 1))
}

func TestReplayedQuestion(t *testing.T) {
	w := newWorld(t, nil)
	m := w.city.message(t, w.byHand("1"), nil)
	if answer, err := w.send(w.city.cert, m); err != nil || answer.kind != sealed {
		t.Fatalf("%v, %s", err, answer.meta)
	}
	for name, again := range map[string]envelope{"the same message": m, "the same id": w.city.message(t, w.byHand("1"), nil)} {
		answer, err := w.send(w.city.cert, again)
		if err != nil || answer.kind != unsealed || !strings.Contains(string(answer.meta), "message-replayed") {
			t.Errorf("%s: %v, %s", name, err, answer.meta)
		}
	}
	if n := len(w.state.journal.of("answer")); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// What the provider refuses once it knows who asks is a response: in its journal
// as a refusal, and proved to the asker. The asker here asks regardless.
func TestRefusedByTheProvider(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		change func(w *world, q *RequestMeta)
	}{
		"unknown contract":       {"contract-missing", func(_ *world, q *RequestMeta) { q.Contract = "none" }},
		"contract of another":    {"contract-missing", func(_ *world, q *RequestMeta) { q.Client.Subsystem = "other" }},
		"another service":        {"contract-missing", func(_ *world, q *RequestMeta) { q.Service.Service = "none" }},
		"another member's":       {"contract-missing", func(_ *world, q *RequestMeta) { q.Service = family.With("x") }},
		"method not covered":     {"contract-missing", func(_ *world, q *RequestMeta) { q.Method = "DELETE" }},
		"path not covered":       {"contract-missing", func(_ *world, q *RequestMeta) { q.Path = "/v1/secrets/1" }},
		"path with dots":         {"contract-missing", func(_ *world, q *RequestMeta) { q.Path = "/v1/births/%2e%2e" }},
		"provision lapsed":       {"provision-not-in-force", func(w *world, _ *RequestMeta) { w.law.lapsed = "zfpp/48" }},
		"subsystem not there":    {"contract-missing", func(w *world, _ *RequestMeta) { w.say(registry.Statement{Member: &registry.Member{ID: city}}) }},
		"contract ended by both": {"contract-missing", func(w *world, _ *RequestMeta) { w.say(registry.Statement{End: &registry.End{Contract: "births"}}) }},
		"contract's last day": {"contract-ended", func(w *world, q *RequestMeta) {
			w.state.clock.Set(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
			q.At = w.state.clock.Now()
		}},
	} {
		w := newWorld(t, nil)
		q := w.byHand("1")
		c.change(w, &q)
		answer, err := w.send(w.city.cert, w.city.message(t, q, nil))
		if err != nil || answer.kind != sealed || len(answer.body) != 0 {
			t.Errorf("%s: %v, %s", name, err, answer.body)
			continue
		}
		refused := w.refusals()
		if len(refused) != 1 || refused[0].Refusal.Code != c.code || refused[0].Asker != q.Client || len(w.state.journal.of("asked")) != 1 {
			t.Errorf("%s: in the journal: %+v", name, refused)
		}
		stamp, err := journal.ParseStampBytes(answer.stamp)
		if err != nil {
			t.Fatal(err)
		}
		if err := journal.Verify(stamp, sha256.Sum256(answer.meta), sha256.Sum256(nil), w.state.journal.Key()); err != nil {
			t.Errorf("%s: the refusal is not proved: %v", name, err)
		}
	}
}

// Answers that the asker must not believe.
func TestForgedAnswers(t *testing.T) {
	set := func(change func(e *envelope)) func(envelope, func(envelope) envelope) envelope {
		return func(question envelope, next func(envelope) envelope) envelope {
			answer := next(question)
			change(&answer)
			return answer
		}
	}
	var first envelope
	for name, change := range map[string]func(e *envelope){
		"body altered":   func(e *envelope) { e.body = bytes.Replace(e.body, []byte("2026"), []byte("2025"), 1) },
		"body cut":       func(e *envelope) { e.body = nil },
		"no message":     func(e *envelope) { e.meta = nil },
		"no stamp":       func(e *envelope) { e.stamp = nil },
		"broken refusal": func(e *envelope) { *e = envelope{kind: unsealed, meta: []byte("<html>")} },
		"empty refusal":  func(e *envelope) { *e = envelope{kind: unsealed, meta: []byte("{}")} },
		"another kind":   func(e *envelope) { e.kind = 3 },
		"body too large": func(e *envelope) { e.body = make([]byte, maxBody+1) },
		"meta altered":   func(e *envelope) { e.meta = bytes.Replace(e.meta, []byte("zfpp/48"), []byte("zfpp/49"), 1) },
		"answer to another question": func(e *envelope) {
			*e = first
		},
	} {
		w := newWorld(t, nil)
		w.state.front = set(func(e *envelope) { first = *e })
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
		w.state.front = set(change)
		a, err := w.ask()
		if p := wantCode(t, err, "node-answer-broken"); p.Kind != problem.BadGateway || p.Args["body"] != state.String() || len(a.Body) != 0 {
			t.Errorf("%s: %+v, %q", name, p, a.Body)
		}
		w.city.recorder.flush()
		if n := len(w.city.journal.of("reply")); n != 1 {
			t.Errorf("%s: %d answers are in the asker's journal", name, n)
		}
	}
}

// A provider may put anything into its own log. What says neither that it
// answered nor that it refused is still no response.
func TestRepliesThatSayNothing(t *testing.T) {
	good := ResponseMeta{Version: Version, Act: ActRead, Status: 200}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	refusal := &Refusal{Status: 403, Code: "contract-missing"}
	for name, change := range map[string]func(*ResponseMeta){
		"another version": func(r *ResponseMeta) { r.Version = 2 }, "no status": func(r *ResponseMeta) { r.Status = 0 }, "status of no kind": func(r *ResponseMeta) { r.Status = 1000 },
		"read and refused": func(r *ResponseMeta) { r.Refusal = refusal }, "refused without a reason": func(r *ResponseMeta) { r.Act, r.Status = ActRefused, 0 },
		"refused without a code": func(r *ResponseMeta) { r.Act, r.Status, r.Refusal = ActRefused, 0, &Refusal{} }, "another act": func(r *ResponseMeta) { r.Act = "wrote" },
		"refused with 200": func(r *ResponseMeta) { r.Act, r.Refusal = ActRefused, refusal }, "type with a line": func(r *ResponseMeta) { r.Type = "a\r\nb" },
	} {
		r := good
		change(&r)
		if err := r.check(); !errors.Is(err, errMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusalsKeepTheirKind(t *testing.T) {
	for kind := problem.Internal; kind <= problem.Timeout; kind++ {
		if again := refusalOf(problem.New(kind, "x", "a", "b")).problem(); again.Kind != kind || again.Code != "x" || again.Args["a"] != "b" {
			t.Errorf("kind %d became %+v", kind, again)
		}
	}
	if p := refusalOf(errors.New("secret")); p.Code == "" || strings.Contains(p.Code, "secret") || p.Status != 500 {
		t.Errorf("%+v", p)
	}
}
