package lang

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/script"
)

//go:embed languages/*.json
var languageFiles embed.FS

// language is what must be known of a language before it can say anything.
type language struct {
	Names      map[Tag]string   `json:"names"`       // what it calls itself, in each of its scripts
	Read       map[Tag][]string `json:"read"`        // further names by which browsers ask for it
	Fallback   []Tag            `json:"fallback"`    // where to look for what it does not say
	Months     []string         `json:"months"`      // as they are named
	MonthsWhen []string         `json:"months_when"` // as they stand in a day that answers when; empty: as named
	Day        string           `json:"day"`         // {d}, {month}, {year}
	Hour       string           `json:"hour"`        // {h}, {m}
	Group      string           `json:"group"`       // between thousands
	Decimal    string           `json:"decimal"`     // before the decimals
	And        string           `json:"and"`         // before the last item of a list
}

// languages are read once. The files are part of the program: one that cannot
// be read is a mistake in it.
var languages = sync.OnceValue(func() map[string]*language {
	all, err := readLanguages()
	if err != nil {
		panic(err)
	}
	return all
})

func readLanguages() (map[string]*language, error) {
	entries, err := languageFiles.ReadDir("languages")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*language, len(entries))
	for _, entry := range entries {
		raw, err := languageFiles.ReadFile(path.Join("languages", entry.Name()))
		if err != nil {
			return nil, err
		}
		var l language
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("language %s: %w", entry.Name(), err)
		}
		if len(l.Months) != 12 || len(l.MonthsWhen) != 12 && len(l.MonthsWhen) != 0 {
			return nil, fmt.Errorf("language %s: a year has twelve months", entry.Name())
		}
		all[strings.TrimSuffix(entry.Name(), ".json")] = &l
	}
	return all, nil
}

// language gives the facts of t; those of Serbian where it is unknown.
func (t Tag) language() *language {
	if l, ok := languages()[t.source()]; ok {
		return l
	}
	return languages()["sr"]
}

// in writes what the files say in the script of t.
func (t Tag) in(s string) string {
	if t == SrLatn {
		return script.Latin(s)
	}
	return s
}

// Day says a day as people do when it answers when: "23. новембра 2026." or
// "23 November 2026".
func Day(d civil.Day, tag Tag) string {
	if months := tag.language().MonthsWhen; len(months) > 0 {
		return dayWith(months, d, tag)
	}
	return NamedDay(d, tag)
}

// NamedDay says which day it is: "23. новембар 2026.".
func NamedDay(d civil.Day, tag Tag) string { return dayWith(tag.language().Months, d, tag) }

func dayWith(months []string, d civil.Day, tag Tag) string {
	if d.IsZero() {
		return ""
	}
	form := strings.Replace(tag.language().Day, "{d}", strconv.Itoa(d.Dom()), 1) // a day is said too often for a Replacer
	form = strings.Replace(form, "{month}", months[d.Month()-1], 1)
	return tag.in(strings.Replace(form, "{year}", strconv.Itoa(d.Year()), 1))
}

// Hour says the time of day that t shows in its own zone: 9.05 in Serbian,
// 9:05 in English.
func Hour(t time.Time, tag Tag) string {
	return strings.NewReplacer("{h}", strconv.Itoa(t.Hour()), "{m}", fmt.Sprintf("%02d", t.Minute())).Replace(tag.language().Hour)
}

// Number writes a decimal, "-1234.50", as people write it: thousands grouped,
// decimals behind the sign of the language.
func Number(decimal string, tag Tag) string {
	l := tag.language()
	whole, decimals, has := strings.Cut(decimal, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + l.Group + whole[i:]
	}
	if has {
		whole += l.Decimal + decimals
	}
	return sign + whole
}

// List joins items as a sentence does: "a, b и c".
func List(items []string, tag Tag) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + tag.in(tag.language().And) + items[last]
}
