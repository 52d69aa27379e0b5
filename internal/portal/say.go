package portal

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/script"
)

// Speaker says things in one language. Templates are parsed once for each
// language with a speaker's methods as their functions, so that no page has to
// pass its language on.
type Speaker struct {
	Catalogue *lang.Catalogue
	Tag       lang.Tag
	Zone      *time.Location
}

func (s Speaker) funcs() template.FuncMap {
	return template.FuncMap{
		"say": s.Say, "has": s.Catalogue.Has, "text": s.Text, "plain": s.Plain, "name": s.Name,
		"day": s.Day, "dayOf": s.DayOf, "instant": s.Instant, "hour": s.hour, "iso": iso,
		"number": s.Number, "took": s.Took, "filled": s.filled, "dinars": s.Dinars,
	}
}

// Say gives a sentence of the catalogue; pairs are names and values.
func (s Speaker) Say(key string, pairs ...any) string {
	args := make([]string, len(pairs))
	for i, p := range pairs {
		args[i] = fmt.Sprint(p)
	}
	return s.Catalogue.Say(s.Tag, key, args...)
}

// filled is say for arguments that a room gives.
func (s Speaker) filled(key string, args map[string]string) string {
	return s.Catalogue.Say(s.Tag, key, problem.Pairs(args)...)
}

// Text gives an authored text. A text that is not written in the language of
// the page is marked with the language it is in.
func (s Speaker) Text(t lang.Text) template.HTML {
	if _, ok := t["en"]; s.Tag == lang.En && !ok && t["sr"] != "" {
		return marked(lang.SrCyrl, t["sr"])
	}
	return Escaped(t.In(s.Tag))
}

// Plain is [Speaker.Text] for where no markup can stand, as in a title.
func (s Speaker) Plain(t lang.Text) string { return t.In(s.Tag) }

// Name gives a person's name or anything else that was typed in Serbian. On an
// English page it stands in Latin and is marked, so that it is read aloud right.
func (s Speaker) Name(typed string) template.HTML {
	shown := typed
	if s.Tag != lang.SrCyrl {
		shown = script.Latin(typed)
	}
	if s.Tag == lang.En && shown != typed {
		return marked(lang.SrLatn, shown)
	}
	return Escaped(shown)
}

// Code marks an identifier.
func (s Speaker) Code(id string) template.HTML {
	return `<span class="code">` + Escaped(id) + `</span>`
}

// Both is a text with the identifier under it.
func (s Speaker) Both(words lang.Text, id string) template.HTML {
	return s.Text(words) + CodeUnder(id)
}

// Under is a remark below a value, on a line of its own.
func Under(remark template.HTML) template.HTML { return `<span class="law">` + remark + `</span>` }

// CodeUnder is an identifier below a value, on a line of its own.
func CodeUnder(id string) template.HTML {
	return `<span class="law code">` + Escaped(id) + `</span>`
}

// Escaped is a text that is no markup.
func Escaped(s string) template.HTML {
	return template.HTML(template.HTMLEscapeString(s)) //nolint:gosec // escaped here
}

func marked(tag lang.Tag, s string) template.HTML {
	return template.HTML(`<span lang="` + string(tag) + `">` + template.HTMLEscapeString(s) + `</span>`) //nolint:gosec // escaped here
}

// Day says a day as the answer to when.
func (s Speaker) Day(d civil.Day) string { return lang.Day(d, s.Tag) }

// DayOf says the day at home on which an instant falls.
func (s Speaker) DayOf(t time.Time) string { return s.Day(civil.Of(t)) }

// Instant says day and hour at home.
func (s Speaker) Instant(t time.Time) string {
	return s.Say("time.at", "day", s.DayOf(t), "hour", s.hour(t))
}

// Dinars says an amount with its unit.
func (s Speaker) Dinars(p money.Para) string {
	return s.Say("money.dinars", "amount", p.In(s.Tag), "n", Whole(p))
}

// Number says a whole number.
func (s Speaker) Number(n any) string { return money.Dinars(int64Of(n)).In(s.Tag) }

// Took says a duration as an operator reads it: 0.8 ms, 12 ms, 1.4 s.
func (s Speaker) Took(d time.Duration) string {
	unit, n, decimals := "ms", float64(d)/float64(time.Millisecond), 0
	if n >= 1000 {
		unit, n = "s", n/1000
	}
	if n < 10 {
		decimals = 1
	}
	return lang.Number(strconv.FormatFloat(n, 'f', decimals, 64), s.Tag) + "\u00a0" + unit
}

func (s Speaker) weekday(d civil.Day) string {
	return s.Say("weekday." + fmt.Sprint(int(d.Start().In(s.Zone).Weekday())))
}

// LongDay says a day with its weekday.
func (s Speaker) LongDay(d civil.Day) string {
	return s.Catalogue.Tell(s.Tag, "time.weekday", lang.Values{"weekday": s.weekday(d), "day": d}).Text
}

func (s Speaker) hour(t time.Time) string { return lang.Hour(t.In(s.Zone), s.Tag) }

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Whole gives the number that decides the form of "динар"; an amount with para
// takes the form of many.
func Whole(p money.Para) int64 {
	if p%100 != 0 {
		return 5
	}
	return int64(p / 100)
}

func int64Of(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case uint64:
		return int64(n)
	}
	return 0
}
