package pages

import (
	"bytes"
	"encoding/json"
	"html/template"
	"slices"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

// Bounds of the values that are explained: in short beside other questions, and
// on the page of one question. A description may hold itself.
const (
	valuesDeep  = 8
	valuesShort = 40
	valuesMost  = 400
	choicesSaid = 20
)

// questionView is one question that a service answers, in plain words.
type questionView struct {
	Title      template.HTML
	Text       template.HTML
	Code       string // "GET /v1/births/{birth}"
	Deprecated bool
	Proofs     []string // the ways to prove oneself beyond the contract
	Parameters []valueView
	Bodies     []contentView
	BodyMust   bool
	Answers    []answerView
	All        string // where everything is said; empty where it is
}

// contentView is a body of one media type.
type contentView struct {
	Type    string
	Kind    string // of the whole
	Values  []valueView
	Cut     bool // there is more
	Example string
	Foreign lang.Tag // of the example, where it is in another script than the page
}

// answerView is what comes back with a status.
type answerView struct {
	Status   string
	Good     bool
	Text     template.HTML
	Headers  []valueView
	Contents []contentView
}

// valueView is one value of a question or an answer.
type valueView struct {
	Name  string // of a parameter, or the way to it in a body
	In    string // of a parameter: path, query, header or cookie
	Says  template.HTML
	Kind  string
	Must  bool
	Old   bool
	Rules []template.HTML
}

// questionView explains at most most values in each body.
func (v *visit) questionView(op openapi.Operation, all string, most int) questionView {
	view := questionView{
		Title: v.Text(op.Title), Text: v.Text(op.Text), Code: op.Method + " " + op.Path, Deprecated: op.Deprecated, All: all,
	}
	if view.Title == "" {
		view.Title = v.Code(view.Code)
	}
	for _, way := range op.Security {
		if way != "" {
			view.Proofs = append(view.Proofs, way)
		}
	}
	for _, p := range op.Parameters {
		view.Parameters = append(view.Parameters, v.parameterView(p))
	}
	if op.Body != nil {
		view.BodyMust = op.Body.Required
		for _, c := range op.Body.Contents {
			view.Bodies = append(view.Bodies, v.contentView(c, most))
		}
	}
	for _, a := range op.Answers {
		view.Answers = append(view.Answers, v.answerView(a, most))
	}
	slices.SortStableFunc(view.Answers, func(a, b answerView) int { return strings.Compare(a.Status, b.Status) })
	return view
}

func (v *visit) parameterView(p openapi.Parameter) valueView {
	view := v.valueView(p.Name, p.Schema, p.Required)
	view.In, view.Old = p.In, p.Deprecated
	if len(p.Text) > 0 {
		view.Says = v.Text(p.Text)
	}
	return view
}

func (v *visit) answerView(a openapi.Answer, most int) answerView {
	view := answerView{Status: a.Status, Good: a.Good(), Text: v.Text(a.Text)}
	for _, h := range a.Headers {
		view.Headers = append(view.Headers, v.parameterView(h))
	}
	if !view.Good {
		most = 0 // a refusal is read by its sentence
	}
	for _, c := range a.Contents {
		view.Contents = append(view.Contents, v.contentView(c, most))
	}
	return view
}

func (v *visit) contentView(c openapi.Content, most int) contentView {
	w := valueWalk{v: v, most: most}
	w.walk("", c.Schema, true, nil)
	view := contentView{Type: c.Type, Kind: v.kindWords(c.Schema), Values: w.rows, Cut: w.cut && most > 0}
	if c.Example != "" && most > 0 {
		view.Example = indented(c.Example)
		if v.Tag != lang.SrCyrl && hasCyrillic(view.Example) {
			view.Foreign = lang.SrCyrl
		}
	}
	return view
}

func indented(raw string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(raw), "", "  ") != nil {
		return raw
	}
	return b.String()
}

func hasCyrillic(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x400 && r < 0x530 })
}

// valueWalk lists the values of a body, each with the way to it.
type valueWalk struct {
	v     *visit
	most  int
	steps int
	rows  []valueView
	cut   bool
}

// valuesWalk bounds the schemas that are looked at for one body: few that name each
// other make many ways.
const valuesWalk = 5000

// spent reports whether there is nothing more to look at: the rows are full, or the
// walk has been long enough.
func (w *valueWalk) spent() bool {
	if w.steps++; w.steps > valuesWalk || w.cut || w.v.R.Context().Err() != nil {
		w.cut = true
	}
	return w.cut
}

func (w *valueWalk) walk(at string, s *openapi.Schema, must bool, above []*openapi.Schema) {
	if s == nil || w.spent() {
		return
	}
	if at != "" {
		if len(w.rows) >= w.most {
			w.cut = true
			return
		}
		w.rows = append(w.rows, w.v.valueView(at, s, must))
	}
	if len(above) >= valuesDeep || slices.Contains(above, s) {
		return
	}
	above = append(slices.Clone(above), s)
	w.inside(at, s, above)
	for items := s.Items; items != nil; items = items.Items {
		at += "/*"
		if slices.Contains(above, items) {
			return
		}
		above = append(above, items)
		w.inside(at, items, above)
	}
}

func (w *valueWalk) inside(at string, s *openapi.Schema, above []*openapi.Schema) {
	if w.spent() {
		return
	}
	for _, f := range s.Fields {
		w.walk(at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(f.Name), f.Schema, f.Required, above)
	}
	for _, variant := range s.Variants {
		if !slices.Contains(above, variant) && len(above) < valuesDeep {
			w.inside(at, variant, append(slices.Clone(above), variant))
		}
	}
}

func (v *visit) valueView(name string, s *openapi.Schema, must bool) valueView {
	return valueView{Name: name, Says: v.Text(s.Text), Kind: v.kindWords(s), Must: must, Old: s.Deprecated, Rules: v.rules(s)}
}

// kindWords says what a value is: a text, a day, a list of numbers.
func (v *visit) kindWords(s *openapi.Schema) string {
	if s == nil {
		return v.Say("type.any")
	}
	var words []string
	for _, t := range s.Types {
		words = append(words, v.typeWord(t, s))
	}
	if len(words) == 0 {
		return v.Say("type.any")
	}
	return strings.Join(words, " "+v.Say("type.or")+" ")
}

func (v *visit) typeWord(t string, s *openapi.Schema) string {
	switch {
	case t == "array" && s.Items != nil && !slices.Contains(s.Items.Types, "array"):
		return v.Say("type.list-of", "what", v.kindWords(s.Items))
	case v.Catalogue.Has("type." + t + "." + s.Format):
		return v.Say("type." + t + "." + s.Format)
	case v.Catalogue.Has("type." + t):
		return v.Say("type." + t)
	}
	return v.Say("type.any")
}

// rules are the limits of a value, in words.
func (v *visit) rules(s *openapi.Schema) (rules []template.HTML) {
	add := func(key, code string) {
		if code != "" {
			rules = append(rules, portal.Escaped(v.Say(key))+" "+v.Code(code))
		}
	}
	var values []string
	for _, value := range s.Values[:min(len(s.Values), choicesSaid)] {
		values = append(values, strings.Trim(value, `"`))
	}
	if len(s.Values) > choicesSaid {
		values = append(values, "…")
	}
	add("rule.one-of", strings.Join(values, ", "))
	add("rule.number", s.Number.String())
	add("rule.length", s.Length.String())
	add("rule.count", s.Count.String())
	add("rule.pattern", s.Pattern)
	if len(s.Variants) > 0 {
		rules = append(rules, portal.Escaped(v.Say("rule.variants", "n", len(s.Variants))))
	}
	if s.Format != "" && !slices.ContainsFunc(s.Types, func(t string) bool { return v.Catalogue.Has("type." + t + "." + s.Format) }) {
		add("rule.format", s.Format)
	}
	add("rule.example", strings.Trim(s.Example, `"`))
	return rules
}
