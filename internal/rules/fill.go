package rules

import (
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/law"
)

// The sentences that every rule shares are the ones a pack cannot write,
// because it does not know that it needs them.
func notYetKnown() lang.Text {
	return lang.Text{
		"sr": "Још не знамо {missing}. Питамо регистар уместо вас.",
		"en": "We do not know yet {missing}. We are asking the register for you.",
	}
}

func notComputable() lang.Text {
	return lang.Text{
		"sr": "Ово не можемо сами да израчунамо. Службеник ће погледати ваш случај.",
		"en": "We cannot work this out by ourselves. A person will look at your case.",
	}
}

func noAmount() lang.Text {
	return lang.Text{
		"sr": "За овај случај није одређен износ. Службеник ће погледати ваш случај.",
		"en": "No amount is set for this case. A person will look at it.",
	}
}

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

// words fills the sentences of one case.
type words struct {
	rule   *Rule
	sr, en map[string]string
}

func (r *Rule) words(f *facts) *words {
	w := &words{rule: r, sr: make(map[string]string, 16), en: make(map[string]string, 16)}
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

func (w *words) set(name string, text lang.Text) {
	if text != nil {
		w.sr[name], w.en[name] = text["sr"], text["en"]
	}
}

func (w *words) fill(text lang.Text) lang.Text {
	return lang.Text{"sr": lang.Fill(text["sr"], w.sr, lang.SrCyrl), "en": lang.Fill(text["en"], w.en, lang.En)}
}

// missing fills a sentence with the labels of missing facts.
func (w *words) missing(text lang.Text, names []string) lang.Text {
	var sr, en []string
	for _, f := range w.rule.text.Rule.Facts {
		for _, name := range names {
			if f.Name == name {
				sr, en = append(sr, f.Label["sr"]), append(en, f.Label["en"])
			}
		}
	}
	w.sr["missing"], w.en["missing"] = strings.Join(sr, ", "), strings.Join(en, ", ")
	return w.fill(text)
}

// payment fills the sentence of a payment.
func (w *words) payment(p *payment) lang.Text {
	for name, text := range p.says {
		w.set(name, text)
	}
	return w.fill(p.Says)
}

// spoken says a value as people do; nil where nothing can be said.
func (r *Rule) spoken(fact *law.RuleFact, value any) lang.Text {
	switch value := value.(type) {
	case nil:
		return fact.Unsaid
	case int64:
		return same(strconv.FormatInt(value, 10))
	case time.Time:
		day := civil.Date(value.Year(), value.Month(), value.Day())
		return lang.Text{"sr": lang.Day(day, lang.SrCyrl), "en": lang.Day(day, lang.En)}
	case string:
		if name, ok := r.names[value]; ok && fact.Type == "code" {
			return name
		}
		return same(value)
	}
	return nil
}

func same(s string) lang.Text { return lang.Text{"sr": s, "en": s} }

func dinars(p money.Para) lang.Text {
	return lang.Text{"sr": p.In(lang.SrCyrl), "en": p.In(lang.En)}
}

func worth(p law.Parameter) lang.Text {
	if p.Kind == "money" {
		return dinars(p.Money())
	}
	return same(strconv.FormatInt(p.Value, 10))
}

// ordinal counts a child: Serbian in the neuter, as "дете" wants it.
func ordinal(n int64) lang.Text {
	sr := [...]string{"прво", "друго", "треће", "четврто", "пето", "шесто", "седмо", "осмо", "девето", "десето"}
	en := [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
	if n >= 1 && n <= int64(len(sr)) {
		return lang.Text{"sr": sr[n-1], "en": en[n-1]}
	}
	number := strconv.FormatInt(n, 10)
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return lang.Text{"sr": number + ".", "en": number + suffix}
}

func join(a, b lang.Text) lang.Text {
	if a == nil {
		return b
	}
	return lang.Text{"sr": a["sr"] + " " + b["sr"], "en": a["en"] + " " + b["en"]}
}
