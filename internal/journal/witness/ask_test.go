package witness

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

// A log that was cut back hears from every kind of witness how large it was, and no witness is changed by the question.
func TestWitnessesSayHowLargeALogWas(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	grow(t, l, 5)
	logs := known{testOrigin: {l.Key()}}
	ours, foreign, fresh := newServer(t, t.TempDir(), "w.example/ours", 2, logs), newServer(t, t.TempDir(), "w.example/foreign", 3, logs), newServer(t, t.TempDir(), "w.example/fresh", 4, logs)
	for _, s := range []*Server{ours, foreign} {
		if w := submit(s, ask(t, l, 0)); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
	}
	serve := func(s *Server, key note.Verifier, onlyStandard bool) Peer {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if onlyStandard && r.URL.Path != "/add-checkpoint" {
				http.NotFound(w, r)
				return
			}
			s.ServeHTTP(w, r)
		}))
		t.Cleanup(web.Close)
		return Peer{URL: web.URL, Key: key}
	}
	cut := openLog(t, t.TempDir(), 1)
	grow(t, cut, 2)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	q := Question{
		Peers: []Peer{
			serve(ours, ours.Key(), false), serve(foreign, foreign.Key(), true), serve(fresh, fresh.Key(), false),
			serve(newServer(t, t.TempDir(), "w.example/stranger", 5, known{}), l.Key(), true), {URL: "http://127.0.0.1:1", Key: l.Key()},
		},
		Client: client, Keys: []note.Verifier{l.Key()}, Signed: cut.Checkpoint(),
	}
	answers := q.Ask(t.Context())
	if answers[0].Size != 5 || string(answers[0].Signed) != string(l.Checkpoint()) || answers[0].Witness != "w.example/ours" {
		t.Errorf("ours: %+v", answers[0])
	}
	if answers[1].Size != 5 || answers[1].Signed != nil || answers[1].Err != nil {
		t.Errorf("one that knows the standard alone: %+v", answers[1])
	}
	if answers[2].Size != 0 || answers[2].Err != nil {
		t.Errorf("one that never heard of it: %+v", answers[2])
	}
	if answers[3].Err == nil || answers[4].Err == nil {
		t.Errorf("one that does not know the log, and one that is away: %+v %+v", answers[3], answers[4])
	}
	if largest := Largest(answers); largest.Size != 5 {
		t.Errorf("the largest: %+v", largest)
	}
	for _, s := range []*Server{ours, foreign} {
		if c, err := s.newest(testOrigin); err != nil || c.Size != 5 {
			t.Errorf("the question changed the witness: %+v %v", c, err)
		}
	}
	if c, err := fresh.newest(testOrigin); err != nil || c.Size != 0 {
		t.Errorf("the question made a witness remember: %+v %v", c, err)
	}
}

// What was cosigned can be fetched again, so a damaged copy of it stops nobody.
func TestDamagedCosignedCheckpointIsFetchedAgain(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	grow(t, l, 3)
	server := newServer(t, t.TempDir(), "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	peer, _ := listen(t, server)
	file := filepath.Join(t.TempDir(), "cosigned")
	if err := os.WriteFile(file, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, l, file, 1, peer)
	if err := c.WaitCosigned(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := journal.Cosignatures(raw, server.Key()); err != nil || len(seen) != 1 {
		t.Errorf("kept: %v %v", seen, err)
	}
}
