package page

import "testing"

func TestKeyRoundTrip(t *testing.T) {
	got := KeyOf("2026", "abc").Columns(2)
	if len(got) != 2 || got[0] != "2026" || got[1] != "abc" {
		t.Errorf("columns = %q", got)
	}
}

func TestForeignKeysAreTheFirstPage(t *testing.T) {
	for _, k := range []Key{"", "!!", KeyOf("one"), Key(make([]byte, 600))} {
		if got := k.Columns(2); got != nil {
			t.Errorf("Columns of %.20q = %q, want none", k, got)
		}
	}
}

func TestOfCuts(t *testing.T) {
	key := func(s string) Key { return KeyOf(s) }
	full := Of([]string{"a", "b", "c"}, 2, key)
	if len(full.Items) != 2 || full.Next != KeyOf("b") {
		t.Errorf("page = %+v", full)
	}
	if last := Of([]string{"a", "b"}, 2, key); len(last.Items) != 2 || last.Next != "" {
		t.Errorf("last page = %+v", last)
	}
}
