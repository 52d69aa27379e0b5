package events

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// receiver is a webhook that checks what it is sent.
type receiver struct {
	tb     testing.TB
	server *httptest.Server
	mu     sync.Mutex
	secret []byte
	status func(id string) int // the answer to an event; nil for 204
	got    []string            // ids of events that were taken
	calls  []string            // ids of all calls
	ended  chan struct{}
}

func newReceiver(tb testing.TB) *receiver {
	r := &receiver{tb: tb, ended: make(chan struct{})}
	r.server = httptest.NewServer(r)
	tb.Cleanup(func() { close(r.ended); r.server.Close() })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body) // short bodies fail below
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds, _ := strconv.ParseInt(req.Header.Get("webhook-timestamp"), 10, 64)
	var e bus.Event
	if err := json.Unmarshal(body, &e); err != nil || req.Header.Get("Content-Type") != EventType || req.Header.Get("webhook-id") != hookIDOf(e) ||
		req.Header.Get("webhook-signature") != sign(r.secret, hookIDOf(e), seconds, body) {
		r.tb.Errorf("called with %v: %s", req.Header, body)
	}
	r.calls = append(r.calls, e.ID)
	status := http.StatusNoContent
	if r.status != nil {
		status = r.status(e.ID)
	}
	switch {
	case status == 0: // never answers
		r.mu.Unlock()
		select {
		case <-req.Context().Done():
		case <-r.ended:
		}
		r.mu.Lock()
		return
	case status/100 == 2:
		r.got = append(r.got, e.ID)
	case status == http.StatusFound:
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(status)
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) called() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

func (r *receiver) answer(status func(id string) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// pushed makes a subscription that leads to the receiver.
func (w *world) pushed(to *receiver) Subscription {
	w.tb.Helper()
	w.city.Hosts = append(w.city.Hosts, testkit.Must[Host](w.tb)(ParseHost(to.server.URL)))
	s := w.subscribe(familySystem(), Wanted{Webhook: to.server.URL + "/hook"})
	secret, found := strings.CutPrefix(s.Secret, "whsec_")
	if !found {
		w.tb.Fatalf("secret %q", s.Secret)
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	to.secret = testkit.Must[[]byte](w.tb)(base64.StdEncoding.DecodeString(secret))
	return s
}

func (w *world) seen(s Subscription) Subscription {
	w.tb.Helper()
	return testkit.Must[Subscription](w.tb)(w.city.Subscription(w.tb.Context(), familySystem(), s.ID))
}

func numbers(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func TestWebhooksInOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := newWorldOn(t, open)
		to := newReceiver(t)
		s := w.pushed(to)
		publish(t, w.city.Stream, births5(1, 100)...)
		stop := inBackground(t, w.city.Deliver)
		testkit.Reaches(t, "deliveries", func() int { return len(to.taken()) }, 100)
		publish(t, w.city.Stream, births5(101, 120)...)
		testkit.Eventually(t, "the others too", func() bool { return w.seen(s).Delivered == 120 })
		stop()
		if got := to.taken(); !slices.Equal(got, numbers(1, 120)) {
			t.Errorf("%v", got)
		}
		if s := w.seen(s); s.Secret != "" || s.Behind != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// One subscriber never answers. Five others are not held up, and the one has
// everything in order when it is back.
func TestADeadSubscriberSlowsNoOther(t *testing.T) {
	const many = 200
	w := newWorld(t)
	dead := newReceiver(t)
	dead.answer(func(string) int { return 0 })
	late := w.pushed(dead)
	var others []*receiver
	for range 5 {
		to := newReceiver(t)
		w.pushed(to)
		others = append(others, to)
	}
	publish(t, w.city.Stream, births5(1, many)...)
	w.city.hookPatience = time.Hour // nothing but their own answers lets the others go on
	stop := inBackground(t, w.city.Deliver)
	for _, to := range others {
		testkit.Reaches(t, "deliveries", func() int { return len(to.taken()) }, many)
		if !slices.Equal(to.taken(), numbers(1, many)) {
			t.Error("not in order")
		}
	}
	stop()
	if s := w.seen(late); s.Delivered != 0 {
		t.Errorf("%+v", s)
	}
	dead.answer(nil)
	stop = inBackground(t, w.city.Deliver)
	testkit.Reaches(t, "deliveries", func() int { return len(dead.taken()) }, many)
	stop()
	if !slices.Equal(dead.taken(), numbers(1, many)) {
		t.Error("not in order")
	}
}

// An event that is not taken is tried again with growing pauses by the clock of
// the node, those behind it wait, and after the last attempt it is a dead letter.
func TestRetriesAndDeadLetters(t *testing.T) {
	w := newWorld(t)
	w.city.Attempts = 4
	var counts Count
	var mu sync.Mutex
	w.city.Count = func(c Count) {
		mu.Lock()
		defer mu.Unlock()
		counts.Delivered, counts.Retried, counts.Dead = counts.Delivered+c.Delivered, counts.Retried+c.Retried, counts.Dead+c.Dead
	}
	to := newReceiver(t)
	to.answer(func(id string) int {
		if id == "2" {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	s := w.pushed(to)
	publish(t, w.city.Stream, births5(1, 4)...)
	stop := inBackground(t, w.city.Deliver)
	for attempt := 1; attempt < 4; attempt++ {
		testkit.Eventually(t, "it failed", func() bool { return w.seen(s).Attempts == attempt })
		seen := w.seen(s)
		shortest, longest := time.Duration(float64(firstRetry<<(attempt-1))*0.79), time.Duration(float64(firstRetry<<(attempt-1))*1.21)
		if rest := seen.RetryAt.Sub(w.city.clock.Now()); rest < shortest || rest > longest || seen.Fault != "webhook-refused" || seen.FaultAt.IsZero() {
			t.Errorf("attempt %d: again in %v, %+v", attempt, rest, seen)
		}
		if attempt == 2 { // a restart forgets nothing
			stop()
			stop = inBackground(t, w.city.Deliver)
		}
		if calls := to.called(); calls != attempt+1 {
			t.Errorf("%d calls at attempt %d", calls, attempt)
		}
		w.city.clock.Set(seen.RetryAt)
	}
	testkit.Eventually(t, "those behind it came", func() bool { return slices.Equal(to.taken(), []string{"1", "3", "4"}) })
	letters := testkit.Must[[]Dead](t)(w.letters(s))
	if len(letters) != 1 || letters[0].Event.ID != "2" || letters[0].Attempts != 4 || letters[0].Reason != "webhook-refused" || letters[0].ID != hookIDOf(letters[0].Event) {
		t.Fatalf("%+v", letters)
	}

	again := func() {
		if err := w.city.RetryDeadLetter(t.Context(), familySystem(), s.ID, letters[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	again()
	testkit.Eventually(t, "it failed again", func() bool {
		found := testkit.Must[[]Dead](t)(w.letters(s))
		return len(found) == 1 && found[0].Attempts == 5 && !found[0].Due
	})
	to.answer(nil)
	again()
	testkit.Eventually(t, "it was taken", func() bool { return len(testkit.Must[[]Dead](t)(w.letters(s))) == 0 })
	if got := to.taken(); !slices.Equal(got, []string{"1", "3", "4", "2"}) {
		t.Errorf("%v", got)
	}
	stop()
	wantCode(t, w.city.RetryDeadLetter(t.Context(), familySystem(), s.ID, letters[0].ID), "dead-letter-unknown")
	mu.Lock()
	defer mu.Unlock()
	if counts != (Count{Delivered: 4, Retried: 3, Dead: 1}) {
		t.Errorf("%+v", counts)
	}
}

func (w *world) letters(s Subscription) ([]Dead, error) {
	found, err := w.city.DeadLetters(w.tb.Context(), familySystem(), s.ID, "")
	return found.Items, err
}

// A webhook that is gone gets no more; nothing of what follows is lost.
func TestAWebhookThatIsGone(t *testing.T) {
	w := newWorld(t)
	to := newReceiver(t)
	to.answer(func(string) int { return http.StatusGone })
	s := w.pushed(to)
	publish(t, w.city.Stream, births5(1, 3)...)
	stop := inBackground(t, w.city.Deliver)
	testkit.Eventually(t, "it stops", func() bool { return w.seen(s).State == Stopped })
	to.answer(nil)
	if err := w.city.RetryDeadLetter(t.Context(), familySystem(), s.ID, ""); err != nil {
		t.Error(err)
	}
	if seen := w.seen(s); seen.Fault != "webhook-gone" || seen.Dead != 1 || seen.Behind != 2 {
		t.Errorf("%+v", seen)
	}
	testkit.Must[Subscription](t)(w.city.Start(t.Context(), familySystem(), s.ID))
	testkit.Eventually(t, "all came", func() bool { return slices.Equal(to.taken(), numbers(1, 3)) })
	stop()
}

// Where there are too many dead letters the subscription stops rather than lose
// one.
func TestTooManyDeadLetters(t *testing.T) {
	w := newWorld(t)
	const most = 20
	w.city.Attempts, w.city.MostDead = 1, most
	to := newReceiver(t)
	to.answer(func(string) int { return http.StatusBadRequest })
	s := w.pushed(to)
	publish(t, w.city.Stream, births5(1, most+1)...)
	stop := inBackground(t, w.city.Deliver)
	testkit.Eventually(t, "it stops", func() bool { return w.seen(s).State == Stopped })
	stop()
	if seen := w.seen(s); seen.Dead != most || seen.Behind != 1 || seen.Fault != "dead-letters-too-many" {
		t.Errorf("%+v", seen)
	}
	if err := w.city.DropDeadLetter(t.Context(), familySystem(), s.ID, ""); err != nil || w.seen(s).Dead != 0 {
		t.Error(err)
	}
}

// Redirects are not followed: they could lead anywhere. A host that the operator
// takes back is not called any more.
func TestWebhooksLeadNowhereElse(t *testing.T) {
	w := newWorld(t)
	to := newReceiver(t)
	to.answer(func(string) int { return http.StatusFound })
	s := w.pushed(to)
	e := birth("1", "80152")
	full := testkit.Must[Subscription](t)(w.city.own(t.Context(), familySystem(), s.ID))
	if p := problem.Of(w.city.call(t.Context(), full, e)); p.Code != "webhook-refused" || p.Args["status"] != "302" || to.called() != 1 {
		t.Errorf("%v, %d calls", p, to.called())
	}
	w.city.Hosts = nil
	wantCode(t, w.city.call(t.Context(), full, e), "webhook-host")
	w.city.hooks.CloseIdleConnections()
}

// While its event is tried again a contract ends: the event is not sent any more.
func TestWhatMayNotBeSentAnyMore(t *testing.T) {
	w := newWorld(t)
	to := newReceiver(t)
	to.answer(func(string) int { return http.StatusServiceUnavailable })
	s := w.pushed(to)
	publish(t, w.city.Stream, births5(1, 1)...)
	stop := inBackground(t, w.city.Deliver)
	testkit.Eventually(t, "it failed", func() bool { return w.seen(s).Attempts == 1 })
	w.law.lapse("zfpp/48")
	w.city.clock.Set(w.seen(s).RetryAt)
	testkit.Eventually(t, "it is left out", func() bool { return w.seen(s).Behind == 0 })
	stop()
	if to.called() != 1 {
		t.Errorf("%d calls", to.called())
	}
}
