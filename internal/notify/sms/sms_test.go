package sms

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHowManyPartsATextTakes(t *testing.T) {
	for text, want := range map[string]struct {
		coding Coding
		parts  int
	}{
		"":                       {GSM7, 1},
		strings.Repeat("a", 160): {GSM7, 1},
		strings.Repeat("a", 161): {GSM7, 2},
		strings.Repeat("a", 306): {GSM7, 2},
		strings.Repeat("a", 307): {GSM7, 3},
		strings.Repeat("€", 80):  {GSM7, 1},
		strings.Repeat("a", 152) + "€" + strings.Repeat("a", 10): {GSM7, 2},
		strings.Repeat("a", 152) + strings.Repeat("€", 77) + "a": {GSM7, 3}, // 307 places, and the first part ends before a sign of two
		strings.Repeat("š", 70):                                  {UCS2, 1},
		strings.Repeat("ш", 71):                                  {UCS2, 2},
		strings.Repeat("ш", 134):                                 {UCS2, 2},
		strings.Repeat("😀", 35):                                  {UCS2, 1},
		strings.Repeat("😀", 67):                                  {UCS2, 3}, // 134 units, 33 whole signs in each part
		"Grad Zrenjanin: ceka vas [ponuda] {}":                   {GSM7, 1},
	} {
		if coding, parts := Measure(text); coding != want.coding || parts != want.parts {
			t.Errorf("%.20q, %d bytes: %s in %d, want %v", text, len(text), coding, parts, want)
		}
	}
}

// A text takes fewer parts by plainer quotation marks, and never by other letters.
func TestATextKeepsItsLetters(t *testing.T) {
	english := strings.Repeat("a", 100) + " “the office’s answer” – today…"
	if got := Fit(english); got != strings.Repeat("a", 100)+` "the office's answer" - today...` {
		t.Error(got)
	}
	for _, serbian := range []string{strings.Repeat("čćžšđ ", 20), strings.Repeat("шишање ", 20), "„кратко“"} {
		if got := Fit(serbian); got != serbian {
			t.Errorf("%q became %q", serbian, got)
		}
	}
}

type asked struct {
	body, token, key, kind string
}

func serve(t *testing.T, answer func(w http.ResponseWriter)) (string, *asked) {
	t.Helper()
	a := &asked{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		*a = asked{string(raw), r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type")}
		answer(w)
	}))
	t.Cleanup(server.Close)
	return server.URL, a
}

func open(t *testing.T, cfg Config) Sender {
	t.Helper()
	cfg.Countries = []string{"381"}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	s, err := cfg.Open(func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatAGatewayIsAsked(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, a := serve(t, func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) })
	hostile := Message{ID: "n-1", To: "+381641234567", Text: "a&to=+1900\"},\"x\":{to} {id}\nš"}
	form := open(t, Config{URL: url, TokenFile: token, From: "GRAD", Body: "dest={to}&msg={text}&sender={from}&ref={id}"})
	if err := form.Send(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	key := a.key
	want := "dest=%2B381641234567&msg=a%26to%3D%2B1900%22%7D%2C%22x%22%3A%7Bto%7D+%7Bid%7D%0A%C5%A1&ref=" + key + "&sender=GRAD"
	if a.body != want || a.token != "Bearer secret-token" || len(key) != 32 || a.kind != "application/x-www-form-urlencoded" {
		t.Errorf("%+v", a)
	}
	document := open(t, Config{URL: url, Format: "json", From: "GRAD", Body: `{"messages":[{"to":["{to}"],"content":{"text":"{text}"},"ttl":60,"ref":"{id}"}]}`})
	if err := document.Send(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	want = `{"messages":[{"content":{"text":"a\u0026to=+1900\"},\"x\":{to} {id}\nš"},"ref":"` + key + `","to":["+381641234567"],"ttl":60}]}`
	if a.body != want || a.token != "" || a.kind != "application/json" {
		t.Errorf("%+v", a)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status int
		after  string
		wait   time.Duration
		kind   string
	}{
		{200, "", 0, "sent"}, {204, "", 0, "sent"},
		{400, "", 0, "refused"}, {410, "", 0, "refused"}, {422, "", 0, "refused"},
		{429, "120", 2 * time.Minute, "later"}, {503, "Mon, 23 Nov 2026 10:00:00 GMT", time.Hour, "later"}, {500, "", 0, "later"}, {502, "-5", 0, "later"}, {429, "99999999999", 24 * time.Hour, "later"}, {429, "999999", 24 * time.Hour, "later"},
		{301, "", 0, "away"}, {401, "", 0, "away"}, {403, "", 0, "away"}, {404, "", 0, "away"},
	} {
		url, _ := serve(t, func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) // more than anybody reads
		})
		err := open(t, Config{URL: url}).Send(t.Context(), Message{ID: "1", To: "+381641234567", Text: "x"})
		kind := "away"
		later, isLater := errors.AsType[*Later](err)
		if _, ok := errors.AsType[*Refused](err); ok {
			kind = "refused"
		} else if isLater {
			kind = "later"
		} else if err == nil {
			kind = "sent"
		}
		if kind != c.kind || isLater && later.After != c.wait {
			t.Errorf("%d %s: %s, %v", c.status, c.after, kind, err)
		}
		if err != nil && strings.Contains(err.Error(), "381") {
			t.Errorf("the error has the number: %v", err)
		}
	}
	if err := open(t, Config{URL: "http://127.0.0.1:1/"}).Send(t.Context(), Message{ID: "1", To: "+381641234567"}); err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("nobody is there: %v", err)
	}
}

func TestTheConfigurationIsChecked(t *testing.T) {
	good := Config{URL: "https://sms.example/send", Countries: []string{"381"}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"plain":           func(c *Config) { c.URL = "http://sms.example/send" },
		"password":        func(c *Config) { c.URL = "https://a:b@sms.example/send" },
		"both":            func(c *Config) { c.Folder = "x" },
		"none":            func(c *Config) { c.URL = "" },
		"no country":      func(c *Config) { c.Countries = nil },
		"no calling code": func(c *Config) { c.Countries = []string{"+381"} },
		"unknown place":   func(c *Config) { c.Body = "to={to}&text={text}&x={name}" },
		"no text":         func(c *Config) { c.Body = "to={to}" },
		"no json":         func(c *Config) { c.Format, c.Body = "json", `{"to":"{to}","text":"{text}"` },
		"a name twice":    func(c *Config) { c.Format, c.Body = "json", `{"to":"{to}","text":"{text}","to":"x"}` },
		"xml":             func(c *Config) { c.Format = "xml" },
		"too patient":     func(c *Config) { c.Timeout = time.Hour },
	} {
		cfg := good
		if change(&cfg); cfg.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if number, err := good.Number("064 123 4567"); err != nil || number != "+381641234567" {
		t.Errorf("%s %v", number, err)
	}
	if _, err := good.Number("+1 900 555 0100"); err == nil {
		t.Error("a number of another country is taken")
	}
}

func TestAFolderHasEachTextOnce(t *testing.T) {
	cfg := Config{Folder: filepath.Join(t.TempDir(), "sms")}
	s := open(t, cfg)
	for _, m := range []Message{{"1", "+381641234567", "чека вас понуда"}, {"2", "+381641234568", "offer"}, {"1", "+381641234567", "чека вас понуда"}} {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Read(cfg.Folder, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v %v", all, err)
	}
	for _, w := range all {
		if w.Text == "чека вас понуда" && (w.Coding != UCS2 || w.Parts != 1 || w.To != "+381641234567") {
			t.Errorf("%+v", w)
		}
	}
	if few, err := Read(cfg.Folder, 1); err != nil || len(few) != 1 {
		t.Errorf("%+v %v", few, err)
	}
	if none, err := Read(cfg.Folder+"-none", 1); err != nil || len(none) != 0 {
		t.Errorf("%+v %v", none, err)
	}
}
