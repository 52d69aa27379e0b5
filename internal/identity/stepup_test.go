package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/testkit"
)

// teller is an identity provider that says what a test wants it to say.
type teller struct {
	*httptest.Server
	signer jose.Signer
	public jose.JSONWebKey

	asked   atomic.Int64 // how often it was asked about itself
	hanging chan struct{}

	mu      sync.Mutex
	nonce   string         // guarded by mu
	authURL url.Values     // guarded by mu; of the last sign-in
	says    map[string]any // guarded by mu; claims of the next ID token
	about   map[string]any // guarded by mu; more of what it says about itself
	back    url.Values     // guarded by mu; more of what stands in the callback
}

// newTeller begins a provider and has the rig's node trust it.
func newTeller(t *testing.T) (*teller, *rig) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &teller{says: map[string]any{}, about: map[string]any{}, back: url.Values{}}
	p.public = jose.JSONWebKey{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}
	if p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		if p.hanging != nil {
			<-p.hanging
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		about := map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		}
		for name, value := range p.about {
			about[name] = value
		}
		_ = json.NewEncoder(w).Encode(about)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.public}})
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.authURL, p.nonce = r.URL.Query(), r.URL.Query().Get("nonce")
		q := url.Values{"code": {"c"}, "state": {r.URL.Query().Get("state")}}
		for name, values := range p.back {
			q[name] = values
		}
		http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?"+q.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := time.Now()
		claims := map[string]any{"iss": p.URL, "aud": "node", "sub": "officer", "name": "Јован Пример", "nonce": p.nonce, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
		for name, value := range p.says {
			claims[name] = value
		}
		payload, _ := json.Marshal(claims)
		signed, err := p.signer.Sign(payload)
		if err != nil {
			t.Error(err)
			return
		}
		token, _ := signed.CompactSerialize()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	r := onSQLite(t)
	r.config.Issuer, r.config.NumberClaim = p.URL, ""
	r.config.Levels = []identity.LevelRule{{ACR: "high", Level: act.LevelSecondFactor}, {ACR: "some", Level: act.LevelContact}, {ACR: "middle", Level: act.LevelEID}}
	r.id = r.open(r.db, slog.New(slog.NewTextHandler(r.log, nil)))
	r.give("officer", act.Grant{Role: identity.Administrator})
	return p, r
}

// set changes what the provider says.
func (p *teller) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// goes signs in and gives what the node answers in the end.
func (v *visitor) goes(query string) (status int, code string) {
	v.t.Helper()
	status, _, body := v.get(v.node.URL + "/sign-in?to=/&" + query)
	return status, body
}

// Before roles somebody has to have signed in of late, and only what the provider says
// about when that was counts: a session there that is old, silence, and a time to come
// do not.
func TestRolesWantASignInOfLate(t *testing.T) {
	p, r := newTeller(t)
	may := func(v *visitor) error {
		t.Helper()
		r.journal.clear()
		request, _ := http.NewRequest(http.MethodGet, "/", nil)
		request.AddCookie(v.cookie("dobosh-node"))
		actor, ok := r.id.Actor(request)
		if !ok {
			t.Fatal("nobody is signed in")
		}
		if _, err := r.id.Accounts(t.Context(), actor, ""); err != nil {
			t.Errorf("an old sign-in reads no list: %v", err)
		}
		given, err := r.id.Give(t.Context(), actor, "vesna", act.Grant{Role: identity.Registrar})
		if err != nil {
			if len(r.journal.acts(t)) != 0 {
				t.Error("what was refused left a receipt")
			}
			return err
		}
		if err := r.id.Take(t.Context(), actor, given.ID); err != nil {
			t.Errorf("what was given was not taken: %v", err)
		}
		return nil
	}
	for name, c := range map[string]struct {
		says  map[string]any
		fresh bool
	}{
		"the provider does not say":   {map[string]any{}, false},
		"an hour ago at the provider": {map[string]any{"auth_time": time.Now().Add(-time.Hour).Unix()}, false},
		"in an hour":                  {map[string]any{"auth_time": time.Now().Add(time.Hour).Unix()}, false},
		"it says a word":              {map[string]any{"auth_time": "now"}, false},
		"a minute ago":                {map[string]any{"auth_time": time.Now().Add(-time.Minute).Unix()}, true},
	} {
		p.set(func() { p.says = c.says })
		v := r.visitor()
		if status, body := v.goes(""); status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, body)
		}
		err := may(v)
		if c.fresh != (err == nil) || err != nil && !problem.HasCode(err, "sign-in-again") {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Signing in again asks the provider to ask, and does not believe one that did not.
	v := r.visitor()
	p.set(func() { p.says = map[string]any{"auth_time": time.Now().Add(-time.Hour).Unix()} })
	if status, _ := v.goes(""); status != http.StatusOK {
		t.Fatal("no first sign-in")
	}
	before := v.cookie("dobosh-node").Value
	for name, said := range map[string]any{"none": nil, "old": time.Now().Add(-10 * time.Minute).Unix(), "to come": time.Now().Add(time.Hour).Unix()} {
		p.set(func() { p.says = map[string]any{"auth_time": said} })
		if status, body := v.goes("again=yes"); status != http.StatusUnauthorized || body != "sign-in-not-fresh" {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if p.authURL.Get("prompt") != "login" || p.authURL.Get("max_age") != "0" {
			t.Errorf("asked with %v", p.authURL)
		}
	}
	if v.cookie("dobosh-node").Value != before {
		t.Error("a sign-in that failed changed the session")
	}
	p.set(func() { p.says = map[string]any{"auth_time": time.Now().Unix()} })
	if status, body := v.goes("again=yes"); status != http.StatusOK || v.cookie("dobosh-node").Value == before {
		t.Errorf("asked again: %d %s", status, body)
	}
	if err := may(v); err != nil {
		t.Errorf("asked again: %v", err)
	}
	r.clock.Advance(6 * time.Minute)
	if err := may(v); !problem.HasCode(err, "sign-in-again") {
		t.Errorf("six minutes later: %v", err)
	}
}

// An act that wants a level asks the provider for it, and does not believe less.
func TestALevelIsAskedFor(t *testing.T) {
	p, r := newTeller(t)
	v := r.visitor()
	if status, _ := v.goes(""); status != http.StatusOK || p.authURL.Has("acr_values") || p.authURL.Has("prompt") {
		t.Errorf("a sign-in that asks for nothing: %d %v", status, p.authURL)
	}
	for acr, want := range map[string]int{"": http.StatusForbidden, "some": http.StatusForbidden, "middle": http.StatusOK, "high": http.StatusOK} {
		p.set(func() { p.says = map[string]any{"acr": acr} })
		if status, body := v.goes("level=eid"); status != want || want == http.StatusForbidden && body != "sign-in-level" {
			t.Errorf("%q: %d %s", acr, status, body)
		}
		if got := p.authURL.Get("acr_values"); got != "middle high" {
			t.Errorf("asked for %q", got)
		}
	}
}

// Whoever mixes up two providers has an answer of one reach the other (RFC 9207).
func TestAnAnswerOfAnotherIssuerIsRefused(t *testing.T) {
	p, r := newTeller(t)
	for name, c := range map[string]struct {
		back url.Values
		want int
	}{
		"none": {nil, http.StatusOK}, "its own": {url.Values{"iss": {p.URL}}, http.StatusOK},
		"another": {url.Values{"iss": {"https://other.example"}}, http.StatusUnauthorized}, "with a slash": {url.Values{"iss": {p.URL + "/"}}, http.StatusUnauthorized},
		"two":                 {url.Values{"iss": {p.URL, "https://other.example"}}, http.StatusUnauthorized},
		"empty":               {url.Values{"iss": {""}}, http.StatusUnauthorized},
		"an error of another": {url.Values{"iss": {"https://other.example"}, "error": {"access_denied"}}, http.StatusUnauthorized},
	} {
		p.set(func() { p.back = c.back })
		v := r.visitor()
		status, code := v.goes("")
		if status != c.want || c.want != http.StatusOK && (code != "sign-in-failed" || v.cookie("dobosh-node") != nil) {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	strict, r := newTeller(t)
	strict.set(func() { strict.about["authorization_response_iss_parameter_supported"] = true })
	if status, code := r.visitor().goes(""); status != http.StatusUnauthorized || code != "sign-in-failed" {
		t.Errorf("one that says it always names itself, and does not: %d %s", status, code)
	}
}

// Signing out ends the session at the provider too, where that is possible.
func TestSigningOutGoesOnToTheProvider(t *testing.T) {
	leads := func(v *visitor) string {
		t.Helper()
		v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		defer func() { v.client.CheckRedirect = nil }()
		response, err := v.client.Post(v.node.URL+"/sign-out", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusSeeOther {
			t.Errorf("signing out: %d", response.StatusCode)
		}
		return response.Header.Get("Location")
	}
	p, r := newTeller(t)
	v := r.visitor()
	v.goes("")
	if to := leads(v); to != "/" || v.home() != "nobody" {
		t.Errorf("a provider without a way out: to %q as %s", to, v.home())
	}
	p, r = newTeller(t)
	p.set(func() { p.about["end_session_endpoint"] = p.URL + "/out?keep=1" })
	v = r.visitor()
	v.goes("")
	to, err := url.Parse(leads(v))
	if err != nil || to.Host != strings.TrimPrefix(p.URL, "http://") || to.Path != "/out" || v.home() != "nobody" {
		t.Fatalf("to %s as %s: %v", to, v.home(), err)
	}
	if q := to.Query(); q.Get("client_id") != "node" || q.Get("post_logout_redirect_uri") != r.node.URL+"/" || q.Get("keep") != "1" {
		t.Errorf("asked with %v", q)
	}
	if to := leads(v); to != "/" {
		t.Errorf("nobody is signed out at the provider: %s", to)
	}
	p.Close()
	if origins := r.id.Provider(); len(origins) != 1 || origins[0] != p.URL {
		t.Errorf("forms may lead to %v", origins)
	}

	// The demonstration's provider takes people back.
	lab := onSQLite(t)
	v = lab.visitor()
	v.signIn("milica", "/")
	response, err := v.client.Post(v.node.URL+"/sign-out", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, at, body := v.read(response); status != http.StatusOK || at.String() != lab.node.URL+"/" || body != "nobody" {
		t.Errorf("at the demonstration: %d %s %s", status, at, body)
	}
}

// A provider that does not answer is asked once, however many come, and not again at
// once.
func TestManyWaitForOneAnswerOfTheProvider(t *testing.T) {
	p, r := newTeller(t)
	p.hanging = make(chan struct{})
	const crowd = 200
	var came atomic.Int64
	done := make(chan error, crowd)
	for range crowd {
		go func() {
			came.Add(1)
			done <- r.id.BeginSignIn(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sign-in", nil))
		}()
	}
	testkit.Eventually(t, "all wait", func() bool { return came.Load() == crowd && p.asked.Load() > 0 })
	close(p.hanging)
	for range crowd {
		if err := <-done; !problem.HasCode(err, "sign-in-provider-away") {
			t.Errorf("while the provider is away: %v", err)
		}
	}
	if n := p.asked.Load(); n > crowd/10 { // some more where somebody came after the answer
		t.Errorf("%d people asked %d times", crowd, n)
	}
}
