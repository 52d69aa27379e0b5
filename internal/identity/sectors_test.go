package identity_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
)

// The specification and the code must say the same.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../../docs/spec/pseudonym.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([0-9a-f]{64})` \\| `([0-9]{13})` \\| `([a-z2-7]{26})` \\|$").FindAllStringSubmatch(string(text), -1)
	if len(rows) < 6 {
		t.Fatalf("found %d vectors", len(rows))
	}
	for _, row := range rows {
		key, err := hex.DecodeString(row[1])
		if err != nil {
			t.Fatal(err)
		}
		sectors, err := identity.NewSectors(map[string][]byte{"s": key})
		if err != nil {
			t.Fatal(err)
		}
		number, err := jmbg.Parse(row[2])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sectors.Pseudonym("s", number); got != row[3] || err != nil {
			t.Errorf("%s → %s, want %s (%v)", row[2], got, row[3], err)
		}
		if got, err := sectors.Number("s", row[3]); got != number || err != nil {
			t.Errorf("%s → %s (%v)", row[3], got.String(), err)
		}
	}
}

func numbers() *rapid.Generator[jmbg.Number] {
	return rapid.Custom(func(t *rapid.T) jmbg.Number {
		born := civil.Date(1900, time.January, 1).AddDays(rapid.IntRange(0, 50_000).Draw(t, "day"))
		return jmbg.Make(born, rapid.IntRange(0, 99).Draw(t, "region"), rapid.IntRange(0, 999).Draw(t, "order"))
	})
}

func TestPseudonymProperties(t *testing.T) {
	sectors := mustSectors(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		family, err := sectors.Pseudonym("family", a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := sectors.Number("family", family); back != a || err != nil {
			t.Fatalf("there and back is %s (%v)", back.String(), err)
		}
		other, _ := sectors.Pseudonym("family", b)
		if (a == b) != (family == other) {
			t.Fatal("two persons with one name, or one with two")
		}
		receipts, _ := sectors.Pseudonym("receipts", a)
		if receipts == family {
			t.Fatal("one name in two sectors")
		}
		if translated, err := sectors.Translate("family", "receipts", family); translated != receipts || err != nil {
			t.Fatalf("translated to %s (%v)", translated, err)
		}
		if _, err := sectors.Number("receipts", family); !errors.Is(err, identity.ErrPseudonym) {
			t.Fatalf("a pseudonym holds in another sector: %v", err)
		}
	})
}

func TestPseudonymHasOneSpelling(t *testing.T) {
	sectors := mustSectors(t)
	name, err := sectors.Pseudonym("family", milica())
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{"", name[1:], name + "a", strings.ToUpper(name), name[:25] + "!", name + "======", " " + name[1:], "a" + name}
	for _, last := range "abcdefghijklmnopqrstuvwxyz234567" {
		if other := name[:25] + string(last); other != name {
			bad = append(bad, other)
		}
	}
	for _, s := range bad {
		if _, err := sectors.Number("family", s); !errors.Is(err, identity.ErrPseudonym) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestUnknownSectorAndNobody(t *testing.T) {
	sectors := mustSectors(t)
	if _, err := sectors.Pseudonym("health", milica()); !errors.Is(err, identity.ErrSector) {
		t.Error(err)
	}
	if _, err := sectors.Number("health", "x"); !errors.Is(err, identity.ErrSector) {
		t.Error(err)
	}
	if _, err := sectors.Translate("family", "health", "x"); err == nil {
		t.Error("no error")
	}
	if _, err := sectors.Pseudonym("family", jmbg.Number{}); !errors.Is(err, jmbg.ErrForm) {
		t.Error(err)
	}
	if !sectors.Has("family") || sectors.Has("health") {
		t.Error("has the wrong sectors")
	}
}

func TestBadKeys(t *testing.T) {
	key := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	for name, keys := range map[string]map[string][]byte{
		"short key":     {"family": key(1, 16)},
		"long key":      {"family": key(1, 33)},
		"no key":        {"family": nil},
		"one key twice": {"family": key(1, 32), "receipts": key(1, 32)},
		"bad name":      {"Family/1": key(1, 32)},
		"empty name":    {"": key(1, 32)},
	} {
		if _, err := identity.NewSectors(keys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	family, receipts := filepath.Join(dir, "family.key"), filepath.Join(dir, "receipts.key")
	for _, path := range []string{family, receipts} {
		if err := identity.MakeSectorKey(path); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := os.ReadFile(family)
	if info, err := os.Stat(family); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := identity.MakeSectorKey(family); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(family); !bytes.Equal(before, after) {
		t.Error("a key that was there has changed")
	}
	sectors, err := identity.LoadSectors(map[string]string{"family": family, "receipts": receipts})
	if err != nil || !sectors.Has("family") || !sectors.Has("receipts") {
		t.Error(err)
	}
	if err := os.WriteFile(family, []byte("secret words"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = identity.LoadSectors(map[string]string{"family": family})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad file: %v", err)
	}
	if _, err := identity.LoadSectors(map[string]string{"family": filepath.Join(dir, "none")}); err == nil {
		t.Error("a missing file: no error")
	}
	if identity.MakeSectorKey(filepath.Join(dir, "none", "key")) == nil {
		t.Error("a missing folder: no error")
	}
}

func FuzzNumber(f *testing.F) {
	key := bytes.Repeat([]byte{1}, 32)
	sectors, err := identity.NewSectors(map[string][]byte{"family": key})
	if err != nil {
		f.Fatal(err)
	}
	name, _ := sectors.Pseudonym("family", milica())
	for _, seed := range []string{"", name, name[:25], strings.ToUpper(name), strings.Repeat("a", 26), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		number, err := sectors.Number("family", s)
		if err != nil {
			if !errors.Is(err, identity.ErrPseudonym) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if again, err := sectors.Pseudonym("family", number); again != s || err != nil {
			t.Errorf("%q is read but written %q (%v)", s, again, err)
		}
	})
}
