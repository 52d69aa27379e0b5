package evidence_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/testkit"
)

// Who takes evidence without content takes neither query nor headers; who has them can show that it was these.
func TestQueryAndHeadersCanBeLeftOut(t *testing.T) {
	w, files := storied(t)
	closed := testkit.Must[evidence.File](t)(evidence.Parse(files["closed"]))
	for name, text := range map[string][]byte{"file": files["closed"], "request": []byte(closed.Request.Meta), "response": []byte(closed.Response.Meta)} {
		for _, secret := range []string{"2911026715019", hidden, base64.StdEncoding.EncodeToString([]byte(hidden))[:20], "X-Free", "X-Found"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s is in the %s", secret, name)
			}
		}
	}
	expect(t, "closed", evidence.Verify(files["closed"], w.trust), map[string]string{"": "proved", "asked": "open asked.unshown", "given": "open given.unshown", "fields": "open fields.gone"})
	expect(t, "opened", evidence.Verify(files["opened"], w.trust), map[string]string{"": "proved", "asked": "holds asked.ok", "given": "holds given.ok", "fields": "holds fields.ok"})
	expect(t, "forged", evidence.Verify(files["forged"], w.trust), map[string]string{"": "broken", "question": "fails question.unproven"})

	// The opening of the one file fits into the other.
	opened := testkit.Must[evidence.File](t)(evidence.Parse(files["opened"]))
	shown := resealed(t, files["closed"], w.city, func(f *evidence.File) { f.Request.Body, f.Request.Digest = opened.Request.Body, nil })
	expect(t, "shown", evidence.Verify(shown, w.trust), map[string]string{"": "proved", "asked": "holds asked.ok", "given": "open given.unshown"})
	q := testkit.Must[exchange.RequestMeta](t)(exchange.ReadRequest([]byte(opened.Request.Meta)))
	if body, err := q.Open(opened.Request.Body); err != nil || len(body) > 0 || q.Query != "jmbg=2911026715019&note="+hidden || len(q.Headers) != 1 || q.Headers[0].Value != hidden {
		t.Errorf("%+v with %q: %v", q, body, err)
	}
}

// A member who journals an opening that is none has asked nothing that anybody could read.
func TestAnOpeningThatIsNone(t *testing.T) {
	w := newWorld(t, nil)
	w.asked.Opening, w.content = 7, []byte("nothing")
	w.ask(document, nil)
	if _, err := w.city.room.Export(t.Context(), "exchange-1"); err == nil {
		t.Error("it was exported")
	}
}

// Persons are found in the query, wherever it stands.
func TestPersonsInAnOpening(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"in the opening": func(w *world) {
			w.content = []byte(`{"salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","query":"who=p1"}`)
			w.asked.Opening = len(w.content)
		},
		"in the meta, as before": func(w *world) { w.asked.Query = "who=p1" },
	} {
		w := newWorld(t, nil)
		c := contract()
		c.Subjects = append(c.Subjects, "query:who")
		w.agree(c)
		change(w)
		w.ask(document, nil)
		w.city.room.Translate = func(_, _, person string) (string, error) { return "receipt of " + person, nil }
		_, persons, err := w.city.room.ExportAt(t.Context(), 5)
		if err != nil || !slices.Contains(persons, "receipt of p1") {
			t.Errorf("%s: %q, %v", name, persons, err)
		}
	}
}
