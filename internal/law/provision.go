package law

import (
	"strconv"
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

// Cite writes the provision as lawyers do: "Art. 22(1) of the Law on …".
func (pr Provision) Cite(tag lang.Tag) string { return pr.Cited().In(tag) }

// Cited is what Cite writes, in every language.
func (pr Provision) Cited() lang.Text {
	parts := strings.Split(string(pr.Ref), "/")[1:]
	parts = parts[:min(len(parts), 3)]
	values := lang.Values{"law": pr.Instrument.Cited}
	for i, part := range parts {
		values[[]string{"article", "paragraph", "point"}[i]] = numbered(part)
	}
	return said().In("cite."+strconv.Itoa(len(parts)), values)
}

// numbered says the number of a part. An article that was inserted has a letter
// behind its number, which each script writes as its own.
func numbered(part string) lang.Text {
	if number, letter, inserted := cutLetter(part); inserted {
		return said().In("cite.letter."+letter, lang.Values{"n": number})
	}
	return said().In("cite.number", lang.Values{"n": part})
}

func cutLetter(part string) (number, letter string, inserted bool) {
	letter = strings.TrimLeft(part, "0123456789")
	return strings.TrimSuffix(part, letter), letter, letter != "" && said().Has("cite.letter."+letter)
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
