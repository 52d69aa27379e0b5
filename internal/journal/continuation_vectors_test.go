package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// continuationVectors is testdata/continuation.json: a word of a log that lost entries, as it travels, and such as nobody takes.
type continuationVectors struct {
	About   string          `json:"about"`
	Seed    string          `json:"log_key_seed"`
	Key     string          `json:"log_key"`
	Seen    string          `json:"seen"` // checkpoint, signed: the newest that a witness has
	Kept    string          `json:"kept"` // checkpoint, signed: what was kept
	Why     string          `json:"why"`
	Text    string          `json:"text"`   // what is signed
	Signed  json.RawMessage `json:"signed"` // as it travels
	Refused []refusedVector `json:"refused"`
}

type refusedVector struct {
	Because string          `json:"because"`
	Signed  json.RawMessage `json:"signed"`
}

// makeContinuations makes them of the log of vectors.json: it had five entries, and three are left.
func makeContinuations(t *testing.T) continuationVectors {
	t.Helper()
	of := makeVectors(t)
	v := continuationVectors{
		About: "Values of docs/spec/journal.md, continuation: the log of vectors.json goes on from three of its five entries.",
		Seed:  of.Seed, Key: of.Key, Seen: of.Entries[4].Checkpoint, Kept: of.Entries[2].Checkpoint, Why: "the disk burned",
	}
	key := testVerifier(t, testOrigin, 1)
	c := Continuation{Why: v.Why}
	var err error
	if c.Seen, err = OpenCheckpoint([]byte(v.Seen), key); err != nil {
		t.Fatal(err)
	}
	if c.Kept, err = OpenCheckpoint([]byte(v.Kept), key); err != nil {
		t.Fatal(err)
	}
	v.Text = c.text()
	sign := func(text string, seed byte, kept string) json.RawMessage {
		signer, err := NewSigner(testOrigin, testKey(seed))
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(signedContinuation{string(n), kept})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	v.Signed = sign(v.Text, 1, v.Kept)
	grown, nothing, long := c, c, c
	grown.Seen, grown.Kept = c.Kept, c.Seen
	nothing.Why, long.Why = "", strings.Repeat("w", MaxWhy+1)
	v.Refused = []refusedVector{
		{"it is signed by another key", sign(v.Text, 2, v.Kept)},
		{"its checkpoint is another one", sign(v.Text, 1, of.Entries[1].Checkpoint)},
		{"more was kept than seen", sign(grown.text(), 1, v.Seen)},
		{"it gives no reason", sign(nothing.text(), 1, v.Kept)},
		{"its reason is longer than 1000 bytes", sign(long.text(), 1, v.Kept)},
		{"it is of another version", sign(strings.Replace(v.Text, " v1\n", " v2\n", 1), 1, v.Kept)},
		{"it has a line more", sign(v.Text+"more\n", 1, v.Kept)},
		{"it is of another log", sign(strings.Replace(v.Text, testOrigin, "log.example/other", 1), 1, v.Kept)},
	}
	return v
}

func TestContinuationVectorsAreWhatTheCodeMakes(t *testing.T) {
	made, err := json.MarshalIndent(makeContinuations(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "continuation.json")
	if *update {
		if err := os.WriteFile(path, append(made, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if stored := readFile(t, path); !bytes.Equal(bytes.TrimSpace(stored), made) {
		t.Errorf("the format has changed: %s is not what the code makes", path)
	}
}

// The word holds with nothing but the standard library and the words of the specification, and is read as what it says; the others are refused.
func TestContinuationVectorsByTheSpecification(t *testing.T) {
	var v continuationVectors
	if err := json.Unmarshal(readFile(t, "testdata", "continuation.json"), &v); err != nil {
		t.Fatal(err)
	}
	lines := func(checkpoint string) []string { return strings.SplitN(checkpoint, "\n", 4) }
	seen, kept := lines(v.Seen), lines(v.Kept)
	text := fmt.Sprintf("dobosh continuation v1\n%s\n%s %s\n%s %s\n%s\n", seen[0], seen[1], seen[2], kept[1], kept[2], base64.StdEncoding.EncodeToString([]byte(v.Why)))
	if v.Text != text {
		t.Errorf("text = %q, want %q", v.Text, text)
	}
	private := ed25519.NewKeyFromSeed(unhex(t, v.Seed))
	id := sha256.Sum256(append([]byte(seen[0]+"\n\x01"), private.Public().(ed25519.PublicKey)...))
	signature := base64.StdEncoding.EncodeToString(append(id[:4:4], ed25519.Sign(private, []byte(text))...))
	var travels struct{ Note, Kept string }
	if err := json.Unmarshal(v.Signed, &travels); err != nil {
		t.Fatal(err)
	}
	if want := text + "\n— " + seen[0] + " " + signature + "\n"; travels.Note != want || travels.Kept != v.Kept {
		t.Errorf("it travels as %q with %q, want %q with %q", travels.Note, travels.Kept, want, v.Kept)
	}

	key, err := ParseKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	c, from, err := OpenContinuation(v.Signed, key)
	if err != nil || c.Seen.Size != 5 || c.Kept.Size != 3 || c.Why != v.Why || string(from) != v.Kept {
		t.Errorf("it is read as %+v, %v", c, err)
	}
	if origin, err := PeekContinuation(v.Signed); err != nil || origin != seen[0] {
		t.Errorf("it is of %q, %v", origin, err)
	}
	if len(v.Refused) == 0 {
		t.Error("nothing is there that must be refused")
	}
	for _, r := range v.Refused {
		if _, _, err := OpenContinuation(r.Signed, key); !errors.Is(err, ErrContinuation) {
			t.Errorf("%s: %v", r.Because, err)
		}
	}
}
