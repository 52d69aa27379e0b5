package registry

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// serve lets an authority be asked over TLS.
func serve(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	server.StartTLS()
	tb.Cleanup(server.Close)
	return server
}

func newFollower(tb testing.TB, db *storage.DB, server *httptest.Server, now clock.Now) *Follower {
	tb.Helper()
	f, err := NewFollower(tb.Context(), db, verifierOf(tb, origin), server.URL, server.Client(), now, quiet)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestFollowerKeepsUpAndOutlivesTheAuthority(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		time := clock.NewManual(morning)
		a := newAuthority(t, seed(t)...)
		server := serve(t, a)
		db := open(Migrations())
		f := newFollower(t, db, server, time.Now)
		if !f.Contact().IsZero() || f.State().Size != 0 {
			t.Fatal("a new copy claims to know something")
		}
		if err := f.Sync(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if f.State().Size != 6 || f.Checkpoint() != a.Checkpoint() || !f.Contact().Equal(morning) {
			t.Fatalf("after the first round: %d statements, contact %s", f.State().Size, f.Contact())
		}
		say(t, a, Statement{End: &End{Contract: "births", Reason: "test"}})
		time.Advance(3600e9)
		if err := f.Sync(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, there := f.State().Contract("births"); there || !f.Contact().Equal(time.Now()) {
			t.Error("the end of a contract did not arrive")
		}
		server.Close()
		if err := f.Sync(t.Context(), false); err == nil || errors.Is(err, ErrForked) {
			t.Errorf("without the authority: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		again := newFollower(t, open(Migrations()), server, time.Now)
		if again.State().Size != 7 || !again.Contact().Equal(f.Contact()) || again.Checkpoint() != f.Checkpoint() {
			t.Errorf("after a restart: %d statements, contact %s", again.State().Size, again.Contact())
		}
		if _, ok := again.State().Member(city); !ok {
			t.Error("after a restart the members are gone")
		}
	})
}

func TestFollowerRunHearsOfAChange(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, a), clock.NewManual(morning).Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	testkit.Eventually(t, "the first statements", func() bool { return f.State().Size == 6 })
	say(t, a, memberSays(ID{"RS-TEST", "GOV", "NEW", "", ""}))
	testkit.Eventually(t, "a new member", func() bool { return f.State().Size == 7 })
	cancel()
	<-done
}

func TestFollowerTakesPieces(t *testing.T) {
	a := newAuthority(t)
	var many []Statement
	for i := range deltaLimit + 200 {
		many = append(many, memberSays(ID{"RS-TEST", "COM", fmt.Sprint(i), "", ""}))
	}
	say(t, a, many...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, a), clock.NewManual(morning).Now)
	if err := f.Sync(t.Context(), false); err != nil || f.State().Size != int64(len(many)) {
		t.Fatalf("%d of %d statements: %v", f.State().Size, len(many), err)
	}
}

func TestFollowerTwoRoundsAtOnce(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, a), clock.NewManual(morning).Now)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() { errs <- f.Sync(context.WithoutCancel(t.Context()), false) }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if f.State().Size != 6 {
		t.Errorf("%d statements", f.State().Size)
	}
}

// switchable serves one handler or another.
type switchable struct{ atomic.Pointer[http.Handler] }

func (s *switchable) to(h http.Handler) { s.Store(&h) }

// ServeHTTP answers at once, whatever the question says about waiting.
func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.RawQuery = strings.TrimSuffix(r.URL.RawQuery, "&wait=1")
	(*s.Load()).ServeHTTP(w, r)
}

func TestFollowerNeverFollowsAFork(t *testing.T) {
	statements := seed(t)
	first := newAuthority(t, statements...)
	third := memberSays(ID{"RS-TEST", "GOV", "THIRD", "", ""})
	longer := newAuthority(t, append([]Statement{third}, statements...)...)
	sameSize := newAuthority(t, append([]Statement{third}, statements[:5]...)...)
	shorter := newAuthority(t, third)
	for name, other := range map[string]*Authority{"longer": longer, "of the same size": sameSize, "shorter": shorter} {
		var at switchable
		at.to(first)
		f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, &at), clock.NewManual(morning).Now)
		if err := f.Sync(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		before := f.State()
		at.to(other)
		if err := f.Sync(t.Context(), false); !errors.Is(err, ErrForked) {
			t.Errorf("another history, %s: %v", name, err)
		}
		if f.State() != before || f.Checkpoint() != first.Checkpoint() {
			t.Errorf("another history, %s: it was followed", name)
		}
	}
}

func TestFollowerWaitsForAnAuthorityThatIsBehind(t *testing.T) {
	statements := seed(t)
	first, restored := newAuthority(t, statements...), newAuthority(t)
	for _, st := range statements[:3] { // the same leaves, as from a backup
		say(t, restored, st)
	}
	var at switchable
	at.to(first)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, &at), clock.NewManual(morning).Now)
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	at.to(restored)
	if err := f.Sync(t.Context(), false); !errors.Is(err, ErrBehind) || f.State().Size != 6 {
		t.Errorf("a true but shorter history: %v", err)
	}
	say(t, restored, statements[3:]...)
	if err := f.Sync(t.Context(), false); err != nil {
		t.Errorf("when it caught up: %v", err)
	}
}

func TestFollowerRefusesAnswers(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	good, err := a.Delta(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := note.Sign(&note.Note{Text: journal.Checkpoint{Origin: origin, Size: 1, Root: tlog.RecordHash([]byte(good.Statements[0]))}.Text()}, signerOf(t, "stranger"))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*Delta)) string {
		d := good
		d.Statements = append([]string(nil), good.Statements...)
		change(&d)
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, body := range map[string]string{
		"not JSON":             "<html>",
		"another place":        changed(func(d *Delta) { d.From = 3 }),
		"a statement changed":  changed(func(d *Delta) { d.Statements[0] = strings.Replace(d.Statements[0], "CITY", "CITX", 1) }),
		"a statement left out": changed(func(d *Delta) { d.Statements = d.Statements[1:] }),
		"another order":        changed(func(d *Delta) { d.Statements[0], d.Statements[1] = d.Statements[1], d.Statements[0] }),
		"not canonical":        changed(func(d *Delta) { d.Statements[0] += " " }),
		"no checkpoint":        changed(func(d *Delta) { d.Statements, d.Checkpoint = nil, "x" }),
		"not of the authority": changed(func(d *Delta) { d.Statements, d.Checkpoint = d.Statements[:1], string(stranger) }),
	} {
		server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), server, clock.NewManual(morning).Now)
		if err := f.Sync(t.Context(), false); err == nil || f.State().Size != 0 || !f.Contact().IsZero() {
			t.Errorf("%s: %v, %d statements", name, err, f.State().Size)
		}
	}
}

func TestDeltaAnswersBadQuestions(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	for query, want := range map[string]int{"": 400, "?after=x": 400, "?after=-1": 400, "?after=0": 200, "?after=100": 200, "?after=0&wait=1": 200} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+query, nil))
		if w.Code != want {
			t.Errorf("%q: %d", query, w.Code)
		}
	}
}

func TestDeltaWaitEndsWithTheRequest(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/?after=6&wait=1", nil))
	if w.Body.Len() != 0 {
		t.Error("something was said to one who left")
	}
}
