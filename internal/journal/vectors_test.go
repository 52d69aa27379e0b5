package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dobosh/internal/kit/seal"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var update = flag.Bool("update", false, "write the test vectors again")

// vectors is testdata/vectors.json: enough for a second implementation to check itself. Bytes are in hexadecimal.
type vectors struct {
	About   string        `json:"about"`
	Origin  string        `json:"origin"`
	Seed    string        `json:"log_key_seed"`
	Key     string        `json:"log_key"`
	Witness string        `json:"witness_key"`
	Entries []entryVector `json:"entries"`
	Cosign  string        `json:"cosigned_checkpoint"`
	Proof   string        `json:"proof_file_of_entry_4"`
}

// entryVector is an entry with all the values in between. The log has one entry more in every vector.
type entryVector struct {
	Kind       string   `json:"kind"`
	ID         string   `json:"id"`
	At         string   `json:"at"`
	Subjects   []string `json:"subjects,omitempty"`
	Meta       string   `json:"meta"`
	Body       string   `json:"body,omitempty"`
	Digest     string   `json:"digest,omitempty"`
	Received   string   `json:"received,omitempty"`
	Until      string   `json:"until,omitempty"`
	Random     string   `json:"random"`
	ContentKey string   `json:"content_key"`
	Slot       uint32   `json:"key_slot"`
	PeriodKey  string   `json:"period_key,omitempty"`
	PeriodSlot uint32   `json:"period_slot,omitempty"`
	BodyKey    string   `json:"body_key,omitempty"`
	Nonce      string   `json:"nonce"`
	Content    string   `json:"content"`
	Salt       string   `json:"salt"`
	Commitment string   `json:"commitment"`
	Leaf       string   `json:"leaf"`
	Frame      string   `json:"frame"`
	Checkpoint string   `json:"checkpoint"`
	Stamp      string   `json:"stamp"`
}

func vectorEntries() []Entry {
	at := time.Date(2026, 11, 23, 9, 30, 0, 1000, time.UTC)
	return []Entry{
		{Kind: "request", ID: "q1", At: at, Meta: []byte(`{"purpose":"family-support"}`), Body: []byte("GET /v1/births/1")},
		{Kind: "answer", ID: "a1", At: at.Add(time.Second), Subjects: []string{"ana", "boris"}, Meta: []byte(`{"to":"q1"}`), Body: []byte(`{"order":2}`)},
		{Kind: "answer", ID: "a2", At: at.Add(time.Minute), Subjects: []string{"ana"}, Meta: []byte(`{}`), Digest: sha256.Sum256([]byte("a large file"))},
		{Kind: "reply", ID: "r1", At: at.Add(time.Hour), Meta: []byte(`{"to":"q0"}`), Body: []byte(`{"order":3}`)},
		{Kind: "reply", ID: "r2", At: at.Add(time.Hour), Subjects: []string{"ana"}, Meta: []byte(`{"to":"q0"}`), Body: []byte(`{"order":4}`), Until: at.AddDate(0, 0, 30)},
	}
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	signer, err := NewSigner(testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	witness, witnessKey := testWitness(t, "witness.example/1", 21)
	v := vectors{
		About:  "Values of docs/spec/journal.md: a log that grows by one entry at a time. Bytes are in hexadecimal.",
		Origin: testOrigin, Seed: hex.EncodeToString(testKey(1).Seed()),
		Key: fmt.Sprint(testVerifier(t, testOrigin, 1)), Witness: fmt.Sprint(witnessKey),
	}
	tree := &edge{}
	var last Stamp
	for i, e := range vectorEntries() {
		if e.ID == "r1" {
			e.Received = received(t, v.Entries[0].Stamp) // in earnest it is of another log
		}
		ev, s := makeEntryVector(t, byte(i), e, tree, signer)
		v.Entries, last = append(v.Entries, ev), s
	}
	line, err := Cosign(last.Checkpoint, witness)
	if err != nil {
		t.Fatal(err)
	}
	last.Checkpoint = append(bytes.Clone(last.Checkpoint), line...)
	v.Cosign, v.Proof = string(last.Checkpoint), last.ProofFile().String()
	return v
}

func received(t *testing.T, text string) []byte {
	t.Helper()
	s, err := ParseStamp(text)
	if err != nil {
		t.Fatal(err)
	}
	return s.Bytes()
}

// textOf is a stamp as it stands in a header; empty for none.
func textOf(stamp []byte) string { return base64.RawURLEncoding.EncodeToString(stamp) }

func makeEntryVector(t *testing.T, i byte, e Entry, tree *edge, signer note.Signer) (entryVector, Stamp) {
	t.Helper()
	random, nonce := [randomSize]byte{0xa0, i}, [nonceSize]byte{0xb0, i}
	key := [keySize]byte(sha256.Sum256([]byte(e.owner())))
	with := sealing{slot: uint32(i), sealer: vectorSealer(t, key)}
	period := [keySize]byte(sha256.Sum256([]byte("period")))
	if e.form() == formBeside {
		with.period, with.body = 9, vectorSealer(t, bodyKey(key, period))
	}
	plain, salt := appendContent(nil, &e, random)
	frame, s := sealWith(nil, &e, with, random, nonce)
	tree.add(nil, s.leaf)
	signed, err := note.Sign(&note.Note{Text: Checkpoint{Origin: testOrigin, Size: tree.size, Root: tree.close()}.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	stamp := Stamp{Index: int64(i), Salt: salt, Proof: tree.prove(nil, int64(i)), Checkpoint: signed}
	meta, body := hashesOf(e)
	commitment := Commitment(salt, meta, body)
	v := entryVector{
		Kind: e.Kind, ID: e.ID, At: e.At.Format(time.RFC3339Nano), Subjects: e.Subjects, Received: textOf(e.Received), Meta: string(e.Meta), Body: string(e.Body),
		Random: hex.EncodeToString(random[:]), ContentKey: hex.EncodeToString(key[:]), Slot: uint32(i), Nonce: hex.EncodeToString(nonce[:]),
		Content: hex.EncodeToString(plain), Salt: hex.EncodeToString(salt[:]), Commitment: hex.EncodeToString(commitment[:]),
		Leaf: hex.EncodeToString(s.leaf[:]), Frame: hex.EncodeToString(frame), Checkpoint: string(signed), Stamp: stamp.Text(),
	}
	if e.detached() {
		v.Digest = hex.EncodeToString(e.Digest[:])
	}
	if e.form() == formBeside {
		both := bodyKey(key, period)
		v.Until, v.PeriodKey, v.PeriodSlot, v.BodyKey = e.Until.Format(time.RFC3339Nano), hex.EncodeToString(period[:]), with.period, hex.EncodeToString(both[:])
	}
	return v, stamp
}

func vectorSealer(t *testing.T, key [keySize]byte) *seal.Sealer {
	t.Helper()
	sealer, err := seal.New(key[:])
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// vectorKeys are the keys of one entry of the vectors.
type vectorKeys struct {
	t *testing.T
	v entryVector
}

func (k vectorKeys) opener(uint32) (*seal.Sealer, error) {
	return vectorSealer(k.t, [keySize]byte(unhex(k.t, k.v.ContentKey))), nil
}

func (k vectorKeys) bodyOpener(slot, period uint32) (*seal.Sealer, error) {
	if slot != k.v.Slot || period != k.v.PeriodSlot {
		k.t.Errorf("%s is sealed under slots %d and %d", k.v.ID, slot, period)
	}
	return vectorSealer(k.t, [keySize]byte(unhex(k.t, k.v.BodyKey))), nil
}

func TestVectorsAreWhatTheCodeMakes(t *testing.T) {
	made, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "vectors.json")
	if *update {
		if err := os.WriteFile(path, append(made, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if stored := readFile(t, path); !bytes.Equal(bytes.TrimSpace(stored), made) {
		t.Errorf("the format has changed: %s is not what the code makes", path)
	}
}

// The vectors hold with nothing but the standard library and the words of the specification.
func TestVectorsByTheSpecification(t *testing.T) {
	var v vectors
	if err := json.Unmarshal(readFile(t, "testdata", "vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	seed := unhex(t, v.Seed)
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	var leaves [][32]byte
	for i, e := range v.Entries {
		content := unhex(t, e.Content)
		behind := max(len(e.Body), len(e.Digest)/2)
		if e.BodyKey != "" {
			behind = 32
			mac := hmac.New(sha256.New, unhex(t, e.ContentKey))
			mac.Write(append([]byte("dobosh body key v1\n"), unhex(t, e.PeriodKey)...))
			if got := hex.EncodeToString(mac.Sum(nil)); got != e.BodyKey {
				t.Errorf("entry %d: body key = %s, want %s", i, got, e.BodyKey)
			}
		}
		envelopeEnd := len(content) - 4 - len(e.Meta) - 1 - behind
		salt := sha256.Sum256(append([]byte("dobosh salt v1\n"), content[:envelopeEnd]...))
		bodyHash := sha256.Sum256([]byte(e.Body))
		if e.Digest != "" {
			bodyHash = [32]byte(unhex(t, e.Digest))
		}
		metaHash := sha256.Sum256([]byte(e.Meta))
		commitment := sha256.Sum256(bytes.Join([][]byte{[]byte("dobosh entry v1\n"), salt[:], metaHash[:], bodyHash[:]}, nil))
		leaf := sha256.Sum256(append([]byte{0}, commitment[:]...))
		leaves = append(leaves, leaf)
		for name, pair := range map[string][2]string{
			"salt": {hex.EncodeToString(salt[:]), e.Salt}, "commitment": {hex.EncodeToString(commitment[:]), e.Commitment},
			"leaf": {hex.EncodeToString(leaf[:]), e.Leaf},
		} {
			if pair[0] != pair[1] {
				t.Errorf("entry %d: %s = %s, want %s", i, name, pair[0], pair[1])
			}
		}
		root := rootOf(leaves)
		text := fmt.Sprintf("%s\n%d\n%s\n", v.Origin, i+1, base64.StdEncoding.EncodeToString(root[:]))
		id := sha256.Sum256(append([]byte(v.Origin+"\n\x01"), public...))
		sig := ed25519.Sign(ed25519.NewKeyFromSeed(seed), []byte(text))
		want := text + "\n— " + v.Origin + " " + base64.StdEncoding.EncodeToString(append(id[:4:4], sig...)) + "\n"
		if e.Checkpoint != want {
			t.Errorf("entry %d: checkpoint = %q, want %q", i, e.Checkpoint, want)
		}
		stampVectorHolds(t, v, e, metaHash, bodyHash)
	}
	proofVectorHolds(t, v)
}

// rootOf is the definition of RFC 6962, section 2.1, word for word.
func rootOf(leaves [][32]byte) [32]byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := rootOf(leaves[:k]), rootOf(leaves[k:])
	return sha256.Sum256(bytes.Join([][]byte{{1}, left[:], right[:]}, nil))
}

func stampVectorHolds(t *testing.T, v vectors, e entryVector, meta, body [32]byte) {
	t.Helper()
	key, err := ParseKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseStamp(e.Stamp)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(s, meta, body, key); err != nil {
		t.Errorf("%s: %v", e.ID, err)
	}
	f, err := parseFrame(unhex(t, e.Frame))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := f.record()
	if err != nil {
		t.Fatal(err)
	}
	if got, salt, err := rec.open(vectorKeys{t, e}); err != nil || got.ID != e.ID || textOf(got.Received) != e.Received || string(got.Body) != e.Body || salt != s.Salt {
		t.Errorf("%s opens as %+v, %v", e.ID, got, err)
	}
}

func proofVectorHolds(t *testing.T, v vectors) {
	t.Helper()
	key, err := ParseKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	witness, err := ParseKey(v.Witness)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ParseProof(v.Proof)
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Log: key, Witnesses: []note.Verifier{witness}, Quorum: 1}
	if _, _, err := policy.Verify(proof, tlog.Hash(unhex(t, v.Entries[4].Leaf))); err != nil {
		t.Error(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
