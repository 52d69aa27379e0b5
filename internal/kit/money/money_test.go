package money

import (
	"errors"
	"testing"

	"dobosh/internal/kit/lang"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]Para{"300000": Dinars(300000), "0": 0, "10000.50": 1000050, "999999999.99": 99999999999} {
		if got, err := Parse(s); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "-1", "1,5", "1.5", "1e3", "1000000000", "٣", ".50", "1.", " 1"} {
		if got, err := Parse(s); !errors.Is(err, ErrNotAnAmount) {
			t.Errorf("Parse(%q) = %d, %v; want ErrNotAnAmount", s, got, err)
		}
	}
}

func TestIn(t *testing.T) {
	for _, c := range []struct {
		p      Para
		sr, en string
	}{
		{Dinars(300000), "300.000", "300,000"}, {Dinars(10), "10", "10"}, {123456750, "1.234.567,50", "1,234,567.50"}, {-Dinars(1000), "-1.000", "-1,000"}, {0, "0", "0"},
	} {
		if c.p.In(lang.SrCyrl) != c.sr || c.p.In(lang.En) != c.en {
			t.Errorf("%d = %q, %q", c.p, c.p.In(lang.SrCyrl), c.p.In(lang.En))
		}
	}
}

func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Para(rapid.Int64Range(0, 99999999999).Draw(t, "para"))
		if back, err := Parse(p.Decimal()); err != nil || back != p {
			t.Fatalf("%d → %q → %d, %v", p, p.Decimal(), back, err)
		}
	})
}
