package phone

import (
	"testing"
	"unicode/utf8"
)

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for typed, want := range map[string]string{
		"+381641234567": "+381641234567", "064 123-4567": "+381641234567", "064/123.45.67": "+381641234567",
		"00381 64 1234567": "+381641234567", "+381 (0)64 123 4567": "+381641234567", "+3810641234567": "+381641234567",
		"(023) 561 234": "+38123561234", "+36 20 123 4567": "+36201234567", "+1 415 555 2671": "+14155552671", " 064 1234567 ": "+381641234567",
	} {
		if got, err := Parse(typed, "381"); err != nil || got != want {
			t.Errorf("%s: %s %v", typed, got, err)
		}
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, typed := range []string{"", "+", "0", "641234567", "+0641234567", "+381", "+1234567890123456", "064123456a", "٠٦٤١٢٣٤٥٦٧", "+381 64 1234567; drop", "+381641234567\n+381", "+381+641234567", "ana@primer.rs", "064 0123456789012345678901234567890123456789"} {
		if got, err := Parse(typed, "381"); err == nil {
			t.Errorf("%q is taken as %s", typed, got)
		}
	}
	if got, err := Parse("064 123 4567", ""); err == nil {
		t.Errorf("without a country: %s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, typed := range []string{"+381641234567", "064/1234567", "(0)(0)00", "+3810000000000"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := Parse(typed, "381")
		if err != nil {
			return
		}
		if !utf8.ValidString(got) || len(got) < 9 || len(got) > 16 {
			t.Errorf("%q gives %q", typed, got)
		}
		if again, err := Parse(got, "381"); err != nil || again != got {
			t.Errorf("%q gives %q and then %q, %v", typed, got, again, err)
		}
	})
}
