package identity_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// carried is a post that keeps what it carried, for a test to read.
type carried struct {
	mu      sync.Mutex
	letters []identity.Letter // guarded by mu
	away    error             // who carries does not say that they have
}

func (c *carried) Address(typed string) (identity.Channel, string, error) {
	if strings.HasPrefix(typed, "+") {
		return identity.SMS, typed, nil
	}
	if strings.Count(typed, "@") != 1 {
		return "", "", errors.New("no address")
	}
	return identity.Email, typed, nil
}

func (c *carried) Carry(_ context.Context, l identity.Letter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letters = append(c.letters, l)
	return c.away
}

// book is the courier's: pseudonym and channel lead to an address.
type book map[string]string

func (b book) Reach(_ context.Context, _ *storage.Tx, persons map[string]string, channel identity.Channel, to string, _ lang.Tag) error {
	for _, person := range persons {
		b[person+" "+string(channel)] = to
	}
	return nil
}

// meeting is a node at which people are known by contacts.
type meeting struct {
	t       *testing.T
	id      *identity.Identity
	db      *storage.DB
	clock   *clock.Manual
	sectors *identity.Sectors
	post    *carried
	book    book
	runner  *work.Runner
	acts    map[string]act.Act
}

func onContacts(t *testing.T, test func(t *testing.T, m *meeting)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		m := &meeting{t: t, db: open(identity.Migrations(), work.Migrations()), clock: clock.NewManual(time.Now()), post: &carried{}, book: book{}, sectors: mustSectors(t), acts: map[string]act.Act{}}
		log := slog.New(slog.DiscardHandler)
		m.runner = work.New(m.db, m.clock.Now, log, "node")
		var err error
		m.id, err = identity.New(t.Context(), identity.Config{Issuer: "https://id.example", ClientID: "node", RedirectURL: "http://node.example/callback"}, identity.Needs{
			Member: "RS-TEST/GOV/CITY", DB: m.db, Journal: &journalBook{}, Sectors: m.sectors, Now: m.clock.Now, Log: log,
			ContactKey: make([]byte, 32), Post: m.post, Book: m.book, Work: m.runner, Title: lang.Text{"sr": "Град", "en": "City"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.id.Close() })
		if err := m.runner.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := m.id.Acts()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			m.acts[a.Name] = a
		}
		test(t, m)
	})
}

// resident is somebody with an electronic identity.
func (m *meeting) resident(n int) act.Actor {
	m.t.Helper()
	person, err := m.sectors.Person(jmbg.Make(civil.Date(1800, time.March, 4), 85, 500+n))
	if err != nil {
		m.t.Fatal(err)
	}
	person.Account, person.Level = fmt.Sprintf("resident-%d", n), act.LevelEID
	return person
}

var eightDigits = regexp.MustCompile(`\d{4} \d{4}`)

// code is the last one that went to an address; empty for none since the last time.
func (m *meeting) code(address string) (code string) {
	m.t.Helper()
	if _, err := m.runner.RunDue(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	m.post.mu.Lock()
	defer m.post.mu.Unlock()
	for _, l := range m.post.letters {
		if strings.EqualFold(l.To, address) {
			code = eightDigits.FindString(l.Body.In(l.Lang))
		}
	}
	m.post.letters = nil
	return code
}

func (m *meeting) do(by act.Actor, name string, pairs ...string) (string, error) {
	form, path := url.Values{}, map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "contact" {
			path["contact"] = pairs[i+1]
			continue
		}
		form.Set(pairs[i], pairs[i+1])
	}
	done, err := m.acts[name].Do(m.t.Context(), by, act.FromValues(form).With(path))
	if err != nil {
		return "", err
	}
	return done.(identity.Added).Contact, nil
}

// confirms adds an address to a person, by its code.
func (m *meeting) confirms(by act.Actor, address string) (contact string) {
	m.t.Helper()
	contact, err := m.do(by, identity.ActAddContact, "address", address, "lang", "en")
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := m.do(by, identity.ActConfirmContact, "contact", contact, "code", m.code(address)); err != nil {
		m.t.Fatal(err)
	}
	return contact
}

// browser is one that holds cookies.
type browser struct {
	*meeting
	jar *cookiejar.Jar
}

func (m *meeting) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{m, jar}
}

var nodeAt = &url.URL{Scheme: "http", Host: "node.example", Path: "/"}

func (b *browser) with(do func(w http.ResponseWriter, r *http.Request) error) error {
	r, w := httptest.NewRequest(http.MethodPost, nodeAt.String(), nil), httptest.NewRecorder()
	for _, c := range b.jar.Cookies(nodeAt) {
		r.AddCookie(c)
	}
	err := do(w, r)
	b.jar.SetCookies(nodeAt, w.Result().Cookies())
	return err
}

func (b *browser) asks(address string) error {
	return b.with(func(w http.ResponseWriter, r *http.Request) error {
		return b.id.AskCode(w, r, address, "/cases", lang.En)
	})
}

func (b *browser) enters(code string, anew bool) error {
	return b.with(func(w http.ResponseWriter, r *http.Request) error {
		to, err := b.id.EnterCode(w, r, code, anew)
		if err == nil && to != "/cases" {
			b.t.Errorf("led to %q", to)
		}
		return err
	})
}

// who is signed in; the zero actor for nobody.
func (b *browser) who() (by act.Actor) {
	_ = b.with(func(_ http.ResponseWriter, r *http.Request) error { by, _ = b.id.Actor(r); return nil })
	return by
}

// signsIn comes by a code.
func (b *browser) signsIn(address string, anew bool) act.Actor {
	b.t.Helper()
	if err := b.asks(address); err != nil {
		b.t.Fatal(err)
	}
	if err := b.enters(b.code(address), anew); err != nil {
		b.t.Fatal(err)
	}
	return b.who()
}

// fault is the code of what is wrong with a field.
func faultOf(err error) string {
	if err == nil {
		return ""
	}
	if p := problem.Of(err); len(p.Fields) == 1 {
		return p.Fields[0].Name + " " + p.Fields[0].Code
	}
	return problem.Of(err).Code
}

// A contact is an identity of its own: whoever comes by it again is the same person, in every
// sector another name, and nobody whom a register could be asked about.
func TestAContactIsAnIdentity(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		first := m.browser().signsIn("ana@primer.example", false)
		if first.Level != act.LevelContact || !first.Has(identity.Resident) || !strings.HasPrefix(first.Account, identity.ContactPrefix) || strings.Contains(first.Account, "ana") {
			t.Errorf("came as %+v", first)
		}
		if first.Is("family") == "" || first.Is("family") == first.Is("receipts") {
			t.Errorf("persons %v", first.Persons)
		}
		if _, err := m.sectors.Number("family", first.Is("family")); !errors.Is(err, identity.ErrPseudonym) {
			t.Errorf("a contact has a national number: %v", err)
		}
		if there, err := m.sectors.Translate("family", "receipts", first.Is("family")); err != nil || there != first.Is("receipts") {
			t.Errorf("translated to %q: %v", there, err)
		}
		if again := m.browser().signsIn("Ana@Primer.example", false); again.Account != first.Account || !maps.Equal(again.Persons, first.Persons) {
			t.Errorf("came again as %+v", again)
		}
		if other := m.browser().signsIn("eva@primer.example", false); other.Account == first.Account || other.Is("family") == first.Is("family") {
			t.Error("two addresses are one person")
		}
		if m.book[first.Is("family")+" email"] != "ana@primer.example" {
			t.Errorf("notices go to %v", m.book)
		}
		if _, err := m.do(first, identity.ActAddContact, "address", "x@primer.example", "lang", "en"); !problem.HasCode(err, "level-too-low") {
			t.Errorf("a mailbox leads word elsewhere: %v", err)
		}
		if _, err := m.id.Give(t.Context(), administrator(), first.Account, act.Grant{Role: identity.Officer}); err == nil && m.browser().signsIn("ana@primer.example", false).Has(identity.Officer) {
			t.Error("a mailbox holds an office")
		}
	})
}

// The capitals of an address lead to the one that stands, and the code goes there: the other
// may be somebody else's mailbox.
// A code also comes as a text, in one part, and what it opens is at the level of a contact. A number that a
// resident confirmed is where texts about their cases go.
func TestAPhoneIsAnIdentity(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		const number = "+381641234567"
		by := m.browser().signsIn(number, false)
		if by.Level != act.LevelContact || by.Name != number || len(by.Persons) == 0 {
			t.Errorf("%+v", by)
		}
		if again := m.browser().signsIn(number, false); again.Account != by.Account {
			t.Error("the same number leads to somebody else")
		}
		for _, person := range by.Persons {
			if m.book[person+" sms"] != number || m.book[person+" email"] != "" {
				t.Errorf("reached at %v", m.book)
			}
		}
		if err := m.browser().asks(number); err != nil {
			t.Fatal(err)
		}
		if _, err := m.runner.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.post.mu.Lock()
		l := m.post.letters[0]
		m.post.mu.Unlock()
		if text := l.Body.In(lang.En); l.Channel != identity.SMS || len(text) > 160 || !eightDigits.MatchString(text) || strings.Contains(text, "\n") {
			t.Errorf("%s: %q", l.Channel, text)
		}
		m.post.letters = nil
		ana := m.resident(1)
		m.confirms(ana, number)
		for _, person := range ana.Persons {
			if m.book[person+" sms"] != number {
				t.Errorf("a resident is reached at %v", m.book)
			}
		}
	})
}

func TestTheCodeGoesToTheAddressThatStands(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		m.browser().signsIn("ana@primer.example", false)
		if err := m.browser().asks("ANA@primer.example"); err != nil {
			t.Fatal(err)
		}
		if m.code("ana@primer.example") == "" {
			t.Error("the code did not go to the address that stands")
		}
	})
}

// A code works once, for a while, in the browser that asked, and is not guessed.
func TestCodesAreHardToGuess(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		b := m.browser()
		if err := b.enters("1234 5678", false); !problem.HasCode(err, "sign-in-stale") {
			t.Errorf("a browser that asked for nothing: %v", err)
		}
		if err := b.asks("ana@primer.example"); err != nil {
			t.Fatal(err)
		}
		code := m.code("ana@primer.example")
		elsewhere := m.browser()
		if err := elsewhere.asks("eva@primer.example"); err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.enters(code, false); faultOf(err) != "code code-wrong" {
			t.Errorf("a code of another browser: %v", err)
		}
		for i := range 5 {
			if err := b.enters(fmt.Sprintf("0000 000%d", i), false); faultOf(err) != "code code-wrong" {
				t.Errorf("a guess: %v", err)
			}
		}
		if err := b.enters(code, false); faultOf(err) != "code code-wrong" {
			t.Errorf("the sixth try: %v", err)
		}
		if err := b.asks("ana@primer.example"); err != nil {
			t.Fatal(err)
		}
		code = m.code("ana@primer.example")
		m.clock.Advance(16 * time.Minute)
		if err := b.enters(code, false); !problem.HasCode(err, "sign-in-stale") {
			t.Errorf("a code of a quarter of an hour ago: %v", err)
		}
		b.signsIn("ana@primer.example", false)
		if err := b.enters(code, false); !problem.HasCode(err, "sign-in-stale") {
			t.Errorf("a code twice: %v", err)
		}
	})
}

// A gateway that took a code and did not say so knows it when it comes again: the same message has the same id.
func TestACodeThatComesAgainHasItsId(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		m.post.away = errors.New("no answer")
		if err := m.browser().asks("+381641234567"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, _ = m.runner.RunDue(t.Context()) // it says that nobody answered
			m.clock.Advance(time.Minute)
		}
		m.post.mu.Lock()
		defer m.post.mu.Unlock()
		if l := m.post.letters; len(l) < 2 || l[0].ID != l[1].ID {
			t.Errorf("%d messages: %+v", len(l), l)
		}
	})
}

// However many codes are asked for, one address gets few, and who asks sees no difference.
func TestCodesToOneAddressAreFew(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		sent := 0
		for range 9 {
			if err := m.browser().asks("ana@primer.example"); err != nil {
				t.Fatalf("asked too often, and told so: %v", err)
			}
			if m.code("ana@primer.example") != "" {
				sent++
			}
			m.clock.Advance(time.Minute)
		}
		if sent != 5 {
			t.Errorf("%d codes in nine minutes", sent)
		}
		m.clock.Advance(time.Hour)
		m.browser().signsIn("ana@primer.example", false)
	})
}

// Nothing at rest shows a code, an address, or whose it is.
func TestCodesAndAddressesAreKeptClosed(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		a := m.resident(1)
		contact, err := m.do(a, identity.ActAddContact, "address", "ana@primer.example", "lang", "en")
		if err != nil {
			t.Fatal(err)
		}
		open := func(when string, secrets ...string) {
			t.Helper()
			for _, query := range []string{
				`select attempt || code_hash || address_hash from identity_codes`, `select cast(sealed as text) from identity_codes`, `select owner || address_hash || id from identity_contacts`,
				`select cast(sealed as text) from identity_contacts`, `select job from work_jobs`,
			} {
				rows, err := m.db.Read(t.Context()).QueryContext(t.Context(), query)
				all, err := storage.All(rows, err, func(scan storage.Scan) (s string, err error) { return s, scan(&s) })
				if err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				for _, secret := range secrets {
					if strings.Contains(strings.Join(all, "\n"), secret) {
						t.Errorf("%s: %s shows %q", when, query, secret)
					}
				}
			}
		}
		open("before it was carried", "ana@primer", a.Is("family"))
		code := m.code("ana@primer.example")
		if code == "" {
			t.Fatal("no code came")
		}
		open("carried", "ana@primer", strings.ReplaceAll(code, " ", ""), code)
		if _, err := m.do(a, identity.ActConfirmContact, "contact", contact, "code", code); err != nil {
			t.Fatal(err)
		}
		open("confirmed", "ana@primer", a.Is("family"))
	})
}

// aliases of a person, as the next request finds them.
func (m *meeting) aliases(by act.Actor) []string {
	m.t.Helper()
	all, err := m.id.AliasesOf(m.t.Context(), by.Persons)
	if err != nil {
		m.t.Fatal(err)
	}
	return all["family"]
}

// What was begun under a contact is the person's who has joined it, and stays theirs, whoever
// has the address later.
func TestAHistoryIsJoinedAndNeverTakenOver(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		a, b := m.resident(1), m.resident(2)
		window := m.browser()
		before := window.signsIn("ana@primer.example", false)
		contact := m.confirms(a, "ana@primer.example")
		if got := m.aliases(a); !slices.Equal(got, []string{before.Is("family")}) {
			t.Fatalf("joined %v, want %v", got, before.Is("family"))
		}
		if window.who().Known() {
			t.Error("the session of the contact goes on after it was joined")
		}

		// B has the mailbox now: neither by an electronic identity nor by a code is the history theirs.
		m.clock.Advance(time.Hour)
		m.confirms(b, "ana@primer.example")
		if got := m.aliases(b); len(got) != 0 {
			t.Errorf("B has taken over %v", got)
		}
		if got := m.aliases(a); !slices.Equal(got, []string{before.Is("family")}) {
			t.Errorf("A has lost the history: %v", got)
		}
		if list, err := m.id.Contacts(t.Context(), a); err != nil || len(list) != 1 || !list[0].Shared || list[0].ID != contact {
			t.Errorf("A sees %+v: %v", list, err)
		}
		stranger := m.browser()
		m.clock.Advance(time.Hour)
		if err := stranger.asks("ana@primer.example"); err != nil {
			t.Fatal(err)
		}
		code := m.code("ana@primer.example")
		if err := stranger.enters(code, false); faultOf(err) != "anew contact-joined" || stranger.who().Known() {
			t.Errorf("a joined address signs in: %v as %v", err, stranger.who())
		}
		if err := stranger.enters(code, true); err != nil {
			t.Fatalf("begun anew, with the same code: %v", err)
		}
		fresh := stranger.who()
		if fresh.Is("family") == before.Is("family") || fresh.Is("family") == "" {
			t.Error("who began anew is who was before")
		}
		if got := m.aliases(a); !slices.Equal(got, []string{before.Is("family")}) {
			t.Errorf("A has %v", got)
		}
	})
}

// A contact that is removed leaves its history where it is; another who has it keeps it.
func TestAContactIsRemoved(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		a, b := m.resident(1), m.resident(2)
		before := m.browser().signsIn("ana@primer.example", false)
		contact := m.confirms(a, "ana@primer.example")
		if m.book[a.Is("family")+" email"] != "ana@primer.example" || m.book[before.Is("family")+" email"] != "ana@primer.example" {
			t.Errorf("notices go to %v", m.book)
		}
		if _, err := m.do(b, identity.ActRemoveContact, "contact", contact); !problem.HasCode(err, "contact-unknown") {
			t.Errorf("another removes it: %v", err)
		}
		if _, err := m.do(a, identity.ActRemoveContact, "contact", contact); err != nil {
			t.Fatal(err)
		}
		if got := m.aliases(a); !slices.Equal(got, []string{before.Is("family")}) || m.book[a.Is("family")+" email"] != "" || m.book[before.Is("family")+" email"] != "" {
			t.Errorf("after it was removed: %v, %v", got, m.book)
		}
		m.clock.Advance(time.Hour)
		if later := m.browser().signsIn("ana@primer.example", false); later.Is("family") == before.Is("family") {
			t.Error("the address leads to what was joined to another")
		}
	})
}

// An address that nobody confirmed for half a year may be another's.
func TestAnAddressThatLayLongLeadsToNobody(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		before := m.browser().signsIn("ana@primer.example", false)
		m.clock.Advance(181 * 24 * time.Hour)
		a := m.resident(1)
		m.confirms(a, "ana@primer.example")
		if got := m.aliases(a); slices.Contains(got, before.Is("family")) {
			t.Error("a history of long ago was taken over by an electronic identity")
		}
		eva := m.browser().signsIn("eva@primer.example", false)
		m.clock.Advance(181 * 24 * time.Hour)
		if later := m.browser().signsIn("eva@primer.example", false); later.Is("family") == eva.Is("family") {
			t.Error("a history of long ago was taken over by a code")
		}
	})
}

// Whoever guesses the code of a contact that another has added, or confirms with a code that
// is too old, has nothing.
func TestAContactIsConfirmedByItsCodeOnly(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		a, b := m.resident(1), m.resident(2)
		contact, err := m.do(a, identity.ActAddContact, "address", "ana@primer.example", "lang", "en")
		if err != nil {
			t.Fatal(err)
		}
		code := m.code("ana@primer.example")
		if _, err := m.do(b, identity.ActConfirmContact, "contact", contact, "code", code); !problem.HasCode(err, "contact-unknown") {
			t.Errorf("another confirms it: %v", err)
		}
		for range 5 {
			if _, err := m.do(a, identity.ActConfirmContact, "contact", contact, "code", "0000 0000"); faultOf(err) != "code code-wrong" {
				t.Errorf("a guess: %v", err)
			}
		}
		if _, err := m.do(a, identity.ActConfirmContact, "contact", contact, "code", code); faultOf(err) != "code code-wrong" {
			t.Errorf("the sixth try: %v", err)
		}
		m.clock.Advance(time.Minute)
		if _, err := m.do(a, identity.ActAgainContact, "contact", contact); err != nil {
			t.Fatal(err)
		}
		if _, err := m.do(a, identity.ActConfirmContact, "contact", contact, "code", m.code("ana@primer.example")); err != nil {
			t.Error(err)
		}
		if _, err := m.do(a, identity.ActAddContact, "address", "ANA@primer.example", "lang", "en"); faultOf(err) != "address contact-have" {
			t.Errorf("added twice: %v", err)
		}
		if _, err := m.do(a, identity.ActAddContact, "address", "nothing", "lang", "en"); faultOf(err) != "address contact-address" {
			t.Errorf("no address: %v", err)
		}
		if _, err := m.do(a, identity.ActSpeak, "lang", "sr-Latn"); err != nil {
			t.Fatal(err)
		}
		if list, err := m.id.Contacts(t.Context(), a); err != nil || list[0].Lang != lang.SrLatn || list[0].Confirmed.IsZero() {
			t.Errorf("in the end %+v: %v", list, err)
		}
	})
}

// lines is what went to each address since the last time, by subject.
func (m *meeting) lines() (sent []string) {
	m.t.Helper()
	if _, err := m.runner.RunDue(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	m.post.mu.Lock()
	defer m.post.mu.Unlock()
	for _, l := range m.post.letters {
		sent = append(sent, l.To+": "+l.Subject.In(lang.En)+" / "+l.Body.In(lang.En))
	}
	m.post.letters = nil
	slices.Sort(sent)
	return sent
}

// When somebody else confirms an address, whoever has it too is told, wherever they are reached, and who it is nobody learns.
func TestWhoHasAnAddressTooIsTold(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		a, b := m.resident(1), m.resident(2)
		m.confirms(a, "ana@primer.example")
		m.confirms(a, "druga@primer.example")
		if sent := m.lines(); len(sent) != 0 {
			t.Errorf("told though nobody else is there: %v", sent)
		}
		m.clock.Advance(time.Hour)
		m.confirms(b, "Ana@primer.example")
		sent := m.lines()
		if len(sent) != 2 || !strings.HasPrefix(sent[0], "ana@primer.example: Somebody else") || !strings.HasPrefix(sent[1], "druga@primer.example: Somebody else") || !strings.Contains(sent[1], "at ana@primer.example") {
			t.Errorf("A is told %q", sent)
		}
		m.clock.Advance(time.Hour)
		m.browser().signsIn("ana@primer.example", true) // begins anew with the mailbox
		if sent = m.lines(); len(sent) != 3 {           // A at both, and B
			t.Errorf("told that somebody begins anew: %q", sent)
		}
	})
}

// Mail leads to whoever alone has confirmed the address that it comes from, with what they began before; to nobody where several
// have, or where the address lay long.
func TestWhoseAnAddressIs(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		owners := func(address string) []string {
			t.Helper()
			found, err := m.id.Owners(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(found)
			return found
		}
		sorted := func(actors ...act.Actor) (all []string) {
			for _, a := range actors {
				all = slices.AppendSeq(all, maps.Values(a.Persons))
			}
			slices.Sort(all)
			return all
		}
		a, b := m.resident(1), m.resident(2)
		if got := owners("ana@primer.example"); got != nil {
			t.Errorf("an address that nobody has is that of %v", got)
		}
		contact := m.browser().signsIn("ana@primer.example", false)
		if got := owners("ana@primer.example"); !slices.Equal(got, sorted(contact)) {
			t.Errorf("known by a contact alone: %v", got)
		}
		m.clock.Advance(181 * 24 * time.Hour)
		if got := owners("ana@primer.example"); got != nil {
			t.Errorf("an address that lay long is that of %v", got)
		}
		contact = m.browser().signsIn("ana@primer.example", false)
		added, err := m.do(a, identity.ActAddContact, "address", "ana@primer.example", "lang", "en")
		if err != nil {
			t.Fatal(err)
		}
		if got := owners("ana@primer.example"); !slices.Equal(got, sorted(contact)) {
			t.Errorf("what A has not confirmed is %v", got)
		}
		if _, err := m.do(a, identity.ActConfirmContact, "contact", added, "code", m.code("ana@primer.example")); err != nil {
			t.Fatal(err)
		}
		if got := owners("ana@primer.example"); !slices.Equal(got, sorted(a, contact)) {
			t.Errorf("after it was joined: %v, want A and what was begun before", got)
		}
		if got := owners("ANA@primer.example"); len(got) == 0 {
			t.Error("capitals make it another")
		}
		m.clock.Advance(time.Hour)
		m.confirms(b, "ana@primer.example")
		if got := owners("ana@primer.example"); got != nil {
			t.Errorf("of two who have it, it is that of %v", got)
		}
		if _, err := m.do(a, identity.ActRemoveContact, "contact", added); err != nil {
			t.Fatal(err)
		}
		left := owners("ana@primer.example")
		for _, name := range append(sorted(b), m.aliases(b)...) { // what would begin with the address is B's now
			if !slices.Contains(left, name) || len(left) != 2*len(sorted(b)) {
				t.Errorf("after A removed it: %v, want B, %s", left, name)
			}
		}
		var raw []byte
		if err := m.db.Read(t.Context()).QueryRowContext(t.Context(), `select persons from identity_contacts where persons is not null limit 1`).Scan(&raw); err != nil || strings.Contains(string(raw), b.Is("family")) {
			t.Errorf("whose it is lies in the open: %v", err)
		}
	})
}

// Somebody who adds another's address to their electronic identity, and asks for the code on the telephone, is betrayed by the message: it says
// what the code is for. It works where it was asked for only, and in no sign-in.
func TestACodeSaysWhatItIsFor(t *testing.T) {
	onContacts(t, func(t *testing.T, m *meeting) {
		attacker, victim := m.resident(1), m.browser()
		victim.signsIn("ana@primer.example", false)
		m.clock.Advance(time.Hour)
		if _, err := m.do(attacker, identity.ActAddContact, "address", "ana@primer.example", "lang", "en"); err != nil {
			t.Fatal(err)
		}
		sent := m.lines()
		if len(sent) != 1 || !strings.HasPrefix(sent[0], "ana@primer.example: Code for adding") || !strings.Contains(sent[0], "your cases would become theirs") {
			t.Fatalf("sent was %q", sent)
		}
		other := m.browser()
		if err := other.asks("ana@primer.example"); err != nil {
			t.Fatal(err)
		}
		if got := m.lines(); len(got) != 1 || strings.HasPrefix(got[0], "ana@primer.example: Code for adding") {
			t.Errorf("a code to sign in: %q", got)
		}
		if err := other.enters(eightDigits.FindString(sent[0]), false); faultOf(err) != "code code-wrong" || other.who().Known() {
			t.Errorf("a code of one use works in another: %v", err)
		}
		if got := m.aliases(attacker); len(got) != 0 {
			t.Errorf("joined without a code: %v", got)
		}
	})
}
