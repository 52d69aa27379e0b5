package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"dobosh/internal/kit/seal"

	"pgregory.net/rapid"
)

func newSealer(t testing.TB) *seal.Sealer {
	t.Helper()
	key := make([]byte, seal.KeySize)
	rand.Read(key)
	s, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which
// NIST SP 800-38D takes up: AES-256 with associated data.
func TestVectorOfGCM(t *testing.T) {
	s, err := seal.New(unhex(t, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
	if err != nil {
		t.Fatal(err)
	}
	nonce := unhex(t, "cafebabefacedbaddecaf888")
	plain := unhex(t, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
	bound := unhex(t, "feedfacedeadbeeffeedfacedeadbeefabaddad2")
	want := unhex(t, "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"+"76fc6ece0f4e1768cddf8853bb2d551b")
	if got := s.AppendAt([]byte("head"), [seal.NonceSize]byte(nonce), plain, bound); !bytes.Equal(got, append([]byte("head"), want...)) {
		t.Errorf("sealed to %x", got)
	}
	if got, err := s.Open(append(nonce, want...), bound); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened to %x: %v", got, err)
	}
}

const sealedBefore = "c1c25d645c3b00b16129faec366d7adc57baf474495b777b42e20183b60edd2aaaab431c5b6bff37b062f80cd7"

// What was sealed before this package was there, by the standard library's
// NewGCMWithRandomNonce under a derived key, opens.
func TestWhatWasSealedBeforeOpens(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	s, err := seal.Derive(secret, "dobosh identity session")
	if err != nil {
		t.Fatal(err)
	}
	sealed := unhex(t, sealedBefore)
	if got, err := s.Open(sealed, nil); err != nil || string(got) != `{"name":"Ана"}` {
		t.Errorf("opened to %q: %v", got, err)
	}
}

func TestOnlyWhatWasSealedOpens(t *testing.T) {
	s, other := newSealer(t), newSealer(t)
	rapid.Check(t, func(t *rapid.T) {
		plain, bound := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.SliceOf(rapid.Byte()).Draw(t, "bound")
		sealed := s.Seal(plain, bound)
		if len(sealed) != len(plain)+seal.Overhead {
			t.Fatalf("%d bytes became %d", len(plain), len(sealed))
		}
		if got, err := s.Open(sealed, bound); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened to %x: %v", got, err)
		}
		changed := bytes.Clone(sealed)
		changed[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		for what, opened := range map[string]func() ([]byte, error){
			"changed":               func() ([]byte, error) { return s.Open(changed, bound) },
			"cut":                   func() ([]byte, error) { return s.Open(sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "to")], bound) },
			"longer":                func() ([]byte, error) { return s.Open(append(bytes.Clone(sealed), 0), bound) },
			"bound to another":      func() ([]byte, error) { return s.Open(sealed, append(bytes.Clone(bound), 0)) },
			"sealed by another key": func() ([]byte, error) { return other.Open(sealed, bound) },
		} {
			if got, err := opened(); !errors.Is(err, seal.ErrSeal) || got != nil {
				t.Fatalf("%s: %x, %v", what, got, err)
			}
		}
		if bytes.Equal(sealed, s.Seal(plain, bound)) {
			t.Fatal("sealed twice to the same")
		}
	})
}

func TestKeys(t *testing.T) {
	for _, size := range []int{0, 16, 24, 31, 33} {
		if _, err := seal.New(make([]byte, size)); err == nil {
			t.Errorf("a key of %d bytes was taken", size)
		}
	}
	secret := []byte("a secret of high entropy, 32 byt")
	a, err := seal.Derive(secret, "a")
	if err != nil {
		t.Fatal(err)
	}
	b, err := seal.Derive(secret, "b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(a.Seal([]byte("x"), nil), nil); !errors.Is(err, seal.ErrSeal) {
		t.Errorf("one use opens what another sealed: %v", err)
	}
}

func Example() {
	forms, err := seal.Derive([]byte("32 random bytes of this process."), "forms")
	if err != nil {
		panic(err)
	}
	sealed := forms.Seal([]byte("half a form"), []byte("account 1"))

	plain, err := forms.Open(sealed, []byte("account 1"))
	fmt.Printf("%s %v\n", plain, err)
	_, err = forms.Open(sealed, []byte("account 2"))
	fmt.Println(err)
	// Output:
	// half a form <nil>
	// the seal does not fit
}
