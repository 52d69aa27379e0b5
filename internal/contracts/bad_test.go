package contracts

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// letterOf is a letter as its sender would sign it.
func letterOf(t testing.TB, l Letter) string {
	t.Helper()
	signed, err := l.sign(signerOf(t, log(l.From)))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func signedText(t testing.TB, c registry.Contract, members ...registry.ID) string {
	t.Helper()
	text, err := c.Sign(signerOf(t, log(members[0])))
	for _, m := range members[1:] {
		more, e := c.Sign(signerOf(t, log(m)))
		_, line, _ := strings.Cut(more, "\n\n")
		text, err = text+line, errors.Join(err, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// first is the letter that opens a proposal of the city.
func first(t testing.TB, proposal string) Letter {
	t.Helper()
	return Letter{Proposal: proposal, N: 1, Act: Propose, From: city, At: morning, Contract: signedText(t, births(), city)}
}

func TestLettersThatAreNotTaken(t *testing.T) {
	w := newWorld(t, "sqlite")
	d, p := w.desks[state], w.proposed()
	altered := strings.Replace(letterOf(t, first(t, id.New())), `"n":1`, `"n":2`, 1)
	foreign := births()
	foreign.ID, foreign.Provider, foreign.Service = "x", system(third, "portal"), "s"
	stolen := births()
	stolen.ID, stolen.Consumer = "taken", system(city, "tax")
	w.say(registry.Statement{Contract: signedText(t, stolen, city, state)})
	again := births()
	again.ID = "taken"
	next := func(change func(*Letter)) string {
		l := Letter{Proposal: p.ID, N: 2, Act: Withdraw, From: city, At: morning}
		change(&l)
		return letterOf(t, l)
	}
	opening := func(change func(*Letter)) string {
		l := first(t, id.New())
		change(&l)
		return letterOf(t, l)
	}
	for name, c := range map[string]struct {
		from   registry.ID
		letter string
		code   string
	}{
		"nothing":                     {city, "", "letter-forged"},
		"too long":                    {city, letterHeading + strings.Repeat("x", maxLetter), "letter-forged"},
		"altered":                     {city, altered, "letter-forged"},
		"by the pin of another":       {third, opening(func(*Letter) {}), "letter-forged"},
		"signed by another":           {city, strings.Replace(opening(func(l *Letter) { l.From = third }), "THIRD", "CITY", 1), "letter-forged"},
		"a contract of others":        {city, opening(func(l *Letter) { l.Contract = signedText(t, foreign, city) }), "contract-foreign"},
		"a contract it did not sign":  {city, opening(func(l *Letter) { l.Contract = signedText(t, births(), third) }), "contract-forged"},
		"a contract that is none":     {city, opening(func(l *Letter) { l.Contract = "births" }), "contract-forged"},
		"an id of others":             {city, opening(func(l *Letter) { l.Contract = signedText(t, again, city) }), "contract-id-taken"},
		"the same number, other text": {city, opening(func(l *Letter) { l.Proposal, l.At = p.ID, morning.Add(1) }), "letter-contradicts"},
		"before what precedes it":     {city, next(func(l *Letter) { l.N = 3 }), "letter-early"},
		"about nothing":               {city, next(func(l *Letter) { l.Proposal = id.New() }), "letter-early"},
		"from a third":                {third, next(func(l *Letter) { l.From = third }), "letter-foreign"},
		"out of turn":                 {city, next(func(l *Letter) { l.Act, l.Reason = Refuse, "no" }), "letter-contradicts"},
		"approved by its author":      {city, next(func(l *Letter) { l.Act, l.Contract = Approve, signedText(t, births(), city, state) }), "letter-contradicts"},
		"a reason without a refusal":  {city, next(func(l *Letter) { l.Reason = "because" }), "letter-forged"},
		"an act that is none":         {city, next(func(l *Letter) { l.Act = "sell" }), "letter-forged"},
	} {
		if err := d.Take(t.Context(), c.from, c.letter); !problem.HasCode(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if now := w.at(state, p.ID); now.State != Open || len(now.Steps) != 1 {
		t.Errorf("the proposal changed: %+v", now)
	}
	if list, err := d.Proposals(t.Context(), officer, "", ""); err != nil || len(list.Items) != 1 {
		t.Errorf("%d proposals, %v", len(list.Items), err)
	}
}

// An approval must be of the very text, with our own signature under it.
func TestAnApprovalOfAnotherTextIsNone(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	more := births()
	more.Fields = []string{""}
	for name, text := range map[string]string{
		"another text":       signedText(t, more, city, state),
		"without our hand":   signedText(t, births(), state),
		"without theirs":     signedText(t, births(), city),
		"with that of third": signedText(t, births(), city, third),
	} {
		l := Letter{Proposal: p.ID, N: 2, Act: Approve, From: state, At: morning, Contract: text}
		if err := w.desks[city].Take(t.Context(), state, letterOf(t, l)); !problem.HasCode(err, "contract-forged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := w.at(city, p.ID); now.State != Open {
		t.Errorf("state %s", now.State)
	}
}

func TestAReplayedProposalChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		letter := letterOf(t, first(t, id.New()))
		for range 3 {
			if err := w.desks[state].Take(t.Context(), city, letter); err != nil {
				t.Fatal(err)
			}
		}
		list, err := w.desks[state].Proposals(t.Context(), officer, "", "")
		if err != nil || len(list.Items) != 1 || len(w.journals[state].entries) != 1 {
			t.Fatalf("%d proposals, %d in the journal, %v", len(list.Items), len(w.journals[state].entries), err)
		}
		p := list.Items[0]
		got, err := w.desks[state].Refuse(t.Context(), officer, p.ID, p.Version, "no")
		ok(t, got, err)
		if err := w.desks[state].Take(t.Context(), city, letter); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if now := w.at(state, p.ID); now.State != Refused {
			t.Errorf("a replay opened it again: %s", now.State)
		}
	})
}

func TestAKeyThatWasReplacedSignsNothing(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	rotated := newKey(t, city, "n1 later")
	w.say(registry.Statement{Node: &rotated})
	if _, err := w.desks[state].Approve(t.Context(), officer, p.ID, w.at(state, p.ID).Version); !problem.HasCode(err, "signature-stale") {
		t.Errorf("%v", err)
	}
}

func TestThePeerIsKnownByItsKey(t *testing.T) {
	w := newWorld(t, "sqlite")
	from, known := city, error(nil)
	h := w.desks[state].Handler(func(*http.Request) (registry.ID, error) { return from, known })
	letter := letterOf(t, first(t, id.New()))
	send := func(body string) (int, string) {
		r := httptest.NewRecorder()
		h.ServeHTTP(r, httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body)))
		return r.Code, r.Body.String()
	}
	if code, _ := send(letter); code != http.StatusNoContent {
		t.Errorf("a letter: %d", code)
	}
	if code, said := send(strings.Repeat("x", maxLetter+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d %s", code, said)
	}
	if code, said := send("hello"); code != http.StatusUnprocessableEntity || !strings.Contains(said, "letter-forged") {
		t.Errorf("no letter: %d %s", code, said)
	}
	known = errors.New("nobody")
	if code, said := send(letter); code != http.StatusUnauthorized || !strings.Contains(said, "peer-unknown") {
		t.Errorf("a stranger: %d %s", code, said)
	}
}

func TestWhatAPeerAnswersIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   string
		final  bool
	}{
		"taken":          {204, "", "", false},
		"refused":        {422, `{"code":"letter-forged"}`, "letter-forged", true},
		"later":          {503, `{"code":"letter-early"}`, "letter-early", false},
		"no words":       {500, `oops`, "node-answer-broken", false},
		"words of evil":  {422, `{"code":"<script>"}`, "node-answer-broken", false},
		"a status of no": {302, `{"code":"moved"}`, "moved", false},
	} {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		to := registry.Node{Member: state, Address: s.Listener.Addr().String()}
		err := HTTP{func(registry.Node) *http.Client { return s.Client() }}.Carry(t.Context(), to, "letter")
		if c.code == "" && err != nil || c.code != "" && (!problem.HasCode(err, c.code) || final(problem.Of(err).Kind) != c.final) {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
		if err := (HTTP{func(registry.Node) *http.Client { return s.Client() }}).Carry(t.Context(), to, "letter"); !problem.HasCode(err, "node-away") {
			t.Errorf("%s, afterwards: %v", name, err)
		}
	}
}

func TestGroups(t *testing.T) {
	w := newWorld(t, "sqlite")
	d := w.desks[state]
	all := registry.Group{ID: system(state, "cities"), Members: []registry.ID{system(city, "family"), system(third, "portal")}}
	if err := d.PutGroup(t.Context(), officer, all); err != nil {
		t.Fatal(err)
	}
	own, others, err := d.Groups(t.Context(), auditor)
	if err != nil || len(own) != 1 || len(others) != 0 {
		t.Errorf("%v %v %v", own, others, err)
	}
	for name, c := range map[string]struct {
		group registry.Group
		code  string
	}{
		"another's":    {registry.Group{ID: system(city, "x")}, "group-foreign"},
		"a subsystem":  {registry.Group{ID: system(state, "civil")}, "group-is-system"},
		"of strangers": {registry.Group{ID: system(state, "x"), Members: []registry.ID{system(third, "none")}}, "client-unknown"},
		"twice":        {registry.Group{ID: system(state, "x"), Members: []registry.ID{all.Members[0], all.Members[0]}}, "member-twice"},
	} {
		err := d.PutGroup(t.Context(), officer, c.group)
		if !problem.HasCode(err, "group-terms") || problem.Of(err).Fields[0].Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := births() // the provider gives a right to its own group: both sides are here
	c.ID, c.Consumer, c.Group = "for-cities", registry.ID{}, all.ID
	p, err := d.Propose(t.Context(), officer, id.New(), c)
	ok(t, p, err)
	p, err = d.Approve(t.Context(), officer, p.ID, p.Version)
	ok(t, p, err)
	w.settle()
	if p = w.at(state, p.ID); p.State != InForce {
		t.Errorf("%s %s", p.State, p.Reason)
	}
	if !w.authority.State().Lets(&c, system(third, "portal"), registry.ID{}) {
		t.Error("a member of the group may not ask")
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add(letterOf(f, Letter{Proposal: id.New(), N: 2, Act: Withdraw, From: city, At: morning}))
	f.Add(letterOf(f, first(f, id.New())))
	f.Add(letterHeading + "{}\n\n— a b\n")
	keys := newWorld(f, "sqlite").desks[city].keys
	f.Fuzz(func(t *testing.T, text string) {
		l, err := readLetter(text, keys)
		if err == nil && l.check() != nil {
			t.Errorf("%+v was taken", l)
		}
	})
}
