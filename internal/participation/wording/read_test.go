package wording

import (
	"os"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/script"
)

func keys(text string) []uint64 {
	var r Reader
	var all []uint64
	for _, f := range r.Read(text) {
		all = append(all, f.Key)
	}
	return all
}

func words(text string) []string {
	var r Reader
	r.Read(text)
	return r.Words()
}

func TestOneTextInThreeScripts(t *testing.T) {
	lines, err := os.ReadFile("testdata/scripts.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(lines)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line = strings.TrimSpace(line)
		latin := script.Latin(line)
		want := keys(line)
		for name, other := range map[string]string{
			"Latin":                latin,
			"capitals":             strings.ToUpper(line),
			"without diacritics":   strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "dj", "Č", "C", "Ć", "C", "Š", "S", "Ž", "Z", "Đ", "Dj").Replace(latin),
			"đ typed as d":         strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "d", "Č", "C", "Ć", "C", "Š", "S", "Ž", "Z", "Đ", "D").Replace(latin),
			"marks behind letters": strings.NewReplacer("č", "c\u030c", "ć", "c\u0301", "š", "s\u030c", "ž", "z\u030c").Replace(latin),
		} {
			if !slices.Equal(keys(other), want) {
				t.Errorf("%s: %q has other features than %q: %q, %q", name, other, line, words(other), words(line))
			}
		}
		seen++
	}
	if seen < 5 {
		t.Errorf("only %d lines", seen)
	}
}

func TestWordsAsWritten(t *testing.T) {
	var r Reader
	r.Read("Đubre (kod Njegoševe 12)! 가로등이 꺼졌어요…")
	var written []string
	for i := range r.Words() {
		written = append(written, r.Written(i))
	}
	if got := strings.Join(written, "|"); got != "Đubre|kod|Njegoševe|12|가로등이|꺼졌어요" {
		t.Error(got)
	}
	if got := strings.Join(r.Words(), "|"); got != "dubre|kod|njegoseve|12|가로등이|꺼졌어요" {
		t.Error(got)
	}
}

func TestKoreanByItsSyllables(t *testing.T) {
	composed, apart := "각", "\u1100\u1161\u11a8"
	if !slices.Equal(keys(composed), keys(apart)) {
		t.Error("a syllable that was typed in three letters is another one")
	}
	common := func(a, b string) (n int) {
		other := keys(b)
		for _, key := range keys(a) {
			if slices.Contains(other, key) {
				n++
			}
		}
		return n
	}
	if with := common("가로등이", "가로등을"); with < 5 {
		t.Errorf("two forms of a street lamp have %d features in common", with)
	}
	if with := common("가로등이", "도로를"); with > 1 {
		t.Errorf("a lamp and a road have %d features in common", with)
	}
}

// A saved model holds these numbers: if they change, every model that was saved is of no use.
func TestTheHashStays(t *testing.T) {
	var h uint64
	for _, key := range keys("Rasveta u ulici 가로등") {
		h = h*31 + key
	}
	if h != 0x4c824d37a0773ddd {
		t.Errorf("%#x", h)
	}
}

func TestBounds(t *testing.T) {
	var r Reader
	if got := len(r.Read(strings.Repeat("abcdefgh ", 1<<16))); got > MostFeatures {
		t.Errorf("%d features", got)
	}
	if r.Len() > MostWords {
		t.Errorf("%d words", r.Len())
	}
	if got := len(r.Read(strings.Repeat("ш", 1<<16))); got > 200 {
		t.Errorf("one long word has %d features", got)
	}
	if got := r.Read(" …!? \u0301 \xff"); len(got) != 0 {
		t.Errorf("no words have features: %v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "Đubre dj", "\u1100\u1161\u11a8", "a\u0301b", "ǆ Ǆ ﬁ K İ", "\xff\xfe a", "ДЈ љ"} {
		f.Add(seed)
	}
	var r Reader
	f.Fuzz(func(t *testing.T, text string) {
		features := slices.Clone(r.Read(text))
		if len(features) > MostFeatures || r.Len() > MostWords {
			t.Fatalf("%d features of %d words", len(features), r.Len())
		}
		for i, word := range r.Words() {
			if word == "" || r.Written(i) == "" {
				t.Fatalf("word %d of %q is %q, written %q", i, text, word, r.Written(i))
			}
			var alone Reader
			if alone.Read(r.Written(i)); alone.Len() > 0 && !strings.HasPrefix(alone.Words()[0], word) && !strings.HasPrefix(word, alone.Words()[0]) {
				t.Fatalf("word %d of %q: %q was written %q, which is %q", i, text, word, r.Written(i), alone.Words()[0])
			}
		}
		if !slices.Equal(features, r.Read(text)) {
			t.Fatal("read twice, it has other features")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var r Reader
	lines, err := os.ReadFile("testdata/scripts.txt")
	if err != nil {
		b.Fatal(err)
	}
	text := string(lines)
	for b.Loop() {
		r.Read(text[len(text)-400:])
	}
}
