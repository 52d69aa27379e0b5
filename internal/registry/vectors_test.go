package registry

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

const vectorsFile = "testdata/continuations.json"

// vectors are continuations of one log, for whoever writes a second node.
type vectors struct {
	About         string               `json:"about"`
	Key           string               `json:"key"`        // of the registry, that the follower was told
	Recovery      []recoveryVector     `json:"recovery"`   // the last is not named in the log
	Statements    []string             `json:"statements"` // of the log before
	Checkpoint    string               `json:"checkpoint"`
	Continuations []continuationVector `json:"continuations"`
}

type recoveryVector struct {
	Key  string `json:"key"`
	Seed string `json:"seed"` // of the Ed25519 key, base64
}

// continuationVector is the log with one statement more, and a checkpoint over it.
type continuationVector struct {
	Name       string `json:"name"`
	Signed     string `json:"signed"`
	Leaf       string `json:"leaf"`
	Checkpoint string `json:"checkpoint"`
	Taken      bool   `json:"taken"`
}

func wantedVectors(t *testing.T) vectors {
	t.Helper()
	names := []string{recoveryOne, recoveryTwo, "RS-TEST/recovery-3", "RS-TEST/stranger"}
	a := newAuthority(t, append(seed(t), recoverySays(t, 2, names[:3]...))...)
	delta := testkit.Must[Delta](t)(a.Delta(t.Context(), 0))
	v := vectors{
		About: "Values of docs/spec/exchange.md 2.8: a log, and what may or may not be its next statement.",
		Key:   fmt.Sprint(verifierOf(t, origin)), Statements: delta.Statements, Checkpoint: delta.Checkpoint,
	}
	var keys []note.Signer
	for _, name := range names {
		keys = append(keys, signerOf(t, name))
		v.Recovery = append(v.Recovery, recoveryVector{fmt.Sprint(verifierOf(t, name)), base64.StdEncoding.EncodeToString(testkit.Key(name).Seed())})
	}
	old, next := signerOf(t, origin), testkit.Must[note.Signer](t)(journal.NewSigner(origin, testkit.Key("standby")))
	_, nextKey := namedKey(t, origin, "standby")
	head := testkit.Must[journal.Checkpoint](t)(journal.PeekCheckpoint([]byte(delta.Checkpoint)))
	node := nodeSays(t, city, "n1").Node
	good := Continuation{
		Checkpoint: delta.Checkpoint, Key: fmt.Sprint(nextKey), Member: city, Node: "n1", Address: node.Address, Pin: node.TLS, Reason: "Чвор органа је изгубљен.", At: morning,
	}
	signed := func(c Continuation, signers ...note.Signer) string {
		return testkit.Must[string](t)(c.Sign(signers...))
	}
	over := func(c journal.Checkpoint, by note.Signer) string {
		return string(testkit.Must[[]byte](t)(note.Sign(&note.Note{Text: c.Text()}, by)))
	}
	add := func(name string, taken bool, text string, by note.Signer) {
		leaf := string(testkit.Must[[]byte](t)(Statement{At: morning, Continuation: text}.encode()))
		a.mu.Lock()
		defer a.mu.Unlock()
		grown, root, err := a.grown([]string{leaf})
		if err != nil {
			t.Fatal(err)
		}
		v.Continuations = append(v.Continuations, continuationVector{name, text, leaf, over(journal.Checkpoint{Origin: origin, Size: grown.size, Root: root}, by), taken})
	}
	changed := func(change func(*Continuation)) string {
		c := good
		change(&c)
		return signed(c, keys[:2]...)
	}

	add("by two of three keys", true, signed(good, keys[:2]...), next)
	add("by all keys", true, signed(good, keys[:3]...), next)
	add("with a signature of somebody else besides", true, signed(good, keys[2], keys[3], keys[0]), next)
	add("another history is given up", true, changed(func(c *Continuation) { c.GivenUp = []Head{{Size: 9, Root: HeadOf(head).Root}} }), next)
	add("by the key that was", true, changed(func(c *Continuation) { c.Key = v.Key }), old)
	add("the key that was signs what follows", false, signed(good, keys[:2]...), old)
	add("by one key", false, signed(good, keys[0]), next)
	add("by one key and one that is not named", false, signed(good, keys[0], keys[3]), next)
	add("another text under the signatures", false, strings.Replace(signed(good, keys[:2]...), `"node":"n1"`, `"node":"n2"`, 1), next)
	add("of a head over less", false, changed(func(c *Continuation) {
		less := head
		less.Size--
		c.Checkpoint = over(less, old)
	}), next)
	add("of a head with another root", false, changed(func(c *Continuation) {
		another := head
		another.Root[0] ^= 1
		c.Checkpoint = over(another, old)
	}), next)
	add("of a head that another key signed", false, changed(func(c *Continuation) { c.Checkpoint = over(head, keys[0]) }), next)
	add("without a reason", false, changed(func(c *Continuation) { c.Reason = "" }), next)
	add("with a pin that is none", false, changed(func(c *Continuation) { c.Pin = "00" }), next)
	add("not in canonical form", false, noncanonical(t, good, keys[:2]...), next)
	return v
}

// noncanonical signs a continuation with a blank in it.
func noncanonical(t *testing.T, c Continuation, keys ...note.Signer) string {
	text, _, _ := strings.Cut(testkit.Must[string](t)(c.Sign(keys...)), "\n\n")
	return string(testkit.Must[[]byte](t)(note.Sign(&note.Note{Text: strings.Replace(text, "{", "{ ", 1) + "\n"}, keys...)))
}

// The published vectors are what this program writes, and how a follower judges
// them. With DOBOSH_VECTORS=write the file is made anew.
func TestVectorsOfContinuations(t *testing.T) {
	want := append(testkit.Must[[]byte](t)(json.MarshalIndent(wantedVectors(t), "", "  ")), '\n')
	if os.Getenv("DOBOSH_VECTORS") == "write" {
		if err := os.WriteFile(vectorsFile, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have := testkit.Must[[]byte](t)(os.ReadFile(vectorsFile))
	if string(have) != string(want) {
		t.Errorf("%s is not what is written today", vectorsFile)
	}
	var v vectors
	if err := json.Unmarshal(have, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Continuations {
		answer := testkit.Must[[]byte](t)(json.Marshal(Delta{Statements: append(slices.Clone(v.Statements), c.Leaf), Checkpoint: c.Checkpoint}))
		mux := http.NewServeMux()
		mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) })
		mux.HandleFunc("GET "+ContinuationsPath, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) })
		server := serve(t, mux)
		key := testkit.Must[note.Verifier](t)(journal.ParseKey(v.Key))
		f := testkit.Must[*Follower](t)(NewFollower(t.Context(), testkit.Database(t, storage.SQLite)(Migrations()), key, server.URL+Path, server.Client(), clock.NewManual(morning).Now, quiet))
		err := f.Sync(t.Context(), false)
		if taken := err == nil && f.State().Size == int64(len(v.Statements)+1); taken != c.Taken || !taken && f.State().Size != 0 {
			t.Errorf("%s: %d statements, %v", c.Name, f.State().Size, err)
		}
		if statement, err := ReadStatement([]byte(c.Leaf)); err != nil || statement.Continuation != c.Signed {
			t.Errorf("%s: the leaf is not that of the note: %v", c.Name, err)
		}
	}
}
