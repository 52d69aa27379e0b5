package lang

import (
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
)

func TestFillPlurals(t *testing.T) {
	days := "{n} {n:дан|дана|дана}"
	for n, want := range map[string]string{"1": "1 дан", "2": "2 дана", "5": "5 дана", "11": "11 дана", "21": "21 дан", "112": "112 дана"} {
		if got := Fill(days, Args("n", n), SrCyrl); got != want {
			t.Errorf("Fill(%s) = %q, want %q", n, got, want)
		}
	}
	if got := Fill("{n} {n:offer|offers}", Args("n", "1"), En); got != "1 offer" {
		t.Errorf("English one = %q", got)
	}
	if got := Fill("{n} {n:offer|offers}", Args("n", "21"), En); got != "21 offers" {
		t.Errorf("English 21 = %q", got)
	}
	if got := Fill("{n:ствар|ствари|ствари}", Args("n", "23"), SrCyrl); got != "ствари" {
		t.Errorf("few = %q", got)
	}
}

func TestFillShowsWhatIsMissing(t *testing.T) {
	for template, want := range map[string]string{"{who} је": "{who} је", "an open { brace": "an open { brace", "{n:a|b}": "{n:a|b}"} {
		if got := Fill(template, Args("n", "many"), SrCyrl); got != want {
			t.Errorf("Fill(%q) = %q", template, got)
		}
	}
}

func TestCatalogueDerivesLatin(t *testing.T) {
	c, err := Load([]byte(`{"hello":"Добро дошла, {name}."}`), []byte(`{"hello":"Welcome, {name}."}`))
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[Tag]string{SrCyrl: "Добро дошла, Ана.", SrLatn: "Dobro došla, Ана.", En: "Welcome, Ана."} {
		if got := c.Say(tag, "hello", "name", "Ана"); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	if got := c.Say(En, "nothing"); got != "[nothing]" {
		t.Errorf("missing key = %q", got)
	}
}

func TestCatalogueRefuses(t *testing.T) {
	for name, pair := range map[string][2]string{
		"one language only": {`{"a":"а"}`, `{}`},
		"a key twice":       {`{"a":"а","a":"б"}`, `{"a":"a"}`},
		"not an object":     {`[1`, `{}`},
		"not a sentence":    {`{"a":1}`, `{"a":"a"}`},
	} {
		if _, err := Load([]byte(pair[0]), []byte(pair[1])); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAccept(t *testing.T) {
	for header, want := range map[string]Tag{
		"": SrCyrl, "en-US,en;q=0.9": En, "sr-Latn-RS,sr;q=0.8": SrLatn, "de,ko;q=0.9": SrCyrl, "sr": SrCyrl, strings.Repeat("x,", 5000) + "en": SrCyrl,
	} {
		if got := Accept(header); got != want {
			t.Errorf("Accept(%.30q) = %s, want %s", header, got, want)
		}
	}
}

func TestTextFallsBackToSerbian(t *testing.T) {
	if got := (Text{"sr": "Дете"}).In(En); got != "Дете" {
		t.Errorf("English of a Serbian text = %q", got)
	}
	if got := (Text{"sr": "Дете", "en": "Child"}).In(SrLatn); got != "Dete" {
		t.Errorf("Latin = %q", got)
	}
}

func TestDay(t *testing.T) {
	d := civil.Date(2026, time.November, 23)
	for tag, want := range map[Tag]string{SrCyrl: "23. новембра 2026.", SrLatn: "23. novembra 2026.", En: "23 November 2026"} {
		if got := Day(d, tag); got != want {
			t.Errorf("%s: %q", tag, got)
		}
	}
}
