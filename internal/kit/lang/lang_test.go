package lang

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/kit/civil"
)

// room makes a room of files, given as pairs of language and content.
func room(name string, files ...string) Words {
	all := fstest.MapFS{}
	for i := 0; i+1 < len(files); i += 2 {
		all["words/"+files[i]+".json"] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return Words{name, all}
}

func mustLoad(t *testing.T, rooms ...Words) *Catalogue {
	t.Helper()
	c, err := Load(rooms...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFillPlurals(t *testing.T) {
	days := "{n} {n:дан|дана|дана}"
	for n, want := range map[string]string{"1": "1 дан", "2": "2 дана", "5": "5 дана", "11": "11 дана", "21": "21 дан", "112": "112 дана", "1,5": "1,5 дана"} {
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

func TestEveryLanguageCountsAsCLDRSays(t *testing.T) {
	for source, want := range map[string]map[string]int{
		"sr":  {"0": 2, "1": 0, "2": 1, "5": 2, "11": 2, "12": 2, "21": 0, "22": 1, "101": 0, "111": 2, "1.5": 2, "1.2": 1, "-1": 0},
		"rue": {"1": 0, "4": 1, "5": 2, "21": 0},
		"sk":  {"0": 2, "1": 0, "2": 1, "4": 1, "5": 2, "21": 2, "22": 2},
		"ro":  {"0": 1, "1": 0, "2": 1, "19": 1, "20": 2, "21": 2, "101": 1, "1.5": 1},
		"en":  {"0": 1, "1": 0, "2": 1, "21": 1, "1.5": 1, "1.0": 1},
		"ko":  {"0": 0, "1": 0, "21": 0},
		"hu":  {"0": 0, "1": 0, "21": 0},
	} {
		rule := pluralOf(source)
		for value, form := range want {
			n, ok := countOf(value)
			if !ok || rule.of(n) != form || form >= len(rule.forms) {
				t.Errorf("%s counts %s as %d, want %d", source, value, rule.of(n), form)
			}
		}
	}
}

func TestFillShowsWhatIsMissing(t *testing.T) {
	for template, want := range map[string]string{"{who} је": "{who} је", "an open { brace": "an open { brace", "{n:a|b}": "{n:a|b}", "{n:gen}": "{n:gen}", "{n?m:a|f:b}": "{n?m:a|f:b}"} {
		if got := Fill(template, Args("n", "many"), SrCyrl); got != want {
			t.Errorf("Fill(%q) = %q", template, got)
		}
	}
}

func TestAFinalFullStopIsSaidOnce(t *testing.T) {
	d := civil.Date(2026, time.November, 24)
	for template, want := range map[string]string{
		"Рок је {day:nom}.": "Рок је 24. новембар 2026.", "Важи до {day}": "Важи до 24. новембра 2026.",
		"{day} у 10": "24. новембра 2026. у 10", "до {day}...": "до 24. новембра 2026....",
	} {
		if got := FillWith(template, Values{"day": d}, SrCyrl); got != want {
			t.Errorf("%q = %q, want %q", template, got, want)
		}
	}
	if got := FillWith("by {day}.", Values{"day": d}, En); got != "by 24 November 2026." {
		t.Errorf("English: %q", got)
	}
}

func TestCatalogueDerivesLatin(t *testing.T) {
	c := mustLoad(t, room("a", "sr", `{"hello":"Добро дошла, {name}."}`, "en", `{"hello":"Welcome, {name}."}`))
	for tag, want := range map[Tag]string{SrCyrl: "Добро дошла, Ана.", SrLatn: "Dobro došla, Ана.", En: "Welcome, Ана."} {
		if got := c.Say(tag, "hello", "name", "Ана"); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	if got := c.Say(En, "nothing"); got != "[nothing]" {
		t.Errorf("missing key = %q", got)
	}
	if got := c.In("hello", Values{"name": "Ана"}); len(got) != 2 || got["en"] != "Welcome, Ана." {
		t.Errorf("in every language: %q", got)
	}
}

func TestCatalogueRefuses(t *testing.T) {
	const none = `{}`
	for name, rooms := range map[string][]Words{
		"one language only":         {room("a", "sr", `{"a":"а"}`, "en", none)},
		"no file":                   {room("a")},
		"a language nobody knows":   {room("a", "sr", none, "en", none, "tlh", none)},
		"only an incomplete one":    {room("a", "sr", none, "en", none, "ko", `{"a":"가"}`)},
		"a key twice":               {room("a", "sr", `{"a":"а","a":"б"}`, "en", `{"a":"a"}`)},
		"a key in two rooms":        {room("a", "sr", `{"a":"а"}`, "en", `{"a":"a"}`), room("b", "sr", `{"a":"а"}`, "en", `{"a":"a"}`)},
		"not an object":             {room("a", "sr", `[1`, "en", none)},
		"cut off":                   {room("a", "sr", `{"a":"а"`, "en", `{"a":"a"}`)},
		"not a sentence":            {room("a", "sr", `{"a":1}`, "en", `{"a":"a"}`)},
		"says nothing":              {room("a", "sr", `{"a":" "}`, "en", `{"a":"a"}`)},
		"a form too few":            {room("a", "sr", `{"a":"{n:дан|дана}"}`, "en", `{"a":"{n:day|days}"}`)},
		"a form too many":           {room("a", "sr", `{"a":"{n:дан|дана|дана}"}`, "en", `{"a":"{n:day|days|days}"}`)},
		"a form nobody knows":       {room("a", "sr", `{"a":"{x:abl}"}`, "en", `{"a":"{x}"}`)},
		"a form the term has not":   {room("a", "sr", `{"a":"{x:gen}","term.t":{"g":"m","nom":"рок"}}`, "en", `{"a":"{x}","term.t":"time"}`)},
		"a count the term has not":  {room("a", "sr", `{"a":"{n} {t}","term.t":"рок"}`, "en", `{"a":"{n} {t:n}","term.t":"time"}`)},
		"a gender left out":         {room("a", "sr", `{"a":"{x?m:дат|f:дата}","term.t":{"g":"n","nom":"право"}}`, "en", `{"a":"{x}","term.t":"right"}`)},
		"a form no term may have":   {room("a", "sr", `{"term.t":{"nominative":"рок"}}`, "en", `{"term.t":"time"}`)},
		"a particle out of place":   {room("a", "sr", `{"a":"{x+a}"}`, "en", `{"a":"{x}"}`)},
		"an article in Korean":      {room("a", "sr", `{"a":"{x}"}`, "en", `{"a":"{x}"}`, "ko", `{"a":"{x+a}"}`)},
		"a header nobody knows":     {room("a", "sr", `{"_":"draft"}`, "en", none)},
		"a term in one language":    {room("a", "sr", `{"term.t":"рок"}`, "en", none)},
		"a second value of a place": {room("a", "sr", `{"a":"{n:дан|дана|дана|дана}"}`, "en", `{"a":"a"}`)},
	} {
		if _, err := Load(rooms...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWhatALanguageDoesNotSayIsSaidInTheNext(t *testing.T) {
	c := mustLoad(t, room("a", "sr", `{"one":"један","two":"{n} {n:дан|дана|дана}"}`, "en", `{"one":"one","two":"{n} {n:day|days}"}`, "ko", `{"one":"하나"}`))
	if got := c.Tell("ko", "one", nil); got != (Said{"하나", "ko"}) {
		t.Errorf("what Korean says: %v", got)
	}
	if got := c.Tell("ko", "two", Values{"n": 21}); got != (Said{"21 days", En}) {
		t.Errorf("what it does not: %v", got)
	}
	if got := c.Tell("hu", "one", nil); got != (Said{"one", En}) {
		t.Errorf("a language that says nothing: %v", got)
	}
	if got := c.Tell(SrLatn, "one", nil); got != (Said{"jedan", SrLatn}) {
		t.Errorf("Latin: %v", got)
	}
	if tags := c.Tags(); !slices.Equal(tags, []Tag{SrCyrl, SrLatn, En, "ko"}) {
		t.Errorf("languages: %v", tags)
	}
	if tag := c.Accept("hu,ko;q=0.9"); tag != "ko" {
		t.Errorf("accepted %s", tag)
	}
	if _, ok := c.Parse("hu"); ok {
		t.Error("a language without a sentence is not spoken")
	}
}

func TestCompletenessIsCountedByRoom(t *testing.T) {
	c := mustLoad(t,
		room("a", "sr", `{"one":"један","two":"два"}`, "en", `{"one":"one","two":"two"}`, "ko", `{"_":"unreviewed","one":"하나"}`),
		room("b", "sr", `{"three":"три","term.t":"рок"}`, "en", `{"three":"three","term.t":"time"}`))
	want := []Completeness{
		{SrCyrl, "a", 2, 2, true}, {SrCyrl, "b", 2, 2, true}, {SrLatn, "a", 2, 2, true}, {SrLatn, "b", 2, 2, true},
		{En, "a", 2, 2, true}, {En, "b", 2, 2, true}, {"ko", "a", 1, 2, false}, {"ko", "b", 0, 2, true},
	}
	if got := c.Completeness(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestAccept(t *testing.T) {
	for header, want := range map[string]Tag{
		"": SrCyrl, "en-US,en;q=0.9": En, "sr-Latn-RS,sr;q=0.8": SrLatn, "de,ko;q=0.9": SrCyrl, "sr": SrCyrl, "hr": SrLatn, strings.Repeat("x,", 5000) + "en": SrCyrl,
	} {
		if got := Accept(header); got != want {
			t.Errorf("Accept(%.30q) = %s, want %s", header, got, want)
		}
	}
}

func TestTextFallsBackAlongTheChain(t *testing.T) {
	child := Text{"sr": "Дете", "en": "Child"}
	for _, c := range []struct {
		text Text
		tag  Tag
		want Said
	}{
		{Text{"sr": "Дете"}, En, Said{"Дете", SrCyrl}},
		{child, SrLatn, Said{"Dete", SrLatn}},
		{child, "ko", Said{"Child", En}},
		{Text{"sr": "Дете"}, "hu", Said{"Dete", SrLatn}},
		{Text{"sr": "Дете", "hu": "Gyermek"}, "hu", Said{"Gyermek", "hu"}},
		{Text{"en": "Child"}, SrCyrl, Said{"", SrCyrl}},
	} {
		if got := c.text.Said(c.tag); got != c.want {
			t.Errorf("%v in %s = %v, want %v", c.text, c.tag, got, c.want)
		}
	}
}

func TestDay(t *testing.T) {
	d := civil.Date(2026, time.November, 23)
	for tag, want := range map[Tag][2]string{
		SrCyrl: {"23. новембра 2026.", "23. новембар 2026."}, SrLatn: {"23. novembra 2026.", "23. novembar 2026."},
		En: {"23 November 2026", "23 November 2026"}, "ko": {"2026년 11월 23일", "2026년 11월 23일"}, "hu": {"2026. november 23.", "2026. november 23."},
	} {
		if got := [2]string{Day(d, tag), NamedDay(d, tag)}; got != want {
			t.Errorf("%s: %q", tag, got)
		}
	}
	if got := Days(d); got["ko"] != "2026년 11월 23일" || got.In(SrLatn) != "23. novembra 2026." {
		t.Errorf("in every language: %v", got)
	}
}

func TestNumbersHoursAndLists(t *testing.T) {
	at := time.Date(2026, time.March, 1, 9, 5, 0, 0, time.UTC)
	for tag, want := range map[Tag][4]string{
		SrCyrl: {"1.234.567", "-1.234,50", "9.05", "а, б и в"}, SrLatn: {"1.234.567", "-1.234,50", "9.05", "а, б i в"},
		En: {"1,234,567", "-1,234.50", "9:05", "а, б and в"}, "ko": {"1,234,567", "-1,234.50", "9:05", "а, б, в"},
		"hu": {"1\u00a0234\u00a0567", "-1\u00a0234,50", "9.05", "а, б és в"},
	} {
		if got := [4]string{Number("1234567", tag), Number("-1234.50", tag), Hour(at, tag), List([]string{"а", "б", "в"}, tag)}; got != want {
			t.Errorf("%s: %q", tag, got)
		}
	}
	if got := List([]string{"а"}, En) + List(nil, En); got != "а" {
		t.Errorf("short lists: %q", got)
	}
}

func TestEveryLanguageHasItsFacts(t *testing.T) {
	for source, l := range languages() {
		if l.Day == "" || l.Hour == "" || l.Group == "" || l.Decimal == "" || l.And == "" || len(l.Names) == 0 {
			t.Errorf("%s lacks something", source)
		}
		for _, tag := range l.Fallback {
			if !slices.Contains(Tags(), tag) {
				t.Errorf("%s falls back to %s, which is not complete", source, tag)
			}
		}
	}
}
