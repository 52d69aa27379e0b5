package registry

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

var (
	birthsService = subsystem(state, "civil").With("births")
	later         = morning.Add(time.Minute)
)

// by signs a statement as a node of a member does.
func by(t *testing.T, at time.Time, member ID, st Statement) Statement {
	t.Helper()
	st.At = at
	st, err := st.Sign(signerOf(t, member.String()+"/n1"))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func end(contract string) Statement { return Statement{End: &End{Contract: contract, Reason: "test"}} }

func paused(t *testing.T, member ID) Statement {
	st := nodeSays(t, member, "n1")
	st.Node.State, st.Node.Notice = NodeMaintenance, lang.Text{"en": "until noon"}
	return st
}

func TestMembersSayWhatIsTheirs(t *testing.T) {
	service := Statement{Service: &Service{ID: birthsService, Kind: ServiceOpenAPI, Version: "2.0", Tags: []string{"birth"}}}
	group := Statement{Group: &Group{ID: subsystem(state, "cities"), Members: []ID{subsystem(city, "family")}}}
	for name, st := range map[string]Statement{
		"a service": service, "its end": {End: &End{Service: birthsService}}, "a pause": paused(t, state), "leaving": {Node: &Node{Member: state, Name: "n1"}},
		"a group": group, "the end of a contract": end("births"),
	} {
		a := newAuthority(t, seed(t)...)
		st = by(t, morning, state, st)
		for range 2 { // the second time says nothing new
			if err := a.Submit(t.Context(), state, st); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if a.State().Size != 7 || !a.State().stands(st) {
			t.Errorf("%s: %d statements", name, a.State().Size)
		}
	}
	a := newAuthority(t, seed(t)[:5]...)
	contract := Statement{Contract: signed(t, births())}
	for _, member := range []ID{city, state, city} {
		if err := a.Submit(t.Context(), member, contract); err != nil || a.State().Size != 6 {
			t.Errorf("a contract of both, from %s: %v", member, err)
		}
	}
}

func TestMembersDoNotSayWhatIsNot(t *testing.T) {
	newNode, newKey, third := nodeSays(t, state, "n2"), nodeSays(t, state, "n1"), ID{"RS-TEST", "GOV", "THIRD", "", ""}
	newKey.Node.Log = newNode.Node.Log
	half, err := births().Sign(signerOf(t, state.String()+"/n1"))
	if err != nil {
		t.Fatal(err)
	}
	altered := by(t, morning, state, serviceSays(birthsService))
	altered.Service.Title = lang.Text{"en": "another"}
	twoLines := by(t, morning, state, end("births"))
	twoLines.By += "\n— " + twoLines.By
	unsigned := serviceSays(birthsService)
	unsigned.At = morning
	other := Statement{Service: &Service{ID: birthsService, Version: "3"}}
	impossible := births()
	impossible.Paths = []string{"/../"}
	for name, c := range map[string]struct {
		by   ID
		st   Statement
		code string
	}{
		"nothing":                     {state, Statement{}, "statement-refused"},
		"a service of another":        {city, by(t, morning, city, other), "statement-foreign"},
		"with the other's name":       {state, by(t, morning, city, other), "statement-forged"},
		"without a signature":         {state, unsigned, "statement-foreign"},
		"altered":                     {state, altered, "statement-forged"},
		"two signatures":              {state, twoLines, "statement-forged"},
		"members":                     {state, by(t, morning, state, memberSays(state, "civil", "tax", "more")), "statement-foreign"},
		"the law":                     {state, by(t, morning, state, Statement{Instrument: &Instrument{Ref: "zfpp"}}), "statement-foreign"},
		"a new node":                  {state, by(t, morning, state, newNode), "statement-foreign"},
		"a key without the former":    {state, by(t, morning, state, newKey), "statement-refused"},
		"a group of strangers":        {state, by(t, morning, state, Statement{Group: &Group{ID: subsystem(state, "g"), Members: []ID{subsystem(third, "x")}}}), "statement-refused"},
		"a service nowhere":           {state, by(t, morning, state, serviceSays(subsystem(state, "none").With("x"))), "statement-refused"},
		"the end of nothing":          {state, by(t, morning, state, end("none")), "statement-foreign"},
		"an end of others":            {third, by(t, morning, third, end("births")), "statement-foreign"},
		"a contract of others":        {third, Statement{Contract: signed(t, births())}, "statement-foreign"},
		"a contract half signed":      {state, Statement{Contract: half}, "statement-refused"},
		"a contract that cannot hold": {state, Statement{Contract: signed(t, impossible)}, "statement-refused"},
		"a contract that is none":     {state, Statement{Contract: "births"}, "statement-refused"},
		"from tomorrow":               {state, by(t, morning.Add(24*time.Hour), state, end("births")), "statement-late"},
		"from yesterday":              {state, by(t, morning.Add(-24*time.Hour), state, end("births")), "statement-late"},
	} {
		a := newAuthority(t, seed(t)[:5]...)
		say(t, a, Statement{Contract: signed(t, amended(births()))})
		if err := a.Submit(t.Context(), c.by, c.st); !problem.HasCode(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if a.State().Size != 6 {
			t.Errorf("%s: was taken", name)
		}
	}
}

func amended(c Contract) Contract {
	c.Quota++
	return c
}

func TestSignedStatementsAreNotSaidAgainLater(t *testing.T) {
	now := clock.NewManual(morning)
	a := openAuthority(t, testkit.Database(t, storage.SQLite)(Migrations()), now.Now)
	say(t, a, seed(t)...)
	pause, back := by(t, morning, city, paused(t, city)), by(t, later, city, nodeSays(t, city, "n1"))
	for _, st := range []Statement{pause, back} {
		if err := a.Submit(t.Context(), city, st); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Submit(t.Context(), city, pause); !problem.HasCode(err, "statement-late") {
		t.Errorf("an old pause was said again: %v", err)
	}
	if err := a.Append(t.Context(), pause); !errors.Is(err, ErrLate) {
		t.Errorf("the authority itself said it again: %v", err)
	}
}

// Whoever spoke while the clocks were far ahead is heard again when they are right, and what was said
// before is still not said again.
func TestAMemberIsHeardAfterTheClocksWereAhead(t *testing.T) {
	now := clock.NewManual(morning)
	a := openAuthority(t, testkit.Database(t, storage.SQLite)(Migrations()), now.Now)
	say(t, a, seed(t)...)
	speak := a.Submitter(city, signerOf(t, city.String()+"/n1"))
	early := by(t, now.Now(), city, paused(t, city))
	now.Advance(400 * 24 * time.Hour)
	if err := speak.Submit(t.Context(), paused(t, city)); err != nil {
		t.Fatal(err)
	}
	now.Set(morning)
	if err := speak.Submit(t.Context(), nodeSays(t, city, "n1")); err != nil {
		t.Errorf("after the clocks were ahead: %v", err)
	}
	if err := a.Submit(t.Context(), city, early); !problem.HasCode(err, "statement-late") {
		t.Errorf("what was said before was said again: %v", err)
	}
}

func TestSubmittedStatementsReachWhoSubmits(t *testing.T) {
	now := clock.NewManual(morning)
	a := openAuthority(t, testkit.Database(t, storage.SQLite)(Migrations()), now.Now)
	say(t, a, seed(t)...)
	mux := http.NewServeMux()
	mux.Handle("GET /registry", a)
	mux.Handle("POST /statements", a.Statements(func(*http.Request) (ID, bool) { return city, true }, quiet))
	server := serve(t, mux)
	f, err := NewFollower(t.Context(), testkit.Database(t, storage.SQLite)(Migrations()), verifierOf(t, origin), server.URL+"/registry", server.Client(), now.Now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	mine := f.Submitter(server.URL+"/statements", city, signerOf(t, city.String()+"/n1"))
	if err := mine.Submit(t.Context(), paused(t, city)); err != nil {
		t.Fatal(err)
	}
	if n, _ := f.State().Node(city, "n1"); n.Serves() {
		t.Error("who submitted does not know it")
	}
	theirs := a.Submitter(state, signerOf(t, state.String()+"/n1"))
	if err := theirs.Submit(t.Context(), end("births")); err != nil {
		t.Fatal(err)
	}
	if err := mine.Submit(t.Context(), serviceSays(birthsService)); !problem.HasCode(err, "statement-foreign") {
		t.Errorf("what is another's: %v", err)
	}
	server.Close()
	if err := mine.Submit(t.Context(), nodeSays(t, city, "n1")); !problem.HasCode(err, "registry-away") {
		t.Errorf("without the authority: %v", err)
	}
}

func TestStatementsAnswersBadRequests(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	good, err := by(t, morning, city, paused(t, city)).encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		member ID
		body   string
		want   int
	}{
		"a stranger":    {ID{}, string(good), 401},
		"nothing":       {city, "", 422},
		"not canonical": {city, string(good) + " ", 422},
		"too long":      {city, strings.Repeat(" ", maxStatement+1), 422},
		"another's":     {state, string(good), 403},
		"good":          {city, string(good), 200},
	} {
		w := httptest.NewRecorder()
		member := func(*http.Request) (ID, bool) { return c.member, c.member != ID{} }
		a.Statements(member, quiet).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(c.body))))
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestSubmittersAreHeldBack(t *testing.T) {
	now := clock.NewManual(morning)
	a := openAuthority(t, testkit.Database(t, storage.SQLite)(Migrations()), now.Now)
	say(t, a, seed(t)...)
	st := by(t, morning, state, serviceSays(birthsService))
	for i := range submitBurst {
		if err := a.Submit(t.Context(), state, st); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if err := a.Submit(t.Context(), state, st); !problem.HasCode(err, "statements-too-many") {
		t.Errorf("one too many: %v", err)
	}
	if err := a.Submit(t.Context(), city, by(t, morning, city, paused(t, city))); err != nil {
		t.Errorf("another member waits for it: %v", err)
	}
	now.Advance(time.Second)
	if err := a.Submit(t.Context(), state, st); err != nil {
		t.Errorf("a second later: %v", err)
	}
}
