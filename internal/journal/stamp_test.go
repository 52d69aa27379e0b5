package journal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// stamped is a message with its stamp from a log of some entries.
func stamped(t testing.TB) (Stamp, Entry, note.Verifier) {
	t.Helper()
	l := openLog(t, testConfig(t.TempDir()))
	appendMany(t, l, 6)
	_, s, err := l.Read(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	return s, testEntry(3), l.Key()
}

func TestVerifyRefusesWhatWasNotLogged(t *testing.T) {
	good, e, key := stamped(t)
	meta, body := hashesOf(e)
	other := openLog(t, Config{Dir: t.TempDir(), Origin: "log.example/other", Key: testKey(2)})
	appendMany(t, other, 3)
	foreign := appendOne(t, other, testEntry(3))
	impostor := openLog(t, Config{Dir: t.TempDir(), Origin: testOrigin, Key: testKey(3)})
	forged := appendOne(t, impostor, e)
	cases := map[string]struct {
		change func(s *Stamp)
		want   error
	}{
		"index":            {func(s *Stamp) { s.Index++ }, ErrProof},
		"index behind end": {func(s *Stamp) { s.Index = 6 }, ErrProof},
		"negative index":   {func(s *Stamp) { s.Index = -1 }, ErrProof},
		"salt":             {func(s *Stamp) { s.Salt[0]++ }, ErrProof},
		"proof":            {func(s *Stamp) { s.Proof[0][31]++ }, ErrProof},
		"proof too short":  {func(s *Stamp) { s.Proof = s.Proof[1:] }, ErrProof},
		"proof too long":   {func(s *Stamp) { s.Proof = append(s.Proof, s.Proof[0]) }, ErrProof},
		"checkpoint":       {func(s *Stamp) { s.Checkpoint[len(testOrigin)+1]++ }, ErrCheckpoint},
		"signature":        {func(s *Stamp) { s.Checkpoint[len(s.Checkpoint)-10]++ }, ErrCheckpoint},
		"no checkpoint":    {func(s *Stamp) { s.Checkpoint = nil }, ErrCheckpoint},
		"another log":      {func(s *Stamp) { *s = foreign }, ErrCheckpoint},
		"an impostor":      {func(s *Stamp) { *s = forged }, ErrCheckpoint},
	}
	verifier := NewVerifier(key)
	for range 2 { // the second time from memory
		for name, tt := range cases {
			s := good
			s.Proof, s.Checkpoint = slices.Clone(s.Proof), bytes.Clone(s.Checkpoint)
			tt.change(&s)
			if err := Verify(s, meta, body, key); !errors.Is(err, tt.want) {
				t.Errorf("%s: Verify = %v, want %v", name, err, tt.want)
			}
			if err := verifier.Verify(s, meta, body); !errors.Is(err, tt.want) {
				t.Errorf("%s: Verifier.Verify = %v, want %v", name, err, tt.want)
			}
		}
		for name, hashes := range map[string][2][32]byte{"meta": {{1}, body}, "body": {meta, {1}}, "swapped": {body, meta}} {
			if err := verifier.Verify(good, hashes[0], hashes[1]); !errors.Is(err, ErrProof) {
				t.Errorf("other %s: %v", name, err)
			}
		}
		if err := verifier.Verify(good, meta, body); err != nil {
			t.Error(err)
		}
	}
}

func TestVerifierForgetsOldCheckpoints(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	verifier := NewVerifier(l.Key())
	for i := range 3 * rememberedCheckpoints {
		s := appendOne(t, l, testEntry(i))
		meta, body := hashesOf(testEntry(i))
		for range 2 {
			if err := verifier.Verify(s, meta, body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(verifier.seen) > rememberedCheckpoints {
		t.Errorf("%d checkpoints are remembered", len(verifier.seen))
	}
}

// A log that was copied and went on twice has one key and two histories.
func TestVerifierFindsAFork(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	appendOne(t, l, testEntry(0))
	twin := cfg
	twin.Dir = copyDir(t, cfg.Dir)
	other := openLog(t, twin)
	verifier := NewVerifier(l.Key())
	meta, body := hashesOf(testEntry(1))
	if err := verifier.Verify(appendOne(t, l, testEntry(1)), meta, body); err != nil {
		t.Fatal(err)
	}
	meta, body = hashesOf(testEntry(2))
	forked := appendOne(t, other, testEntry(2))
	for range 2 {
		if err := verifier.Verify(forked, meta, body); !errors.Is(err, ErrFork) {
			t.Errorf("the other history: %v", err)
		}
	}
	meta, body = hashesOf(testEntry(3))
	if err := verifier.Verify(appendOne(t, l, testEntry(3)), meta, body); err != nil {
		t.Errorf("the history that was first: %v", err)
	}
}

func TestStampText(t *testing.T) {
	s, _, _ := stamped(t)
	text := s.Text()
	got, err := ParseStamp(text)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("stamp = %+v, %v", got, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(text)
	encode := base64.RawURLEncoding.EncodeToString
	for name, bad := range map[string]string{
		"empty":           "",
		"too long":        strings.Repeat("A", MaxStampText+1),
		"line end":        text[:8] + "\n" + text[8:],
		"padding":         text + "=",
		"another version": encode(append([]byte{2}, raw[1:]...)),
		"cut":             encode(raw[:60]),
		"long index":      encode(append([]byte{1, 0x83, 0x00}, raw[2:]...)),
		"huge index":      encode(append(append([]byte{1}, bytes.Repeat([]byte{0xff}, 9)...), append([]byte{1}, raw[2:]...)...)),
		"64 hashes":       encode(slices.Concat(raw[:34], []byte{64}, make([]byte, 64*32))),
	} {
		if _, err := ParseStamp(bad); !errors.Is(err, ErrStamp) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func FuzzParseStamp(f *testing.F) {
	s, _, _ := stamped(f)
	f.Add(s.Text())
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStamp(text)
		if err == nil && s.Text() != text {
			t.Errorf("two texts for one stamp: %q", text)
		}
	})
}

func FuzzParseFrame(f *testing.F) {
	f.Add(appendFrame(nil, frameCheckpoint, []byte("text")))
	f.Add(appendFrame(nil, frameEntry, make([]byte, 80)))
	f.Add(appendFrame(nil, frameKept, make([]byte, 120)))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := parseFrame(b)
		if err != nil {
			return
		}
		if again := appendFrame(nil, frame.kind, frame.payload); !bytes.Equal(again, b[:frame.size]) {
			t.Errorf("two forms of one frame")
		}
		if rec, err := frame.record(); err == nil {
			rec.open(keySlots{used: map[uint32]bool{}})
		}
	})
}

func FuzzParseContent(f *testing.F) {
	for i := range 3 {
		b, _ := appendContent(nil, entryAt(i), [randomSize]byte{1})
		f.Add(b)
	}
	b, _ := appendContent(nil, &Entry{Kind: "k", Meta: []byte(`{}`), Digest: [32]byte{1}}, [randomSize]byte{})
	f.Add(b)
	s, _, _ := stamped(f)
	b, _ = appendContent(nil, &Entry{Kind: "k", Meta: []byte(`{}`), Body: []byte("b"), Received: s.Bytes(), Until: testNow()}, [randomSize]byte{1})
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, salt, beside, err := parseContent(b)
		if err != nil {
			return
		}
		again, saltAgain := appendContent(nil, &e, [randomSize]byte(b))
		if beside {
			again[len(again)-hashSize-1] = formBeside
		}
		if !bytes.Equal(again, b) || salt != saltAgain {
			t.Errorf("two contents of one entry: %x and %x", b, again)
		}
	})
}
