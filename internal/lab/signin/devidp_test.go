package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
)

const back = "http://node.example/callback"

func demo(t *testing.T) Config {
	return Config{
		Issuer:  "http://idp.example/idp",
		KeyFile: filepath.Join(t.TempDir(), "key.pem"),
		Clients: []Client{{ID: "node", RedirectURLs: []string{back}}, {ID: "safe", Secret: "s3cret", RedirectURLs: []string{"https://safe.example/cb"}}},
		Persons: []Person{
			{Subject: "milica", Name: "Милица Пример", Number: jmbg.Make(civil.Date(1800, time.March, 4), 85, 502).String(),
				Note: lang.Text{"sr": "мајка двоје деце, Зрењанин", "en": "mother of two, Zrenjanin"}},
			{Subject: "jovan", Name: "Јован <Пример>", StaffOf: lang.Text{"sr": "Град Зрењанин", "en": "City of Zrenjanin"}},
		},
	}
}

// browser sends requests to the handler and follows nothing.
type browser struct {
	t       *testing.T
	handler http.Handler
}

func newBrowser(t *testing.T, cfg Config) browser {
	t.Helper()
	handler, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, handler}
}

func (b browser) get(target string) *http.Response {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w.Result()
}

func (b browser) post(target string, form url.Values, change ...func(*http.Request)) *http.Response {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const verifier = "a-verifier-that-has-at-least-forty-three-characters"

func ask(change func(url.Values)) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {"node"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"state"}, "nonce": {"nonce"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
	if change != nil {
		change(q)
	}
	return "/idp/authorize?" + q.Encode()
}

// visit goes from the authorization request to the login page.
func (b browser) visit(change func(url.Values)) (login string) {
	b.t.Helper()
	response := b.get(ask(change))
	to := response.Header.Get("Location")
	if response.StatusCode != http.StatusFound || !strings.HasPrefix(to, "http://idp.example/idp/login?id=") {
		b.t.Fatalf("%d to %q: %s", response.StatusCode, to, body(b.t, response))
	}
	return strings.TrimPrefix(to, "http://idp.example")
}

// code presses a button and returns where the browser is sent with which code.
func (b browser) code(login, subject string) (to *url.URL, code string) {
	b.t.Helper()
	_, id, _ := strings.Cut(login, "id=")
	response := b.post("/idp/login", url.Values{"id": {id}, "subject": {subject}})
	if response.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%d %s", response.StatusCode, body(b.t, response))
	}
	response = b.get(strings.TrimPrefix(response.Header.Get("Location"), "http://idp.example"))
	to, err := url.Parse(response.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	return to, to.Query().Get("code")
}

func (b browser) redeem(code string) (*http.Response, map[string]any) {
	b.t.Helper()
	response := b.post("/idp/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "client_id": {"node"}, "code_verifier": {verifier}})
	var answer map[string]any
	if err := json.Unmarshal([]byte(body(b.t, response)), &answer); err != nil {
		b.t.Fatal(err)
	}
	return response, answer
}

func TestCodeIsRedeemedOnce(t *testing.T) {
	b := newBrowser(t, demo(t))
	to, code := b.code(b.visit(nil), "milica")
	if to.Host != "node.example" || to.Query().Get("state") != "state" || code == "" {
		t.Fatalf("sent to %s", to)
	}
	response, answer := b.redeem(code)
	if response.StatusCode != http.StatusOK {
		t.Fatal(answer)
	}
	claims := idToken(t, answer)
	for name, want := range map[string]any{
		"iss": "http://idp.example/idp", "sub": "milica", "nonce": "nonce", "name": "Милица Пример",
		NumberClaim: jmbg.Make(civil.Date(1800, time.March, 4), 85, 502).String(),
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	if response, answer := b.redeem(code); response.StatusCode != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("the second time: %d %v", response.StatusCode, answer)
	}
}

func idToken(t *testing.T, answer map[string]any) map[string]any {
	t.Helper()
	token, _ := answer["id_token"].(string)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("ID token %q", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestUserinfo(t *testing.T) {
	b := newBrowser(t, demo(t))
	_, code := b.code(b.visit(nil), "milica")
	_, answer := b.redeem(code)
	get := func(token string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "/idp/userinfo", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	status, text := get(answer["access_token"].(string))
	if status != http.StatusOK || !strings.Contains(text, `"jmbg":"0403800855028"`) || !strings.Contains(text, `"sub":"milica"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := get("x" + answer["access_token"].(string)); status != http.StatusUnauthorized {
		t.Errorf("a strange token: %d", status)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	b := newBrowser(t, demo(t))
	for name, change := range map[string]func(url.Values){
		"unknown client":   func(q url.Values) { q.Set("client_id", "other") },
		"other way back":   func(q url.Values) { q.Set("redirect_uri", "http://evil.example/") },
		"no PKCE":          func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") },
		"plain PKCE":       func(q url.Values) { q.Set("code_challenge_method", "plain") },
		"implicit flow":    func(q url.Values) { q.Set("response_type", "id_token") },
		"without the page": func(q url.Values) { q.Set("prompt", "none") },
	} {
		response := b.get(ask(change))
		to := response.Header.Get("Location")
		if strings.Contains(to, "/login") || strings.Contains(to, "evil") || strings.Contains(to, "code=") {
			t.Errorf("%s: %d to %s", name, response.StatusCode, to)
		}
	}
}

func TestSecretClient(t *testing.T) {
	b := newBrowser(t, demo(t))
	safe := func(q url.Values) { q.Set("client_id", "safe"); q.Set("redirect_uri", "https://safe.example/cb") }
	for secret, want := range map[string]int{"s3cret": http.StatusOK, "wrong": http.StatusUnauthorized, "": http.StatusUnauthorized} {
		_, code := b.code(b.visit(safe), "milica")
		response := b.post("/idp/oauth/token", url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://safe.example/cb"}, "code_verifier": {verifier}},
			func(r *http.Request) { r.SetBasicAuth("safe", secret) })
		if response.StatusCode != want {
			t.Errorf("secret %q: %d", secret, response.StatusCode)
		}
	}
}

func TestVisitHasOneEnd(t *testing.T) {
	b := newBrowser(t, demo(t))
	login := b.visit(nil)
	_, id, _ := strings.Cut(login, "id=")
	if response := b.post("/idp/login", url.Values{"id": {id}, "subject": {"nobody"}}); response.StatusCode != http.StatusGone {
		t.Errorf("an unknown person: %d", response.StatusCode)
	}
	if response := b.get("/idp/authorize/callback?id=" + id); strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("a code before anybody was chosen")
	}
	if _, code := b.code(login, "jovan"); code == "" {
		t.Error("no code")
	}
	if response := b.post("/idp/login", url.Values{"id": {id}, "subject": {"milica"}}); response.StatusCode != http.StatusGone {
		t.Errorf("chosen twice: %d", response.StatusCode)
	}
	if response := b.get("/idp/authorize/callback?id=" + id); strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("the name from before the choice gives a code")
	}
	if response := b.get(login); response.StatusCode != http.StatusGone {
		t.Errorf("the page of an ended visit: %d", response.StatusCode)
	}
}

func TestLoginPage(t *testing.T) {
	b := newBrowser(t, demo(t))
	login := b.visit(func(q url.Values) { q.Set("ui_locales", "sr-Latn") })
	cases := map[string]struct {
		target string
		want   []string
	}{
		"as the client asked": {login, []string{`<html lang="sr-Latn">`, "Milica Primer", "majka dvoje dece, Zrenjanin", "Grad Zrenjanin", "Ovo je demonstracija."}},
		"Cyrillic":            {login + "&lang=sr-Cyrl", []string{`<html lang="sr-Cyrl">`, "Милица Пример", "Град Зрењанин", "Јован &lt;Пример&gt;"}},
		"English":             {login + "&lang=en", []string{`<html lang="en">`, "Milica Primer", "mother of two, Zrenjanin", "City of Zrenjanin", "Residents", "This is a demonstration."}},
		"expired":             {"/idp/login?id=x&lang=en", []string{"no longer valid", "begin to sign in again"}},
	}
	for name, c := range cases {
		text := body(t, b.get(c.target))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", name, want, text)
			}
		}
		for _, never := range []string{"<script", "style=", "[", "0403800855028"} {
			if strings.Contains(regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(text, ""), never) {
				t.Errorf("%s: has %q", name, never)
			}
		}
	}
}

// The policy must allow exactly what the page contains.
func TestLoginPageHeaders(t *testing.T) {
	b := newBrowser(t, demo(t))
	response := b.get(b.visit(nil))
	text := body(t, response)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(text)
	if style == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", "frame-ancestors 'none'",
		"form-action 'self' http://node.example https://safe.example;",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if response.Header.Get("Cache-Control") != "no-store" || len(text) > 8<<10 {
		t.Errorf("%d bytes, %v", len(text), response.Header)
	}
}

func TestLongBodyIsRefused(t *testing.T) {
	b := newBrowser(t, demo(t))
	response := b.post("/idp/login", url.Values{"id": {strings.Repeat("x", 100<<10)}})
	if response.StatusCode < 400 {
		t.Errorf("%d", response.StatusCode)
	}
}

func TestKeyOutlivesRestart(t *testing.T) {
	cfg := demo(t)
	keys := func() string { return body(t, newBrowser(t, cfg).get("/idp/keys")) }
	first := keys()
	if second := keys(); first != second || !strings.Contains(first, `"P-256"`) || strings.Contains(first, `"d"`) {
		t.Errorf("%s, then %s", first, second)
	}
}

func TestBadConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no issuer":          func(c *Config) { c.Issuer = "" },
		"subject twice":      func(c *Config) { c.Persons = append(c.Persons, c.Persons[0]) },
		"empty subject":      func(c *Config) { c.Persons = []Person{{}} },
		"wrong number":       func(c *Config) { c.Persons[0].Number = "0403800855029" },
		"client without way": func(c *Config) { c.Clients = []Client{{ID: "x"}} },
		"no place for a key": func(c *Config) { c.KeyFile = filepath.Join(c.KeyFile, "x", "y") },
	} {
		cfg := demo(t)
		change(&cfg)
		if _, err := New(cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestShelf(t *testing.T) {
	now := time.Unix(0, 0)
	s := newShelf[int](3, time.Minute, func() time.Time { return now })
	for i, name := range []string{"a", "b", "c", "d"} {
		s.put(name, i)
	}
	if _, ok := s.get("a"); ok {
		t.Error("the oldest of too many is still there")
	}
	if got, ok := s.take("b"); got != 1 || !ok {
		t.Error("a thing is lost")
	}
	if _, ok := s.take("b"); ok {
		t.Error("taken twice")
	}
	now = now.Add(time.Minute)
	if _, ok := s.get("c"); ok {
		t.Error("a thing outlived its time")
	}
	s.put("e", 4)
	if len(s.byName) != 1 || len(s.order) != 1 {
		t.Errorf("%d things, %d in order", len(s.byName), len(s.order))
	}
	if got, ok := s.get("e"); got != 4 || !ok {
		t.Error("the wrong thing")
	}
}
