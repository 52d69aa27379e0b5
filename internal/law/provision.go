package law

import (
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// Ref names a provision: instrument, article, paragraph and point, as in
// "zfpp/22/1". Letters after an article number are written in Latin ("25d").
type Ref string

// Instrument is the id of the instrument the reference leads to.
func (r Ref) Instrument() string {
	id, _, _ := strings.Cut(string(r), "/")
	return id
}

// Provision is one rule of an instrument on which something rests.
type Provision struct {
	Ref        Ref
	Instrument Instrument
	Title      lang.Text // what it says, in a few words
	Span
	Evidence
}

// Cite writes the provision as lawyers do: "чл. 22 ст. 1 Закона о …",
// "Art. 22(1) of the Law on …".
func (pr Provision) Cite(tag lang.Tag) string { return pr.cited().In(tag) }

func (pr Provision) cited() lang.Text {
	parts := strings.Split(string(pr.Ref), "/")
	var sr, en strings.Builder
	for i, part := range parts[1:] {
		if i > 2 {
			break
		}
		sr.WriteString([]string{"чл. ", " ст. ", " тач. "}[i] + cyrillicArticle(part))
		en.WriteString([]string{"Art. ", "(", ", point "}[i] + part + []string{"", ")", ""}[i])
	}
	return lang.Text{
		"sr": strings.TrimSpace(sr.String() + " " + pr.Instrument.Cited["sr"]),
		"en": strings.TrimSpace(en.String() + " of the " + pr.Instrument.Cited["en"]),
	}
}

// cyrillicArticle gives the letter of an inserted article its Cyrillic form:
// inserted articles are counted а, б, в, г, д, ђ.
func cyrillicArticle(part string) string {
	return strings.NewReplacer("a", "а", "b", "б", "v", "в", "g", "г", "d", "д", "đ", "ђ").Replace(part)
}

// InForce returns nil when the provision is in force on day, and otherwise a
// problem "provision-not-in-force" that names it in both languages.
func (p *Pack) InForce(ref Ref, day civil.Day) error {
	pr, ok := p.provisions[ref]
	if !ok {
		return problem.New(problem.Forbidden, "provision-unknown", "provision", string(ref))
	}
	if pr.Holds(day) && pr.Instrument.Holds(day) {
		return nil
	}
	return problem.New(problem.Forbidden, "provision-not-in-force",
		"provision", string(ref), "cite", pr.Cite(lang.SrCyrl), "cite_en", pr.Cite(lang.En),
		"day", day.String(), "from", pr.From.String(), "to", pr.last().String())
}

// last is the day on which the provision ends, by itself or with its instrument.
func (pr Provision) last() civil.Day {
	own, all := pr.To, pr.Instrument.To
	if own.IsZero() || (!all.IsZero() && all.Before(own)) {
		return all
	}
	return own
}
