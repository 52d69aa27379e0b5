package journal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

func testWitness(t testing.TB, name string, seed byte) (note.Signer, note.Verifier) {
	t.Helper()
	signer, err := NewCosigner(name, testKey(seed), testNow)
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewCosignerKey(name, testKey(seed).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return signer, key
}

func TestProofFileWithWitnesses(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	stamps := appendMany(t, l, 9)
	first, firstKey := testWitness(t, "witness.example/1", 21)
	second, secondKey := testWitness(t, "witness.example/2", 22)
	_, strangerKey := testWitness(t, "witness.example/3", 23)
	cosigned := bytes.Clone(l.Checkpoint())
	for _, w := range []note.Signer{first, second} {
		line, err := Cosign(l.Checkpoint(), w)
		if err != nil {
			t.Fatal(err)
		}
		cosigned = append(cosigned, line...)
	}
	file, err := l.ProofFor(4, stamps[4].Salt, cosigned)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseProof(file.String())
	if err != nil || !reflect.DeepEqual(parsed, file) {
		t.Fatalf("proof = %+v, %v", parsed, err)
	}
	s, err := parsed.Stamp()
	if err != nil {
		t.Fatal(err)
	}
	leaf := s.Leaf(hashesOf(testEntry(4)))
	policy := Policy{Log: l.Key(), Witnesses: []note.Verifier{firstKey, secondKey, strangerKey}, Quorum: 2}
	c, seen, err := policy.Verify(parsed, leaf)
	if err != nil || c.Size != 9 || len(seen) != 2 || !seen[0].At.Equal(testNow().Truncate(time.Second)) {
		t.Fatalf("verify = %+v, %+v, %v", c, seen, err)
	}
	policy.Quorum = 3
	if _, _, err := policy.Verify(parsed, leaf); !errors.Is(err, ErrWitnesses) {
		t.Errorf("two of three: %v", err)
	}
	policy.Quorum = 2
	if _, _, err := policy.Verify(parsed, s.Leaf(hashesOf(testEntry(5)))); !errors.Is(err, ErrProof) {
		t.Errorf("another message: %v", err)
	}
	wrong := parsed
	wrong.Checkpoint = bytes.Replace(parsed.Checkpoint, []byte("witness.example/1 "), []byte("witness.example/9 "), 1)
	if _, _, err := policy.Verify(wrong, leaf); !errors.Is(err, ErrWitnesses) {
		t.Errorf("a renamed witness: %v", err)
	}
}

// A cosignature is bound to its time and to the text, and a log's signature is none.
func TestCosignaturesThatAreNone(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	signer, key := testWitness(t, "witness.example/1", 21)
	text := []byte(Checkpoint{Origin: testOrigin, Root: emptyRoot()}.Text())
	sig, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	if !key.Verify(text, sig) {
		t.Fatal("a good cosignature does not verify")
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if key.Verify(text, bad) {
			t.Errorf("verifies with byte %d changed", i)
		}
	}
	if key.Verify(append(text, 'x'), sig) || key.Verify(text, sig[8:]) || key.Verify(text, nil) {
		t.Error("a wrong cosignature verifies")
	}
	if seen, err := Cosignatures(l.Checkpoint(), key); err != nil || len(seen) != 0 {
		t.Errorf("cosignatures of a fresh checkpoint = %v, %v", seen, err)
	}
	if seen, err := Cosignatures(l.Checkpoint(), l.Key()); err != nil || len(seen) != 0 {
		t.Errorf("the log cosigned itself: %v, %v", seen, err)
	}
}

func TestParseProofRefuses(t *testing.T) {
	s, _, _ := stamped(t)
	good := s.ProofFile().String()
	lines := strings.SplitAfter(good, "\n")
	for name, bad := range map[string]string{
		"empty":          "",
		"header":         strings.Replace(good, "@v1", "@v2", 1),
		"no checkpoint":  strings.Join(lines[:5], ""),
		"extra":          strings.Replace(good, "extra ", "extra !", 1),
		"empty extra":    strings.Replace(good, lines[1], "extra \n", 1),
		"no index":       strings.Replace(good, lines[2], "", 1),
		"leading zero":   strings.Replace(good, "index 3", "index 03", 1),
		"negative index": strings.Replace(good, "index 3", "index -3", 1),
		"short hash":     strings.Replace(good, lines[3], "AAAA\n", 1),
		"many hashes":    strings.Replace(good, lines[3], strings.Repeat(lines[3], 70), 1),
		"too long":       good + strings.Repeat("x", MaxProof),
	} {
		if _, err := ParseProof(bad); !errors.Is(err, ErrProofFile) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if _, err := (Proof{}).Stamp(); !errors.Is(err, ErrProofFile) {
		t.Errorf("a proof without salt is a stamp: %v", err)
	}
}

func FuzzParseProof(f *testing.F) {
	s, _, _ := stamped(f)
	f.Add(s.ProofFile().String())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProof(text)
		if err == nil && p.String() != text {
			t.Errorf("two texts for one proof: %q", text)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(Checkpoint{Origin: testOrigin, Size: 3, Root: emptyRoot()}.Text())
	f.Add("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err == nil && !strings.HasPrefix(text, c.Text()) {
			t.Errorf("two texts for one checkpoint: %q", text)
		}
	})
}

func TestParseCheckpointRefuses(t *testing.T) {
	root := "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for _, bad := range []string{
		"", "a\n", "a\n1\n", "a\n1\n" + root, "\n1\n" + root + "\n", "a\n01\n" + root + "\n", "a\n-1\n" + root + "\n",
		"a\n+1\n" + root + "\n", "a\n9223372036854775808\n" + root + "\n", "a\n1\nAAAA\n", "a\n1\n" + root + "\n\n",
		"a\n0\n" + strings.Replace(root, "4", "5", 1) + "\n", "a\n1\n" + strings.Replace(root, "U=", "V=", 1) + "\n",
	} {
		if c, err := ParseCheckpoint(bad); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%q was read as %+v, %v", bad, c, err)
		}
	}
	key := testVerifier(t, "log.example/other", 1)
	signer, err := NewSigner("log.example/other", testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: Checkpoint{Origin: testOrigin, Root: emptyRoot()}.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(signed, key); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("a checkpoint in the name of another log: %v", err)
	}
}

func TestKeyText(t *testing.T) {
	_, witness := testWitness(t, "witness.example/1", 21)
	for _, key := range []note.Verifier{testVerifier(t, testOrigin, 1), witness} {
		text := fmt.Sprint(key)
		got, err := ParseKey(text)
		if err != nil || !reflect.DeepEqual(got, key) {
			t.Errorf("%s was read as %v, %v", text, got, err)
		}
		for _, bad := range []string{"", "a+b", text[1:], text + "A", strings.Replace(text, "+", "+0", 1), text[:len(text)-8]} {
			if got, err := ParseKey(bad); err == nil {
				t.Errorf("%q was read as %v", bad, got)
			}
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("n", 256)} {
		if _, err := NewSigner(name, testKey(1)); err == nil {
			t.Errorf("%q was accepted as a name", name)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(fmt.Sprint(testVerifier(f, testOrigin, 1)))
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := ParseKey(text); err == nil && !strings.EqualFold(fmt.Sprint(key), text) {
			t.Errorf("two texts for one key: %q", text)
		}
	})
}
