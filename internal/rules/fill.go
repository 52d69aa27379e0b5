package rules

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
)

// The sentences that every rule shares are the ones a pack cannot write,
// because it does not know that it needs them.
func notYetKnown() lang.Text   { return said().Text("rule.unknown") }
func notComputable() lang.Text { return said().Text("rule.not-computable") }
func noAmount() lang.Text      { return said().Text("rule.no-amount") }

// sentences says which places the sentences of a rule have, so that only those
// are formatted.
type sentences map[string]bool

func sentencesOf(rule law.Rule) sentences {
	used := sentences{}
	for _, c := range rule.Conditions {
		used.note(c.Yes, c.No, c.Unknown)
	}
	for _, p := range rule.Plan {
		used.note(p.Says)
	}
	return used
}

func (s sentences) note(texts ...lang.Text) {
	for _, text := range texts {
		for _, name := range places(text) {
			s[name] = true
		}
	}
}

func places(text lang.Text) []string {
	var names []string
	for _, sentence := range text {
		names = append(names, law.Places(sentence)...)
	}
	return names
}

// words fills the sentences of one case, in every language in which they are
// written. Nil fills none.
type words struct {
	rule   *Rule
	values lang.Values
}

func (r *Rule) words(f *facts) *words {
	w := &words{r, make(lang.Values, 16)}
	for i := range r.text.Rule.Facts {
		fact := &r.text.Rule.Facts[i]
		if r.sentences[fact.Name] {
			w.set(fact.Name, r.spoken(fact, f.values[fact.Name]))
		}
		if n, ok := f.values[fact.Name].(int64); ok && r.sentences[fact.Name+".ordinal"] {
			w.set(fact.Name+".ordinal", ordinal(n))
		}
	}
	for _, p := range r.text.Parameters {
		if r.sentences[p.Name] {
			w.set(p.Name, worth(p))
		}
	}
	return w
}

// set gives a place its value; one of which nothing can be said stays open.
func (w *words) set(name string, value any) {
	if value != nil {
		w.values[name] = value
	}
}

func (w *words) fill(text lang.Text) lang.Text {
	if w == nil {
		return nil
	}
	return text.Map(func(source lang.Tag, s string) string { return lang.FillWith(s, w.values, source) })
}

// missing fills a sentence with the labels of missing facts.
func (w *words) missing(text lang.Text, names []string) lang.Text {
	if w == nil {
		return nil
	}
	labels := lang.Text{}
	for _, f := range w.rule.text.Rule.Facts {
		if slices.Contains(names, f.Name) {
			labels = join(labels, f.Label, ", ")
		}
	}
	w.set("missing", labels)
	return w.fill(text)
}

// payment fills the sentence of a payment.
func (w *words) payment(p *payment) lang.Text {
	for name, value := range p.says {
		w.set(name, value)
	}
	return w.fill(p.Says)
}

// spoken gives a value as people say it; nil where nothing can be said.
func (r *Rule) spoken(fact *law.RuleFact, value any) any {
	switch value := value.(type) {
	case nil:
		if fact.Unsaid != nil {
			return fact.Unsaid
		}
	case int64:
		return value
	case time.Time:
		return civil.Date(value.Year(), value.Month(), value.Day())
	case string:
		if name, ok := r.names[value]; ok && fact.Type == "code" {
			return name
		}
		return value
	}
	return nil
}

func worth(p law.Parameter) any {
	if p.Kind == "money" {
		return p.Money()
	}
	return p.Value
}

// ordinal counts a child, in the gender that "child" has.
func ordinal(n int64) lang.Text {
	if n >= 1 && n <= 10 {
		return said().Text("ordinal." + strconv.FormatInt(n, 10))
	}
	form := "other"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			form = "one"
		case 2:
			form = "two"
		case 3:
			form = "few"
		}
	}
	return said().In("ordinal."+form, lang.Values{"n": n})
}

// join puts b behind a in every language that one of them speaks.
func join(a, b lang.Text, between string) lang.Text {
	all := maps.Clone(b)
	for source, s := range a {
		if all[source] != "" {
			s += between
		}
		all[source] = s + all[source]
	}
	return all
}
