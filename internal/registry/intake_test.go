package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// long is a world with more statements than one answer holds; services are said
// by their member.
func long(tb testing.TB) []Statement {
	tb.Helper()
	said := seed(tb)
	for i := range deltaLimit + 200 {
		st := serviceSays(subsystem(state, "tax").With(fmt.Sprint("s", i)))
		st.At = morning
		st, err := st.Sign(signerOf(tb, state.String()+"/n1"))
		if err != nil {
			tb.Fatal(err)
		}
		said = append(said, st)
	}
	return said
}

// altered passes on what an authority answers, with one statement changed.
func altered(h http.Handler, statement int64, change func(string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		var d Delta
		if err := json.Unmarshal(rec.Body.Bytes(), &d); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if i := statement - d.From; i >= 0 && i < int64(len(d.Statements)) {
			d.Statements[i] = change(d.Statements[i])
		}
		_ = json.NewEncoder(w).Encode(d)
	})
}

// What is worked through before the checkpoint comes counts for nothing when the
// checkpoint is over something else.
func TestNothingOfALongLogCountsBeforeItsCheckpoint(t *testing.T) {
	a := newAuthority(t, long(t)...)
	for name, change := range map[string]func(string) string{
		"another title":  func(leaf string) string { return strings.Replace(leaf, `"title":{"en":"`, `"title":{"en":"x`, 1) },
		"no statement":   func(string) string { return "{}" },
		"a forged claim": func(leaf string) string { return strings.Replace(leaf, `"by":"`, `"by":"x`, 1) },
	} {
		for _, at := range []int64{50, deltaLimit + 50} { // in the first answer, in the last
			f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, altered(a, at, change)), clock.NewManual(morning).Now)
			if err := f.Sync(t.Context(), false); err == nil || !strings.Contains(err.Error(), "not those that were signed") {
				t.Errorf("%s in statement %d: %v", name, at, err)
			}
			if f.State().Size != 0 || f.Checkpoint() != "" || !f.Contact().IsZero() {
				t.Errorf("%s in statement %d: it counts", name, at)
			}
		}
	}
}

// An authority that signs what a member did not say is not believed, in whichever
// answer of a long log that stands.
func TestASignatureIsVerifiedInEveryAnswerOfALongLog(t *testing.T) {
	statements := long(t)
	for _, at := range []int{50, deltaLimit + 50} {
		forged := append([]Statement(nil), statements...)
		service := *forged[at].Service
		service.Title = lang.Text{"en": "of somebody else"}
		forged[at].Service = &service
		a := newAuthority(t)
		var leaves []string
		for _, st := range forged {
			leaf, err := st.encode()
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, string(leaf))
		}
		a.mu.Lock()
		grown, root, err := a.grown(leaves)
		if err != nil {
			t.Fatal(err)
		}
		next, err := a.applied(leaves, grown, true)
		if err != nil {
			t.Fatal(err)
		}
		checkpoint, err := a.sign(next.Size, root)
		if err != nil {
			t.Fatal(err)
		}
		err = a.commit(t.Context(), leaves, next, grown, checkpoint)
		a.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, a), clock.NewManual(morning).Now)
		if err := f.Sync(t.Context(), false); !errors.Is(err, ErrForged) || f.State().Size != 0 {
			t.Errorf("forged in statement %d: %v, %d statements", at, err, f.State().Size)
		}
	}
}

// Another call that takes statements in while a long log is fetched takes nothing
// away and adds nothing twice.
func TestALongLogIsTakenInOnceByManyRounds(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		a := newAuthority(t, long(t)...)
		db := open(Migrations())
		f := newFollower(t, db, serve(t, a), clock.NewManual(morning).Now)
		errs := make(chan error, 3)
		for range cap(errs) {
			go func() { errs <- f.Sync(context.WithoutCancel(t.Context()), false) }()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if f.State().Size != a.State().Size || f.Checkpoint() != a.Checkpoint() || !f.State().equal(a.State()) {
			t.Errorf("%d of %d statements", f.State().Size, a.State().Size)
		}
	})
}

// The text that a member signed is found in the leaf, whatever its signature line
// looks like.
func TestTheSignedTextStandsInTheLeaf(t *testing.T) {
	for _, by := range []string{
		"RS-TEST/GOV/STATE/n1 AbC+/=", `with "quotes" \ and ,"by":"another"`, "Ћирилица <&>\u2028", "\t",
	} {
		for _, st := range []Statement{
			{At: morning, By: by, Service: serviceSays(subsystem(state, "civil").With(`,"by":"x"`)).Service},
			{At: morning, By: by, End: &End{Contract: `,"by":` + by, Reason: by}},
		} {
			leaf, err := st.encode()
			if err != nil {
				t.Fatal(err)
			}
			r, err := readLeaf(string(leaf))
			if err != nil {
				t.Fatalf("%s: %v", leaf, err)
			}
			if want, err := st.signedText(); err != nil || r.text != want {
				t.Errorf("%s:\n%q, want\n%q (%v)", leaf, r.text, want, err)
			}
		}
	}
	text := signed(t, births())
	if r, err := readSigned(Statement{Contract: text}, ""); err != nil || r.digest != births().digest() {
		t.Errorf("the digest of a contract is %x: %v", r.digest, err)
	}
}
