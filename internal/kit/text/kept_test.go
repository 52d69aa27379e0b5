package text

import (
	"strings"
	"testing"
)

func TestWhatIsKeptOfALetterIsText(t *testing.T) {
	for given, want := range map[string]string{
		"Добар дан\r\n\r\nАна":        "Добар дан\n\nАна",
		"soft\u00adhyphen\ufeff":      "softhyphen",
		"turned \u202eround":          "turned round",
		"zero\x00\x07 \xff\xfe bytes": "zero  bytes",
		"  \n ":                       "",
		"a\u200bb":                    "ab",
	} {
		got, cut := Kept(given, 100)
		if got != want || cut {
			t.Errorf("%q is kept as %q (cut: %v)", given, got, cut)
		}
	}
	if got, cut := Kept(strings.Repeat("ш", 101), 100); !cut || got != strings.Repeat("ш", 100) {
		t.Errorf("of a long text %d bytes are kept, cut: %v", len(got), cut)
	}
}

func FuzzKept(f *testing.F) {
	f.Add("a" + strings.Repeat("\u0301", 20) + "\u202e\x00")
	f.Add("e\u0301\u00ad\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		kept, _ := Kept(s, 50)
		if kept == "" {
			return
		}
		if again, err := Lines(kept, 50); err != nil || again != kept {
			t.Errorf("%q is kept as %q, which is read as %q: %v", s, kept, again, err)
		}
	})
}
