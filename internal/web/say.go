package web

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

// speaker says things in one language. Templates are parsed once for each
// language with a speaker's methods as their functions, so that no page has to
// pass its language on.
type speaker struct {
	catalogue *lang.Catalogue
	tag       lang.Tag
	zone      *time.Location
}

func (s speaker) funcs() template.FuncMap {
	return template.FuncMap{
		"say": s.say, "has": s.catalogue.Has, "text": s.text, "plain": s.plain, "name": s.name,
		"day": s.day, "dayOf": s.dayOf, "instant": s.instant, "hour": s.hour, "iso": iso,
		"number": s.number, "took": s.took, "filled": s.filled, "dinars": s.dinars,
	}
}

// say gives a sentence of the catalogue; pairs are names and values.
func (s speaker) say(key string, pairs ...any) string {
	args := make([]string, len(pairs))
	for i, p := range pairs {
		args[i] = fmt.Sprint(p)
	}
	return s.catalogue.Say(s.tag, key, args...)
}

// filled is say for arguments that a room gives.
func (s speaker) filled(key string, args map[string]string) string {
	return s.catalogue.Say(s.tag, key, problem.Pairs(args)...)
}

// text gives an authored text. A text that is not written in the language of
// the page is marked with the language it is in.
func (s speaker) text(t lang.Text) template.HTML {
	if _, ok := t["en"]; s.tag == lang.En && !ok && t["sr"] != "" {
		return marked(lang.SrCyrl, t["sr"])
	}
	return template.HTML(template.HTMLEscapeString(t.In(s.tag))) //nolint:gosec // escaped here
}

func (s speaker) plain(t lang.Text) string { return t.In(s.tag) }

// name gives a person's name or anything else that was typed in Serbian. On an
// English page it stands in Latin and is marked, so that it is read aloud right.
func (s speaker) name(typed string) template.HTML {
	shown := typed
	if s.tag != lang.SrCyrl {
		shown = script.Latin(typed)
	}
	if s.tag == lang.En && shown != typed {
		return marked(lang.SrLatn, shown)
	}
	return template.HTML(template.HTMLEscapeString(shown)) //nolint:gosec // escaped here
}

func marked(tag lang.Tag, s string) template.HTML {
	return template.HTML(`<span lang="` + string(tag) + `">` + template.HTMLEscapeString(s) + `</span>`) //nolint:gosec // escaped here
}

func (s speaker) day(d civil.Day) string   { return lang.Day(d, s.tag) }
func (s speaker) dayOf(t time.Time) string { return s.day(civil.Of(t)) }
func (s speaker) instant(t time.Time) string {
	return s.say("time.at", "day", s.dayOf(t), "hour", s.hour(t))
}
func (s speaker) dinars(p money.Para) string {
	return s.say("money.dinars", "amount", p.In(s.tag), "n", whole(p))
}
func (s speaker) number(n any) string { return money.Dinars(int64Of(n)).In(s.tag) }

// took says a duration as an operator reads it: 0.8 ms, 12 ms, 1.4 s.
func (s speaker) took(d time.Duration) string {
	unit, n, decimals := "ms", float64(d)/float64(time.Millisecond), 0
	if n >= 1000 {
		unit, n = "s", n/1000
	}
	if n < 10 {
		decimals = 1
	}
	return lang.Number(strconv.FormatFloat(n, 'f', decimals, 64), s.tag) + "\u00a0" + unit
}

func (s speaker) weekday(d civil.Day) string {
	return s.say("weekday." + fmt.Sprint(int(d.Start().In(s.zone).Weekday())))
}
func (s speaker) longDay(d civil.Day) string {
	return s.say("time.weekday", "weekday", s.weekday(d), "day", s.day(d))
}

func (s speaker) hour(t time.Time) string { return lang.Hour(t.In(s.zone), s.tag) }

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// whole gives the number that decides the form of "динар"; an amount with para
// takes the form of many.
func whole(p money.Para) int64 {
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
