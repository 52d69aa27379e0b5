package exchange

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

var update = flag.Bool("update", false, "write the test vectors again")

// vectors are the values of docs/spec/exchange.md.
type vectors struct {
	About       string             `json:"about"`
	Identifiers []identifierVector `json:"identifiers"`
	Paths       []pathVector       `json:"paths"`
	Filter      []filterVector     `json:"filter"`
	Pin         struct {
		Key  string `json:"spki"`
		Want string `json:"pin"`
	} `json:"pin"`
	Registry registryVector  `json:"registry"`
	Exchange []messageVector `json:"messages"`
	Headers  []headerVector  `json:"headers"`
	Parts    partsVector     `json:"parts"`
}

type identifierVector struct {
	Text  string   `json:"text"`
	Parts []string `json:"parts"` // null when it is refused
}

type pathVector struct {
	Pattern string            `json:"pattern"`
	Path    string            `json:"path"`
	Named   map[string]string `json:"named"` // null when it does not match
}

type filterVector struct {
	Fields   []string `json:"fields"`
	Document string   `json:"document"`
	Leaves   string   `json:"leaves"` // empty when the document is refused
	Left     []string `json:"left"`
}

type registryVector struct {
	Key        string   `json:"key"`
	Statements []string `json:"statements"`
	Leaves     []string `json:"leaves"`
	Checkpoint string   `json:"checkpoint"`
}

// messageVector is a request with its response, as they travel.
type messageVector struct {
	AskerKey      string `json:"asker_key"`
	Question      string `json:"question"`
	Body          string `json:"question_body"`
	Envelope      string `json:"question_envelope"` // base64
	Stamp         string `json:"question_stamp"`
	Leaf          string `json:"question_leaf"`
	ProviderKey   string `json:"provider_key"`
	Reply         string `json:"reply"`
	ReplyBody     string `json:"reply_body"`
	ReplyEnvelope string `json:"reply_envelope"` // base64
	ReplyStamp    string `json:"reply_stamp"`
}

// headerVector is a header, whether it travels with a request, and under which
// contracts it leaves with a response.
type headerVector struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Travels bool   `json:"travels"`      // when the contract names no headers
	Passes  bool   `json:"travels_all"`  // when it names "*"
	Leaves  bool   `json:"leaves"`       // under a contract for fields that names no headers
	Whole   bool   `json:"leaves_whole"` // under one for the whole response that names none
	All     bool   `json:"leaves_all"`   // under one for the whole response that names "*"
}

// partsVector is a long body in parts with its end, as it travels.
type partsVector struct {
	Key       string   `json:"key"` // of the sender
	ID        string   `json:"id"`
	Of        string   `json:"of"`
	Envelopes []string `json:"envelopes"` // base64
	Body      string   `json:"body"`
}

// withoutOpenings is how many messages are kept from before there were openings: nobody makes such ones any more.
const withoutOpenings = 2

func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "vectors.json")
	if *update {
		var before vectors
		if err := json.Unmarshal(testkit.Must[[]byte](t)(os.ReadFile(path)), &before); err != nil {
			t.Fatal(err)
		}
		made := makeVectors(t)
		made.Exchange = append(before.Exchange[:withoutOpenings:withoutOpenings], made.Exchange...)
		raw := testkit.Must[[]byte](t)(json.MarshalIndent(made, "", "  "))
		if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var v vectors
	if err := json.Unmarshal(testkit.Must[[]byte](t)(os.ReadFile(path)), &v); err != nil {
		t.Fatal(err)
	}
	t.Run("identifiers", func(t *testing.T) { checkIdentifiers(t, v.Identifiers) })
	t.Run("paths", func(t *testing.T) { checkPaths(t, v.Paths) })
	t.Run("filter", func(t *testing.T) { checkFilter(t, v.Filter) })
	t.Run("registry", func(t *testing.T) { checkRegistry(t, v.Registry) })
	t.Run("messages", func(t *testing.T) { checkMessages(t, v.Exchange) })
	t.Run("headers", func(t *testing.T) { checkHeaderVectors(t, v.Headers) })
	t.Run("parts", func(t *testing.T) { checkParts(t, v.Parts) })
	spki := testkit.Must[[]byte](t)(hex.DecodeString(v.Pin.Key))
	if credential.Pin(&x509.Certificate{RawSubjectPublicKeyInfo: spki}) != v.Pin.Want {
		t.Error("pin")
	}
}

func checkIdentifiers(t *testing.T, list []identifierVector) {
	for _, c := range list {
		id, err := registry.ParseID(c.Text)
		if (err != nil) != (c.Parts == nil) || err == nil && !slices.Equal(id.Parts(), c.Parts) {
			t.Errorf("%q: %q, %v", c.Text, id.Parts(), err)
		}
	}
}

func checkPaths(t *testing.T, list []pathVector) {
	for _, c := range list {
		if named, ok := match(c.Pattern, c.Path); ok != (c.Named != nil) || !maps.Equal(named, c.Named) {
			t.Errorf("%q against %q: %v, %v", c.Path, c.Pattern, named, ok)
		}
	}
}

func checkFilter(t *testing.T, list []filterVector) {
	for _, c := range list {
		s, err := scan([]byte(c.Document), parseFields(c.Fields), parsePlaces(nil, ""), nil)
		if err != nil {
			if c.Leaves != "" {
				t.Errorf("%s: %v", c.Document, err)
			}
			continue
		}
		if string(s.leaves) != c.Leaves || !slices.Equal(s.fields, c.Left) {
			t.Errorf("%s: %s, %q", c.Document, s.leaves, s.fields)
		}
	}
}

// checkRegistry lets a follower follow the vector.
func checkRegistry(t *testing.T, v registryVector) {
	delta := testkit.Must[[]byte](t)(json.Marshal(registry.Delta{Statements: v.Statements, Checkpoint: v.Checkpoint}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(delta) }))
	defer server.Close()
	f := testkit.Must[*registry.Follower](t)(registry.NewFollower(t.Context(), testkit.Database(t, storage.SQLite)(registry.Migrations()),
		testkit.Must[note.Verifier](t)(journal.ParseKey(v.Key)), server.URL, server.Client(), clock.NewManual(morning).Now, nil))
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for i, leaf := range v.Leaves {
		sum := sha256.Sum256(append([]byte{0}, v.Statements[i]...))
		if base64.StdEncoding.EncodeToString(sum[:]) != leaf {
			t.Errorf("leaf %d", i)
		}
	}
	if _, ok := f.State().Contract("births"); !ok || len(v.Statements) != int(f.State().Size) {
		t.Fatal("the contract of the vector is not there")
	}
}

func checkMessages(t *testing.T, list []messageVector) {
	for i, m := range list {
		question := verified(t, m.AskerKey, m.Stamp, m.Envelope, m.Question, m.Body)
		var q RequestMeta
		if err := errors.Join(ReadMessage([]byte(m.Question), &q), q.check()); err != nil || question != m.Leaf {
			t.Errorf("question: %v, leaf %s", err, question)
		}
		verified(t, m.ProviderKey, m.ReplyStamp, m.ReplyEnvelope, m.Reply, m.ReplyBody)
		var r ResponseMeta
		if err := errors.Join(ReadMessage([]byte(m.Reply), &r), r.check()); err != nil || r.Request != m.Leaf || r.ID != q.ID {
			t.Errorf("reply: %v", err)
		}
		if again := testkit.Must[[]byte](t)(json.Marshal(q)); string(again) != m.Question {
			t.Errorf("the question is written otherwise: %s", again)
		}
		if again := testkit.Must[[]byte](t)(json.Marshal(r)); string(again) != m.Reply {
			t.Errorf("the reply is written otherwise: %s", again)
		}
		if (q.Opening > 0) != (i >= withoutOpenings) {
			t.Errorf("message %d has an opening of %d bytes", i, q.Opening)
		}
		body, err := q.Open([]byte(m.Body))
		if err != nil || string(body) != `{"as":"of"}` || len(q.Headers) == 0 || i >= withoutOpenings && q.Query != "as=of" {
			t.Errorf("message %d opens as %q, %q, %q: %v", i, q.Query, q.Headers, body, err)
		}
	}
}

func checkHeaderVectors(t *testing.T, list []headerVector) {
	for _, h := range list {
		if again := headerVectorOf(h.Name, h.Value); again != h {
			t.Errorf("%+v is %+v", h, again)
		}
	}
}

func headerVectorOf(name, value string) headerVector {
	one := []Header{{name, value}}
	fits := checkHeaders(one, func(string) bool { return true }) == nil
	return headerVector{
		Name: name, Value: value, Travels: fits && len(passing(one, &registry.Contract{})) == 1, Passes: fits && len(passing(one, &registry.Contract{Passes: []string{"*"}})) == 1,
		Leaves: fits && len(leaving(one, &registry.Contract{Fields: []string{"/a"}})) == 1, Whole: fits && len(leaving(one, &registry.Contract{Fields: []string{""}})) == 1,
		All: fits && len(leaving(one, &registry.Contract{Fields: []string{""}, Headers: []string{"*"}})) == 1,
	}
}

func checkParts(t *testing.T, v partsVector) {
	var all bytes.Buffer
	for _, e := range v.Envelopes {
		all.Write(testkit.Must[[]byte](t)(base64.StdEncoding.DecodeString(e)))
	}
	key := testkit.Must[note.Verifier](t)(journal.ParseKey(v.Key))
	verify := func(e envelope) (journal.Stamp, error) {
		stamp, err := journal.ParseStampBytes(e.stamp)
		return stamp, errors.Join(err, journal.Verify(stamp, sha256.Sum256(e.meta), sha256.Sum256(e.body), key))
	}
	ended := 0
	read := newParts(body{id: v.ID, of: v.Of}, &all, maxPart, verify, func() {}, func(envelope, journal.Stamp) { ended++ })
	if got, err := io.ReadAll(read); err != nil || string(got) != v.Body || ended != 1 || len(v.Envelopes) != 3 {
		t.Errorf("%q, %v", got, err)
	}
}

// partsVector sends a body in two parts, shorter than those of a node.
func (w *world) partsVector(t *testing.T) partsVector {
	sum := sha256.Sum256([]byte("the leaf of a reply"))
	v := partsVector{Key: w.state.statement(t).Node.Log, ID: "x1", Of: base64.StdEncoding.EncodeToString(sum[:]), Body: "half and half"}
	count := newTally(body{id: v.ID, of: v.Of})
	var all bytes.Buffer
	for i, half := range []string{"half ", "and half"} {
		if err := w.state.sendPart(t.Context(), &all, &count, []byte(half), i == 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range split(t, all.Bytes()) {
		v.Envelopes = append(v.Envelopes, base64.StdEncoding.EncodeToString(e.bytes()))
	}
	return v
}

// verified checks a message and gives its leaf.
func verified(t *testing.T, key, text, travels, meta, body string) string {
	t.Helper()
	stamp := testkit.Must[journal.Stamp](t)(journal.ParseStamp(text))
	verifier := testkit.Must[note.Verifier](t)(journal.ParseKey(key))
	if err := journal.Verify(stamp, sha256.Sum256([]byte(meta)), sha256.Sum256([]byte(body)), verifier); err != nil {
		t.Error(err)
	}
	raw := testkit.Must[[]byte](t)(base64.StdEncoding.DecodeString(travels))
	e := testkit.Must[envelope](t)(readEnvelope(bytes.NewReader(raw), maxBody, anySize))
	if string(e.meta) != meta || string(e.body) != body || !bytes.Equal(e.stamp, stamp.Bytes()) || !bytes.Equal(e.bytes(), raw) {
		t.Error("the envelope does not hold the message")
	}
	return leaf(stamp, sha256.Sum256([]byte(meta)), sha256.Sum256([]byte(body)))
}

// makeVectors plays two requests between two nodes. The salts are random, so
// the messages differ from run to run; everything else does not.
func makeVectors(t *testing.T) (v vectors) {
	v.About = "Values of docs/spec/exchange.md. Named null: no match. Parts null, leaves empty: refused."
	for _, text := range []string{"RS/GOV/7000/civil/births", "EE/B/p/s%2Fub/%C3%B6", "RS/GOV/a%252Fb", "RS/GOV", "RS/GOV/%2e%2e", "RS//7000", "RS/GOV/%00", "RS/GOV/%FF"} {
		id, err := registry.ParseID(text)
		c := identifierVector{Text: text}
		if err == nil {
			c.Parts = id.Parts()
		}
		v.Identifiers = append(v.Identifiers, c)
	}
	for _, c := range [][2]string{
		{"/v1/births/{birth}", "/v1/births/b1"}, {"/v1/births/{birth}", "/v1/births/%C4%87%3F"}, {"/v1/x", "/%761/x"}, {"/v1/x", "/v1/%78"}, {"/v1/{a}", "/v1/"}, {"/v1/{a}", "/v1/%2e%2e"},
		{"/v1/{a}", "/v1/%252e%252e"}, {"/v1/{a}", "/v1/a%2Fb"}, {"/v1/{a}", "/v1/a#b"}, {"/v1/{a}", "/v1/a?b"}, {"/{a}/{b}", "//b"},
	} {
		named, ok := match(c[0], c[1])
		if ok && named == nil {
			named = map[string]string{}
		}
		v.Paths = append(v.Paths, pathVector{c[0], c[1], named})
	}
	for _, c := range []filterVector{
		{Fields: []string{"/born", "/mother/name"}, Document: `{"born":"2026-11-01","mother":{"name":"Ана","id":"x"},"more":1}`}, {Fields: []string{"/n"}, Document: `{ "n" : 1.50, "m": 2 }`},
		{Fields: []string{"/l/*/a"}, Document: `{"l":[{"a":1,"b":2},{"b":3}]}`}, {Fields: []string{"/l/*/a"}, Document: `{"l":[]}`}, {Fields: []string{"/a~1b"}, Document: `{"a/b":1,"a":{"b":2}}`},
		{Fields: []string{"/x"}, Document: `[1]`}, {Fields: []string{""}, Document: ` [1] `}, {Fields: []string{"/a"}, Document: `{"a":1,"\u0061":2}`},
	} {
		if s, err := scan([]byte(c.Document), parseFields(c.Fields), parsePlaces(nil, ""), nil); err == nil {
			c.Leaves, c.Left = string(s.leaves), s.fields
		}
		v.Filter = append(v.Filter, c)
	}
	w := newWorld(t, nil)
	v.Pin.Key, v.Pin.Want = hex.EncodeToString(w.city.cert.Leaf.RawSubjectPublicKeyInfo), credential.Pin(w.city.cert.Leaf)
	v.Registry, v.Exchange, v.Parts = w.registryVector(t), w.messageVectors(t), w.partsVector(t)
	for _, h := range []Header{
		{"Authorization", "Bearer x"}, {"x-Total", "Ана"}, {"Cache-Control", "no-store"}, {"etag", `"1"`}, {"Location", "/v1/x"}, {"Set-Cookie", "a=b"}, {"Connection", "close"}, {"TE", "trailers"},
		{"User-Agent", "curl"}, {"Content-Type", "text/plain"}, {"Date", "x"}, {"X-Road-Client", "x"}, {"X-Road-UserId", "x"}, {"Dobosh-Sector", "x"}, {"Two words", "x"}, {"X-Line", "a\nb"}, {"", "x"},
		{"X-HTTP-Method-Override", "DELETE"}, {"X_Http_Method", "PUT"}, {"X-Forwarded-For", "1.2.3.4"}, {"Forwarded", "for=1.2.3.4"}, {"X-Real-IP", "1.2.3.4"}, {"X-Api-Key", "x"}, {"Cookie", "a=b"},
		{"Idempotency-Key", "x"}, {"If-Match", `"1"`}, {"Accept-Language", "sr"}, {"Retry-After", "30"}, {"Retry-After", "1403996835015"}, {"Cache-Control", "max-age=60"}, {"Cache-Control", `x="1403996835015"`},
		{"Last-Modified", "Mon, 23 Nov 2026 08:00:00 GMT"}, {"Content-Language", "sr-Cyrl"}, {"Allow", "GET, HEAD"}, {"Link", "</v1/x>; rel=next"}, {"Content-Disposition", "attachment; filename=x"}, {"X_Road_Client", "x"},
	} {
		v.Headers = append(v.Headers, headerVectorOf(h.Name, h.Value))
	}
	return v
}

func (w *world) registryVector(t *testing.T) registryVector {
	delta := testkit.Must[registry.Delta](t)(w.authority.Delta(t.Context(), 0))
	v := registryVector{Statements: delta.Statements, Checkpoint: delta.Checkpoint}
	v.Key = testkit.Must[string](t)(note.NewEd25519VerifierKey("RS-TEST/registry", testkit.Key("authority").Public().(ed25519.PublicKey)))
	for _, st := range delta.Statements {
		sum := sha256.Sum256(append([]byte{0}, st...))
		v.Leaves = append(v.Leaves, base64.StdEncoding.EncodeToString(sum[:]))
	}
	return v
}

// messageVectors are a request that is answered and one that is refused.
func (w *world) messageVectors(t *testing.T) (list []messageVector) {
	var m messageVector
	w.state.front = func(question envelope, next func(envelope) envelope) envelope {
		answer := next(question)
		answer.system, answer.journal = 1500*time.Microsecond, 2*time.Millisecond // what the clock said is no vector
		m.Envelope, m.Question, m.Body, m.Stamp = base64.StdEncoding.EncodeToString(question.bytes()), string(question.meta), string(question.body), textOf(t, question)
		m.ReplyEnvelope, m.Reply, m.ReplyBody, m.ReplyStamp = base64.StdEncoding.EncodeToString(answer.bytes()), string(answer.meta), string(answer.body), textOf(t, answer)
		return answer
	}
	for _, path := range []string{"/v1/births/b1", "/v1/births/b2"} {
		m = messageVector{AskerKey: w.city.statement(t).Node.Log, ProviderKey: w.state.statement(t).Node.Log}
		ask := w.question()
		ask.Method, ask.Path, ask.Query, ask.Type, ask.Body = http.MethodPost, path, "as=of", "application/json", []byte(`{"as":"of"}`)
		ask.Headers, ask.Trace = []Header{{"Accept-Language", "sr"}, {"X-Many", "1"}, {"X-Many", "\"2\""}}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		answer, _ := w.city.Ask(t.Context(), ask) // the second is refused
		m.Leaf = answer.Meta.Request
		list = append(list, m)
		w.law.lapsed = ""
		w.system = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) }
	}
	return list
}

func textOf(t *testing.T, e envelope) string {
	return testkit.Must[journal.Stamp](t)(journal.ParseStampBytes(e.stamp)).Text()
}

// What is read from a stream as an envelope is written the same, and never more
// than is there is asked for.
func FuzzEnvelope(f *testing.F) {
	f.Add(envelope{kind: sealed, stamp: []byte("s"), meta: []byte("{}"), body: []byte("b")}.bytes())
	f.Add(envelope{kind: unsealed, meta: []byte("{}")}.bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := readEnvelope(bytes.NewReader(raw), 1<<10, func(size int) error {
			if size > 1<<10 {
				t.Fatalf("room for %d bytes is asked for", size)
			}
			return nil
		})
		if err == nil && !bytes.HasPrefix(raw, e.bytes()) {
			t.Fatalf("%q became %q", raw, e.bytes())
		}
	})
}
