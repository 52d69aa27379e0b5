package events

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

var update = flag.Bool("update", false, "write the test vectors again")

// vectors are the values of docs/spec/exchange.md, section 5.
type vectors struct {
	About  string        `json:"about"`
	Given  []givenVector `json:"given"`
	Places []placeVector `json:"places"`
	Pages  []pageVector  `json:"pages"`
	Hooks  []hookVector  `json:"webhooks"`
}

// hookVector is a webhook with its signature. The first is the example of the
// libraries for Standard Webhooks.
type hookVector struct {
	Secret    string `json:"secret"`
	ID        string `json:"webhook-id"`
	Timestamp int64  `json:"webhook-timestamp"`
	Body      string `json:"body"`
	Signature string `json:"webhook-signature"`
}

// signed signs the webhook of a vector.
func (v hookVector) signed() (string, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(v.Secret, secretPrefix))
	return sign(secret, v.ID, v.Timestamp, []byte(v.Body)), err
}

// givenVector is an event, and whether the contract of the vectors gives it.
type givenVector struct {
	Event json.RawMessage `json:"event"`
	Given bool            `json:"given"`
}

type placeVector struct {
	Text string `json:"text"`
	OK   bool   `json:"ok"`
}

// pageVector is a page as it travels, answered to somebody who asked for what
// follows After.
type pageVector struct {
	Key     string   `json:"key"` // of the provider's journal
	After   string   `json:"after"`
	Header  string   `json:"message_header"`
	Stamp   string   `json:"stamp"`
	Body    string   `json:"body"`
	Message string   `json:"message"`
	Next    string   `json:"next"`
	IDs     []string `json:"ids"` // of the events; null when the page is refused
}

func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "vectors.json")
	if *update {
		raw := testkit.Must[[]byte](t)(json.MarshalIndent(makeVectors(t), "", "  "))
		if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var v vectors
	if err := json.Unmarshal(testkit.Must[[]byte](t)(os.ReadFile(path)), &v); err != nil {
		t.Fatal(err)
	}
	for _, g := range v.Given {
		var e bus.Event
		if err := json.Unmarshal(g.Event, &e); err != nil || agreed(contract(), e) != g.Given {
			t.Errorf("%s: %v, %v", g.Event, !g.Given, err)
		}
	}
	for _, p := range v.Places {
		if read, err := parsePlace(p.Text); (err == nil) != p.OK || p.OK && read.String() != p.Text {
			t.Errorf("%q: %v, %v", p.Text, read, err)
		}
	}
	for _, p := range v.Pages {
		checkPage(t, p)
	}
	for i, h := range v.Hooks {
		if signature, err := h.signed(); err != nil || signature != h.Signature {
			t.Errorf("webhook %s: %s, %v", h.ID, signature, err)
		}
		var e bus.Event
		if err := json.Unmarshal([]byte(h.Body), &e); i > 0 && (err != nil || hookIDOf(e) != h.ID) {
			t.Errorf("webhook %s is called %s, %v", h.ID, hookIDOf(e), err)
		}
	}
	if len(v.Given) < 4 || len(v.Places) < 8 || len(v.Pages) < 3 || len(v.Hooks) < 2 {
		t.Error("vectors are missing")
	}
}

func checkPage(t *testing.T, v pageVector) {
	t.Helper()
	key := testkit.Must[note.Verifier](t)(journal.ParseKey(v.Key))
	stamp := testkit.Must[journal.Stamp](t)(journal.ParseStamp(v.Stamp))
	meta := testkit.Must[[]byte](t)(base64.StdEncoding.DecodeString(v.Header))
	after := testkit.Must[place](t)(parsePlace(v.After))
	p, events, err := readPage(meta, []byte(v.Body), "births", after)
	if err == nil {
		err = journal.Verify(stamp, sha256.Sum256(meta), sha256.Sum256([]byte(v.Body)), key)
	}
	if (err != nil) != (v.IDs == nil) || string(meta) != v.Message {
		t.Fatalf("%s: %v", v.Message, err)
	}
	if err != nil {
		return
	}
	if p.Next.String() != v.Next || len(events) != len(v.IDs) {
		t.Errorf("%s: %s, %d events", v.Message, p.Next, len(events))
	}
	for i, e := range events {
		if e.ID != v.IDs[i] {
			t.Errorf("%d-th is %s", i, e.ID)
		}
	}
}

// makeVectors plays pages between two nodes. Salts, ids and streams differ from
// run to run; everything else does not.
func makeVectors(t *testing.T) (v vectors) {
	v.About = "Values of docs/spec/exchange.md, section 5. The contract gives rs.births.registered of RS-TEST/GOV/STATE/civil, area 80152. IDs null: refused."
	elsewhere, foreign, other, text := birth("2", "70017"), birth("3", "80152"), birth("4", "80152"), birth("5", "80152")
	foreign.Source, other.Type, text.Data = family.String(), "rs.deaths.registered", json.RawMessage(`"80152"`)
	for _, e := range []bus.Event{birth("1", "80152"), elsewhere, foreign, other, text} {
		v.Given = append(v.Given, givenVector{testkit.Must[[]byte](t)(json.Marshal(e)), agreed(contract(), e)})
	}
	for _, text := range []string{"", "k3-0", "k3-9223372036854775807", "k3-9223372036854775808", "k3-01", "k3-+1", "K3-1", "-1", "k3", "k3-1-2"} {
		_, err := parsePlace(text)
		v.Places = append(v.Places, placeVector{text, err == nil})
	}
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"), birth("2", "70017"), birth("3", "80152"))
	page := w.pageVector(t)
	v.Pages = append(v.Pages, page)
	altered, foreignLog := page, page
	altered.Body, altered.IDs = `[]`, nil
	foreignLog.Key, foreignLog.IDs = w.city.statement(t).Node.Log, nil
	older := page
	older.After, older.IDs = "k3-7", nil
	v.Pages = append(v.Pages, altered, foreignLog, older)
	v.Hooks = hookVectors(t)
	return v
}

func hookVectors(t *testing.T) []hookVector {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	e := birth("1", "80152")
	hooks := []hookVector{
		{Secret: secret, ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: 1614265330, Body: `{"test": 2432232314}`},
		{Secret: secret, ID: hookIDOf(e), Timestamp: morning.Unix(), Body: string(testkit.Must[[]byte](t)(json.Marshal(e)))},
	}
	for i := range hooks {
		hooks[i].Signature = testkit.Must[string](t)(hooks[i].signed())
	}
	return hooks
}

func (w *world) pageVector(t *testing.T) pageVector {
	rw := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, Path+"?contract=births&after=", nil)
	r.TLS = w.city.connection()
	w.state.Feed().ServeHTTP(rw, r)
	v := pageVector{
		Key: w.state.statement(t).Node.Log, Header: rw.Header().Get(exchange.MessageHeader), Stamp: rw.Header().Get(exchange.StampHeader),
		Body: rw.Body.String(), IDs: []string{"1", "3"},
	}
	v.Message = string(testkit.Must[[]byte](t)(base64.StdEncoding.DecodeString(v.Header)))
	var p page
	if err := json.Unmarshal([]byte(v.Message), &p); err != nil {
		t.Fatal(err)
	}
	v.After, v.Next = p.After.String(), p.Next.String()
	return v
}

// A place has one text.
func FuzzPlace(f *testing.F) {
	for _, text := range []string{"", "k3-1", "k3-01", "k-9223372036854775807"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parsePlace(text); err == nil && p.String() != text {
			t.Errorf("%q is %q", text, p)
		}
	})
}

// Whatever a page says, it is refused or leads on from where was asked.
func FuzzPage(f *testing.F) {
	good := page{Version: 1, ID: "p", Contract: "births", After: place{"s", 1}, Next: place{"s", 5}, At: morning}
	meta, err := json.Marshal(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(meta, []byte(`[{"id":"1"}]`))
	f.Fuzz(func(t *testing.T, meta, body []byte) {
		p, events, err := readPage(meta, body, "births", place{"s", 1})
		if err == nil && (p.After != place{"s", 1} || p.Next.stream != "s" || p.Next.number < 2 || len(events) == 0 || len(events) > maxPage) {
			t.Errorf("%s", meta)
		}
	})
}
