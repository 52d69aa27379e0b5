package identity_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/identity"
)

func TestRoundTrip(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		v := r.visitor()
		if got := v.home(); got != "nobody" {
			t.Fatalf("before: %s", got)
		}
		status, at, body := v.signIn("milica", "/offers/7?from=mail")
		if status != http.StatusOK || at.RequestURI() != "/offers/7?from=mail" || body != "milica at /offers/7?from=mail" {
			t.Fatalf("landed at %s: %d %s", at, status, body)
		}
		cookie := v.cookie("dobosh-node")
		request, _ := http.NewRequest(http.MethodGet, "/", nil)
		request.AddCookie(cookie)
		actor, ok := r.id.Actor(request)
		if !ok || actor.Name != "Милица Пример" || !actor.Has(identity.Resident) || actor.Has(identity.Officer) {
			t.Errorf("actor %+v", actor)
		}
		want, err := r.sectors.Pseudonym("family", milica())
		if err != nil || actor.Is("family") != want || actor.Is("receipts") == want || actor.Is("health") != "" {
			t.Errorf("pseudonyms %v, want %s in family (%v)", actor.Persons, want, err)
		}
		if age := r.clock.Now().Sub(actor.AuthTime); age < -5e9 || age > 60e9 {
			t.Errorf("authenticated %v ago", age)
		}
	})
}

func TestStaffIsNoResident(t *testing.T) {
	r := onSQLite(t)
	v := r.visitor()
	v.signIn("officer", "/")
	request, _ := http.NewRequest(http.MethodGet, "/", nil)
	request.AddCookie(v.cookie("dobosh-node"))
	actor, ok := r.id.Actor(request)
	if !ok || !actor.Has(identity.Officer) || !actor.Has(identity.Auditor) || actor.Has(identity.Resident) || actor.Is("family") != "" {
		t.Errorf("actor %+v", actor)
	}
}

func TestNobodyIsNotAdmitted(t *testing.T) {
	r := onSQLite(t)
	v := r.visitor()
	status, _, body := v.signIn("stranger", "/")
	if status != http.StatusForbidden || body != "sign-in-not-admitted" || v.cookie("dobosh-node") != nil {
		t.Errorf("%d %s", status, body)
	}
}

// What the database and the log keep must not name the person.
func TestNumberIsNotKept(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.visitor().signIn("milica", "/")
		var account string
		var sealed []byte
		err := r.db.Read(t.Context()).QueryRowContext(t.Context(), "select account_hash, sealed from identity_sessions").Scan(&account, &sealed)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.id.Close(); err != nil { // nobody writes to the log any more
			t.Fatal(err)
		}
		pseudonym, err := r.sectors.Pseudonym("family", milica())
		if err != nil {
			t.Fatal(err)
		}
		kept := account + string(sealed) + r.log.String()
		for _, secret := range []string{milica().String(), pseudonym, "Милица", "milica"} {
			if strings.Contains(kept, secret) {
				t.Errorf("%q is kept: %s", secret, kept)
			}
		}
	})
}

func TestCallbacksThatDoNotHold(t *testing.T) {
	param := func(name, value string) func(string) string {
		return func(callback string) string {
			u, _ := url.Parse(callback)
			q := u.Query()
			q.Set(name, value)
			u.RawQuery = q.Encode()
			return u.String()
		}
	}
	cases := map[string]struct {
		authorize func(*url.URL)            // changes the request to the provider
		callback  func(string) string       // changes the answer
		browser   func(v *visitor) *visitor // changes who brings it
		status    int
		code      string
	}{
		"wrong state":     {callback: param("state", "AAAA"), status: 422, code: "sign-in-stale"},
		"no state":        {callback: param("state", ""), status: 422, code: "sign-in-stale"},
		"wrong code":      {callback: param("code", "AAAA"), status: 401, code: "sign-in-failed"},
		"no code":         {callback: param("code", ""), status: 401, code: "sign-in-failed"},
		"person declined": {callback: param("error", "access_denied"), status: 401, code: "sign-in-declined"},
		"another browser": {browser: func(v *visitor) *visitor { return v.visitor() }, status: 422, code: "sign-in-stale"},
		"wrong nonce":     {authorize: func(u *url.URL) { replace(u, "nonce", "other") }, status: 401, code: "sign-in-failed"},
		"wrong challenge": {authorize: func(u *url.URL) { replace(u, "code_challenge", "other") }, status: 401, code: "sign-in-failed"},
		"too late":        {browser: func(v *visitor) *visitor { v.clock.Advance(11 * 60e9); return v }, status: 422, code: "sign-in-stale"},
		"strange cookie": {browser: func(v *visitor) *visitor {
			v.set(&http.Cookie{Name: "dobosh-sign-in-node", Value: "AAAA"})
			return v
		}, status: 422, code: "sign-in-stale"},
	}
	r := onSQLite(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			start := r.clock.Now()
			defer r.clock.Set(start)
			v := r.visitor()
			callback := v.choose(v.begin("/", c.authorize), "milica")
			if c.callback != nil {
				callback = c.callback(callback)
			}
			if c.browser != nil {
				v = c.browser(v)
			}
			status, _, body := v.get(callback)
			if status != c.status || body != c.code {
				t.Errorf("%d %s, want %d %s", status, body, c.status, c.code)
			}
			if v.cookie("dobosh-node") != nil {
				t.Error("there is a session")
			}
		})
	}
}

// The clocks of the node and of the provider may differ.
func TestClocksDiffer(t *testing.T) {
	r := onSQLite(t)
	start := r.clock.Now()
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		r.clock.Set(start.Add(off))
		if _, _, body := r.visitor().signIn("milica", "/"); body != "milica at /" {
			t.Errorf("%v off: %s", off, body)
		}
	}
}

func replace(u *url.URL, name, value string) {
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
}

func TestReplayedCallback(t *testing.T) {
	r := onSQLite(t)
	v := r.visitor()
	visit := v.begin("/", nil)
	signIn := v.cookie("dobosh-sign-in-node")
	callback := v.choose(visit, "milica")
	if _, _, body := v.get(callback); body != "milica at /" {
		t.Fatal(body)
	}
	if status, _, body := v.get(callback); status != 422 || body != "sign-in-stale" {
		t.Errorf("in the same browser: %d %s", status, body)
	}
	thief := r.visitor()
	thief.set(signIn)
	if status, _, body := thief.get(callback); status != 401 || body != "sign-in-failed" {
		t.Errorf("with a copy of the cookie: %d %s", status, body)
	}
	if v.home() == "nobody" {
		t.Error("the replay ended the session")
	}
}

func TestOpenRedirects(t *testing.T) {
	r := onSQLite(t)
	for _, to := range []string{
		"https://evil.example/", "//evil.example/", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example",
		"/\n/evil.example", "javascript:alert(1)", "", "offers", "http:/evil.example", "/%0d%0aSet-Cookie:x=1\r\nX: y",
		"/" + strings.Repeat("a", 2000), "/\x00", " /offers", "/%2f%2fevil.example/../..//evil.example\\",
	} {
		_, at, _ := r.visitor().signIn("milica", to)
		if at.Host != r.visitor().nodeURL().Host || at.Path != "/" {
			t.Errorf("%q led to %s", to, at)
		}
	}
}

func TestSessionFixation(t *testing.T) {
	r := onSQLite(t)
	attacker, victim := r.visitor(), r.visitor()
	attacker.signIn("officer", "/")
	planted := attacker.cookie("dobosh-node")
	victim.set(planted)
	victim.signIn("milica", "/")
	if victim.cookie("dobosh-node").Value == planted.Value {
		t.Error("the planted token was kept")
	}
	if got := attacker.home(); got != "nobody" {
		t.Errorf("the planted session still lives: %s", got)
	}
	if got := victim.home(); got != "milica at /" {
		t.Errorf("the victim is %s", got)
	}
}

func TestProviderAway(t *testing.T) {
	r := onSQLite(t)
	address := r.idp.Listener.Addr().(*net.TCPAddr).String()
	r.idp.Close()
	v := r.visitor()
	if status, _, body := v.get(r.node.URL + "/sign-in"); status != 503 || body != "sign-in-provider-away" {
		t.Fatalf("before it came: %d %s", status, body)
	}
	if v.home() != "nobody" {
		t.Error("the rest does not work")
	}
	r.startProvider(address)
	if _, _, body := v.signIn("milica", "/"); body != "milica at /" {
		t.Fatalf("when it came: %s", body)
	}
	second := r.visitor()
	callback := second.choose(second.begin("/", nil), "milica")
	r.idp.Close()
	if status, _, body := second.get(callback); status != 503 || body != "sign-in-provider-away" {
		t.Errorf("when it went in the middle: %d %s", status, body)
	}
	if v.home() != "milica at /" {
		t.Error("who is signed in does not need the provider")
	}
}

// A provider that comes back with its key still signs; one with a new key too,
// because the node fetches keys it does not know.
func TestProviderWithNewKey(t *testing.T) {
	r := onSQLite(t)
	r.visitor().signIn("milica", "/")
	address := r.idp.Listener.Addr().String()
	r.idp.Close()
	r.startProvider(address)
	if _, _, body := r.visitor().signIn("milica", "/"); body != "milica at /" {
		t.Error(body)
	}
}

func TestSecureCookies(t *testing.T) {
	r := onSQLite(t, withTLS)
	v := r.visitor()
	var set []*http.Cookie
	visit := v.begin("/", nil)
	v.client.CheckRedirect = func(q *http.Request, _ []*http.Request) error {
		set = append(set, q.Response.Cookies()...)
		return nil
	}
	callback := v.choose(visit, "milica")
	v.client.CheckRedirect = func(q *http.Request, _ []*http.Request) error {
		set = append(set, q.Response.Cookies()...)
		return nil
	}
	v.get(callback)
	names := map[string]bool{}
	for _, c := range set {
		names[c.Name] = true
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %s", c.Raw)
		}
	}
	if !names["__Host-dobosh"] || !names["__Host-dobosh-sign-in"] {
		t.Errorf("cookies %v", names)
	}
}
