package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/registry"
	"dobosh/internal/testkit"
)

// What stands in the query and in headers is for the two information systems: no journal has it but in sealed content, and
// there outside of the meta, which evidence always shows.
func TestQueryAndHeadersStandBesideTheBody(t *testing.T) {
	const number, free, found = "2911026715019", "free-text-of-a-header", "found-in-a-header"
	for name, body := range map[string]string{"without a body": "", "with a body": `{"as":"of"}`} {
		w := newWorld(t, func(c *registry.Contract) {
			c.Fields, c.Subjects, c.Parameters, c.Passes, c.Headers = []string{""}, []string{"path:person"}, []string{"jmbg"}, []string{"X-Free"}, []string{"X-Found"}
		})
		var query, header, came string
		w.system = func(rw http.ResponseWriter, r *http.Request) {
			read := new(bytes.Buffer)
			_, _ = read.ReadFrom(r.Body)
			query, header, came = r.URL.RawQuery, r.Header.Get("X-Free"), read.String()
			rw.Header().Set("X-Found", found)
			w.write(rw, document)
		}
		ask := w.question()
		ask.Method, ask.Path, ask.Query, ask.Headers = http.MethodPost, "/v1/persons/"+w.pseudonym("family"), "jmbg="+number, []Header{{"X-Free", free}}
		if body != "" {
			ask.Type, ask.Body = "application/json", []byte(body)
		}
		answer, err := w.city.Ask(t.Context(), ask)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if query != "jmbg="+number || header != free || came != body {
			t.Errorf("%s: the system got %q, %q, %q", name, query, header, came)
		}
		if !strings.HasPrefix(string(answer.Body), `{"born"`) || !slices.Contains(answer.Headers, Header{"X-Found", found}) {
			t.Errorf("%s: the answer is %s with %q", name, answer.Body, answer.Headers)
		}
		w.city.recorder.flush()
		texts := []string{number, free, found}
		salts := map[string]bool{}
		for _, s := range []*side{w.city, w.state} {
			entries := slices.Concat(s.journal.of("question"), s.journal.of("asked"), s.journal.of("answer"), s.journal.of("reply"))
			if len(entries) != 2 {
				t.Errorf("%s: %s has %d entries", name, s.member, len(entries))
			}
			for _, e := range entries {
				o, _, err := cutOpening(e.Body, Opening(e.Meta))
				if err != nil {
					t.Errorf("%s: %s: %v", name, e.Kind, err)
				}
				salts[string(o.Salt)] = true
				outside := slices.Concat([]byte(e.Kind+e.ID+strings.Join(e.Subjects, " ")), e.Meta, e.Received)
				for _, text := range texts {
					if bytes.Contains(outside, []byte(text)) {
						t.Errorf("%s: %s has %s in %s", name, e.Kind, text, outside)
					}
				}
			}
			nowhere(t, s.dir, texts)
		}
		if len(salts) != 2 {
			t.Errorf("%s: %d salts of a request and a response", name, len(salts))
		}
		for _, text := range texts {
			if strings.Contains(w.log.String(), text) {
				t.Errorf("%s: %s is in the log", name, text)
			}
		}
	}
}

// nowhere looks for texts in the files of a journal.
func nowhere(t *testing.T, dir string, texts []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files++
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s is in %s", text, path)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files: %v", files, err)
	}
}

// Messages whose bodies follow in parts have their openings too.
func TestOpeningOfALongBody(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Fields, c.Subjects, c.Headers = []string{""}, nil, []string{"X-Found"} })
	long := bytes.Repeat([]byte("0123456789abcdef"), 200<<10)
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		read := new(bytes.Buffer)
		_, _ = read.ReadFrom(r.Body)
		if r.URL.RawQuery != "x=1" || !bytes.Equal(read.Bytes(), long) {
			t.Errorf("%s, %d bytes", r.URL.RawQuery, read.Len())
		}
		rw.Header().Set("X-Found", "found")
		rw.Header().Set("Content-Type", "text/plain")
		_, _ = rw.Write(long)
	}
	ask := w.question()
	ask.Method, ask.Query, ask.Type, ask.Upload = http.MethodPost, "x=1", "text/plain", bytes.NewReader(long)
	answer, err := w.city.Ask(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	read := new(bytes.Buffer)
	if _, err := read.ReadFrom(answer.Stream); err != nil || !bytes.Equal(read.Bytes(), long) || valueOf(answer.Headers, "X-Found") != "found" {
		t.Errorf("%d bytes, %q: %v", read.Len(), answer.Headers, err)
	}
	if err := answer.Stream.Close(); err != nil {
		t.Error(err)
	}
}

// What is opened is what the asker journaled. A request from before there were openings is taken as it is.
func TestOpeningsThatAreNone(t *testing.T) {
	w := newWorld(t, nil)
	asked := 0
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.RawQuery != "as=1" {
			t.Errorf("the query is %q", r.URL.RawQuery)
		}
		w.write(rw, document)
	}
	of := func(id string) (RequestMeta, []byte) {
		q := w.byHand(id)
		q.Query = "as=1"
		meta, content, err := q.seal([]byte(nil))
		if err != nil {
			t.Fatal(err)
		}
		q = RequestMeta{}
		if err := ReadMessage(meta, &q); err != nil || q.Query != "" {
			t.Fatalf("%s: %v", meta, err)
		}
		return q, content
	}
	old := w.byHand("old")
	old.Query = "as=1"
	q, content := of("new")
	for name, m := range map[string]envelope{"from before": w.city.message(t, old, nil), "of today": w.city.message(t, q, content)} {
		if answer, err := w.send(w.city.cert, m); err != nil || answer.kind != sealed || !strings.Contains(string(answer.meta), `"act":"read"`) {
			t.Errorf("%s: %s, %v", name, answer.meta, err)
		}
	}
	before := asked

	altered := func(id string, change func(q *RequestMeta, content *[]byte)) envelope {
		q, content := of(id)
		change(&q, &content)
		return w.city.message(t, q, content)
	}
	q, content = of("6")
	swapped := w.city.message(t, q, content)
	swapped.body = bytes.Replace(slices.Clone(swapped.body), []byte("as=1"), []byte("as=2"), 1) // after the journal had it
	for name, m := range map[string]envelope{
		"longer than the body": altered("1", func(q *RequestMeta, _ *[]byte) { q.Opening++ }),
		"shorter":              altered("2", func(q *RequestMeta, _ *[]byte) { q.Opening-- }),
		"below nothing":        altered("3", func(q *RequestMeta, _ *[]byte) { q.Opening = -1 }),
		"two queries":          altered("4", func(q *RequestMeta, _ *[]byte) { q.Query = "as=1" }),
		"two lists of headers": altered("5", func(q *RequestMeta, _ *[]byte) { q.Headers = []Header{{"X-A", "b"}} }),
		"another query":        swapped,
		"no salt":              altered("7", func(q *RequestMeta, c *[]byte) { *c = []byte(`{"salt":"","query":"as=1"}`); q.Opening = len(*c) }),
		"a query that is none": altered("8", func(q *RequestMeta, c *[]byte) { *c = bytes.Replace(*c, []byte("as=1"), []byte("as#1"), 1) }),
		"something else too": altered("9", func(q *RequestMeta, c *[]byte) {
			*c = bytes.Replace(*c, []byte(`{"salt"`), []byte(`{"m":1,"salt"`), 1)
			q.Opening += 6
		}),
		"a header of the node": altered("10", func(q *RequestMeta, c *[]byte) {
			*c = append(bytes.TrimSuffix(*c, []byte("}")), `,"headers":[["X-Road-Client","x"]]}`...)
			q.Opening = len(*c)
		}),
		"a body beside parts": altered("11", func(q *RequestMeta, c *[]byte) { q.Parts = true; *c = append(*c, "more"...) }),
	} {
		if answer, err := w.send(w.city.cert, m); err != nil || answer.kind != unsealed || !strings.Contains(string(answer.meta), "message-forged") {
			t.Errorf("%s: %s, %v", name, answer.meta, err)
		}
	}
	if asked != before || before != 2 {
		t.Errorf("the system was asked %d times", asked)
	}
}

// A response whose opening is none is nobody's.
func TestOpeningOfAResponse(t *testing.T) {
	for name, change := range map[string]func(r *ResponseMeta, content *[]byte){
		"longer":    func(r *ResponseMeta, _ *[]byte) { r.Opening = 1 << 15 },
		"two homes": func(r *ResponseMeta, _ *[]byte) { r.Headers = []Header{{"ETag", "x"}} },
		"a query": func(_ *ResponseMeta, c *[]byte) {
			*c = bytes.Replace(*c, []byte(`"headers"`), []byte(`"query":"a","headers"`), 1)
		},
		"half opened": func(r *ResponseMeta, _ *[]byte) { r.Opening /= 2 },
	} {
		w := newWorld(t, nil)
		w.state.front = func(question envelope, next func(envelope) envelope) envelope {
			answer := next(question)
			var r ResponseMeta
			if err := json.Unmarshal(answer.meta, &r); err != nil {
				t.Error(err)
			}
			o := opening{Headers: []Header{{"Cache-Control", "no-store"}}}
			content, n, err := o.seal(answer.body)
			if err != nil {
				t.Error(err)
			}
			r.Opening = n
			change(&r, &content)
			if name == "a query" {
				r.Opening += len(`"query":"a",`)
			}
			return w.state.messageOf(t, testkit.Must[[]byte](t)(json.Marshal(r)), content)
		}
		_, err := w.ask()
		wantCode(t, err, "node-answer-broken")
	}
}

// The salt makes what was left out a secret also where there is little to try.
func TestTheDigestOfAnOpening(t *testing.T) {
	q := RequestMeta{Query: "x=1"}
	_, first, err := q.seal(nil)
	_, second, again := q.seal(nil)
	if err != nil || again != nil || sha256.Sum256(first) == sha256.Sum256(second) {
		t.Errorf("%v, %v: one query has one digest", err, again)
	}
	meta, content, err := (&RequestMeta{Path: "/"}).seal([]byte("body"))
	if err != nil || string(content) != "body" || bytes.Contains(meta, []byte("opening")) {
		t.Errorf("nothing to open: %s, %s, %v", meta, content, err)
	}
}
