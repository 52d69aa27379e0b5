package pages_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/identity"
	identitypages "dobosh/internal/identity/pages"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/signin"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/internal/work"
)

// mail is a post that shows what it carried.
type mail struct {
	mu      sync.Mutex
	letters []identity.Letter // guarded by mu
}

func (m *mail) Address(typed string) (identity.Channel, string, error) {
	if strings.Count(typed, "@") != 1 {
		return "", "", errors.New("no address")
	}
	return identity.Email, typed, nil
}

func (m *mail) Carry(_ context.Context, l identity.Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, l)
	return nil
}

// town is a portal with a provider of electronic identities beside it.
type town struct {
	*httptest.Server
	runner *work.Runner
	mail   *mail
}

func openTown(t *testing.T) *town {
	t.Helper()
	var front http.Handler
	w := &town{mail: &mail{}}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { front.ServeHTTP(rw, r) }))
	w.URL = strings.Replace(w.URL, "127.0.0.1", "localhost", 1) // keys are bound to names
	t.Cleanup(w.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back := w.URL + portal.SignInReturn
	issuer := "http://" + strings.Replace(listener.Addr().String(), "127.0.0.1", "localhost", 1) + "/idp"
	provider, err := signin.New(signin.Config{
		Issuer: issuer, KeyFile: filepath.Join(t.TempDir(), "key.pem"), Clients: []signin.Client{{ID: "town", RedirectURLs: []string{back}}},
		Persons: []signin.Person{{Subject: "milica", Name: "Милица Пример", Number: jmbg.Make(civil.Date(1800, time.March, 4), 85, 501).String()}},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	idp := &http.Server{Handler: provider, ReadHeaderTimeout: time.Minute}
	go func() { _ = idp.Serve(listener) }()
	t.Cleanup(func() { _ = idp.Close() })

	db := testkit.Database(t, storage.SQLite)(identity.Migrations(), work.Migrations())
	w.runner = work.New(db, time.Now, slog.New(slog.DiscardHandler), "town")
	sectors, err := identity.NewSectors(map[string][]byte{"family": make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.New(t.Context(), identity.Config{
		Issuer: issuer, ClientID: "town", RedirectURL: back, NumberClaim: signin.NumberClaim,
	}, identity.Needs{
		Member: "RS-TEST/GOV/CITY", DB: db, Journal: book{}, Sectors: sectors, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		ContactKey: make([]byte, 32), Post: w.mail, Work: w.runner, Title: lang.Text{"sr": "Град", "en": "City"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = id.Close() })
	if err := w.runner.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	brought, err := identitypages.New(id)
	if err != nil {
		t.Fatal(err)
	}
	all, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	cfg := pages.Config(all)
	cfg.PublicURL, cfg.Now, cfg.SignIn, cfg.Sessions, cfg.ByContact = w.URL, time.Now, id, id, identitypages.ByContact
	front = pages.Open(t, cfg, brought)
	return w
}

var eightDigits = regexp.MustCompile(`\d{4} \d{4}`)

// codes are those that went to an address so far, the oldest first.
func (w *town) codes(t *testing.T, address string) (codes []string) {
	t.Helper()
	if _, err := w.runner.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	for _, l := range w.mail.letters {
		if l.To == address {
			codes = append(codes, eightDigits.FindString(l.Body.In(l.Lang)))
		}
	}
	return codes
}

// say is a sentence in English.
func say(t *testing.T, key string, pairs ...string) string {
	t.Helper()
	all, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return all.Say(lang.En, key, pairs...)
}

// pick presses the button of the one person at the provider.
func pick(t *testing.T, p *browser.Page) {
	t.Helper()
	for _, name := range p.Names("button") {
		if strings.Contains(name, "Milica") || strings.Contains(name, "Милица") {
			p.Click("button", name)
			return
		}
	}
	t.Fatalf("nobody to be: %s", p.Text())
}

// A form that somebody fills who came by a mailbox, and that wants an electronic identity, is
// there when they come back with one, and what it does is done once. Nobody needs a script
// for it.
func TestAFormGoesAlongThroughTheSignIn(t *testing.T) {
	w := openTown(t)
	p := browser.Start(t).Visitor(t, browser.Options{NoScripts: true, Host: "localhost"}).Tab()
	p.Open(w.URL + "/?lang=en")
	p.Says(say(t, "reached.welcome"))
	p.Click("link", say(t, "sign-in.by-contact"))
	p.Check("identity-contact", lang.En)
	p.Fill(say(t, "reached.address"), "nothing")
	p.Click("button", say(t, "reached.button"))
	p.Says(say(t, "problem.contact-address"))
	p.Fill(say(t, "reached.address"), "ana@primer.example")
	p.Click("button", say(t, "reached.button"))
	p.Check("identity-code", lang.En)
	p.Fill(say(t, "reached.code"), "0000 0000")
	p.Click("button", say(t, "reached.code-button"))
	p.Says(say(t, "problem.code-wrong"))
	p.Fill(say(t, "reached.code"), w.codes(t, "ana@primer.example")[0])
	p.Click("button", say(t, "reached.code-button"))

	p.Open(w.URL + "/me")
	p.Says(say(t, "me.contact-only"), "ana@primer.example")
	p.Check("identity-me-contact", lang.En)
	p.Click("link", say(t, "contact.add"))
	p.Fill(say(t, "contact.add.address"), "druga@primer.example")
	p.Click("button", say(t, "contact.add-button"))
	p.Says(say(t, "held.kept"))
	p.Check("identity-held", lang.En)
	if sent := w.codes(t, "druga@primer.example"); len(sent) != 0 {
		t.Fatalf("done before the sign-in: %v", sent)
	}
	p.Click("link", say(t, "sign-in.button"))
	pick(t, p)
	p.Says(say(t, "contact.add"))
	if !p.Holds(say(t, "contact.add.address"), "druga@primer.example") {
		t.Fatalf("what was typed is gone: %s", p.Text())
	}
	if sent := w.codes(t, "druga@primer.example"); len(sent) != 0 {
		t.Fatalf("done by coming back: %v", sent)
	}
	p.Click("button", say(t, "contact.add-button"))
	sent := w.codes(t, "druga@primer.example")
	if len(sent) != 1 {
		t.Fatalf("done %d times", len(sent))
	}
	p.Check("identity-confirm", lang.En)
	p.Fill(say(t, "contact.confirm.code"), sent[0])
	p.Click("button", say(t, "contact.confirm-button"))
	p.Says(say(t, "me.contacts-note"), "druga@primer.example")
	p.Open(w.URL + "/me?lang=sr-Cyrl")
	p.Check("identity-me", lang.SrCyrl)
	p.Open(w.URL + "/me?lang=sr-Latn")
	p.Check("identity-me", lang.SrLatn)
}

// A link in a message signs in nobody: what programs open before people do is a question.
func TestNoLinkSignsIn(t *testing.T) {
	w := openTown(t)
	for _, path := range []string{identitypages.ByContact + "?address=ana@primer.example", "/sign-in/code?code=12345678"} {
		response, err := http.Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		for _, c := range response.Cookies() {
			if c.Value != "" {
				t.Errorf("%s gives the cookie %s", path, c.Name)
			}
		}
	}
	if sent := w.codes(t, "ana@primer.example"); len(sent) != 0 {
		t.Errorf("opening a page sends codes: %v", sent)
	}
}

// A passkey raises an electronic identity to the second factor, and what nobody's key has
// signed does not.
func TestAPasskeyIsASecondFactor(t *testing.T) {
	w := openTown(t)
	p := browser.Start(t).Visitor(t, browser.Options{Host: "localhost"}).Tab()
	lies := p.HoldsKeys()
	p.Open(w.URL + "/sign-in?to=/me%3Flang%3Den")
	pick(t, p)
	p.Says(say(t, "name.level.eid"), say(t, "me.keys-note"))
	p.Click("link", say(t, "passkey.add"))
	p.Check("identity-passkey-add", lang.En)
	p.Click("button", say(t, "passkey.add-button"))
	p.Says(say(t, "me.title"))
	p.Says(strings.TrimSpace(say(t, "me.key", "day", "")), say(t, "passkey.remove-button"))
	p.Open(w.URL + "/sign-in?level=eid-second-factor&to=/me")
	p.Says(say(t, "passkey.show-lead"))
	p.Check("identity-passkey", lang.En)
	p.Click("button", say(t, "passkey.show-button"))
	p.Says(say(t, "me.title"), say(t, "name.level.eid-second-factor"))

	p.Touch("DisclosureTriangle", say(t, "nav.more"))
	p.Click("button", say(t, "nav.sign-out"))
	p.Open(w.URL + "/sign-in?to=/me")
	pick(t, p)
	lies()
	p.Open(w.URL + "/sign-in?level=eid-second-factor&to=/me")
	p.Click("button", say(t, "passkey.show-button"))
	p.Says(say(t, "problem.passkey-failed"))
	p.Open(w.URL + "/me")
	p.Says(say(t, "name.level.eid"))
	if strings.Contains(p.Text(), say(t, "name.level.eid-second-factor")) {
		t.Error("a signature of noughts was believed")
	}
}
