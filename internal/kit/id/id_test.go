package id

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewSortsByTime(t *testing.T) {
	first := New()
	for start := time.Now(); time.Since(start) < 2*time.Millisecond; {
	}
	if second := New(); first >= second {
		t.Errorf("%s is not before %s", first, second)
	}
}

// What one machine makes within a millisecond is still in order.
func TestNewSortsWithinAMillisecond(t *testing.T) {
	made := make([]string, 500)
	for i := range made {
		for begun := time.Now(); time.Since(begun) < 2*time.Microsecond; {
		}
		made[i] = New()
	}
	if !slices.IsSorted(made) {
		t.Error("ids that were made one after the other are not in that order")
	}
}

func TestNewIsValidAndDifferent(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := New()
		if !Valid(s) || seen[s] {
			t.Fatalf("id %q: valid %v, seen %v", s, Valid(s), seen[s])
		}
		seen[s] = true
	}
}

func TestValidRefuses(t *testing.T) {
	for _, s := range []string{"", "abc", strings.Repeat("z", 26), strings.Repeat("0", 25) + "u", strings.Repeat("0", 27), strings.Repeat("0", 25) + "A"} {
		if Valid(s) {
			t.Errorf("Valid(%q)", s)
		}
	}
}

func TestCodeForgivesTyping(t *testing.T) {
	for range 200 { // in some the last one, which checks the others, is a nought or a one
		forgives(t, Code("ZR", 2026))
	}
}

func forgives(t *testing.T, code string) {
	t.Helper()
	for _, typed := range []string{code, strings.ToLower(code), " " + code + " ", strings.ReplaceAll(code, "0", "O")} {
		if got, ok := ParseCode(strings.Replace(typed, "2O26", "2026", 1)); !ok || got != code {
			t.Errorf("ParseCode(%q) = %q, %v; want %q", typed, got, ok, code)
		}
	}
}

func TestCodesAreLettersAndDigits(t *testing.T) {
	for range 2000 {
		if code := Code("ZR", 2026); strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ-") != "" {
			t.Fatalf("%s has a sign in it", code)
		}
	}
}

func TestCodeFindsErrors(t *testing.T) {
	for range 200 {
		code := []byte(Code("ZR", 2026))
		at := slices.Index(code, '-') + 6
		wrong := slices.Clone(code)
		wrong[at] = map[bool]byte{true: 'A', false: 'B'}[wrong[at] != 'A']
		if got, ok := ParseCode(string(wrong)); ok {
			t.Fatalf("%s accepted as %s", wrong, got)
		}
		swapped := slices.Clone(code)
		swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
		if _, ok := ParseCode(string(swapped)); ok && swapped[at] != swapped[at+1] {
			t.Fatalf("swap of %s accepted", code)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("ZR-2026-7KQ4-M9PD-X")
	f.Fuzz(func(t *testing.T, s string) {
		if canonical, ok := ParseCode(s); ok {
			if again, ok := ParseCode(canonical); !ok || again != canonical {
				t.Errorf("%q → %q → %q", s, canonical, again)
			}
		}
	})
}

func TestTheTimeOfAnID(t *testing.T) {
	before := time.Now().Truncate(time.Millisecond)
	at, ok := Time(New())
	if !ok || at.Before(before) || at.After(time.Now()) {
		t.Errorf("time of a new id = %v, %v", at, ok)
	}
	// The example of the ULID specification.
	if at, ok := Time("01arz3ndektsv4rrffq69g5fav"); !ok || at.UnixMilli() != 1469922850259 {
		t.Errorf("time = %v, %v", at, ok)
	}
	for _, s := range []string{"", "q1", "01arz3ndektsv4rrffq69g5fa", "81arz3ndektsv4rrffq69g5fav", "7zzzzzzzzzzzzzzzzzzzzzzzzz", "01arz3ndektsv4rrffq69g5fau"} {
		if at, ok := Time(s); ok {
			t.Errorf("%q was made at %v", s, at)
		}
	}
}
