package portal

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// ActPage is the page of an act: it asks for the fields, says beside each what is
// wrong with it, and leads on when the act is done. What is not said here comes
// from the act: its sentences stand under its name. Whoever wants more of the page
// gives it in Ask; a page that is no question at all does the act itself and uses
// only the route of this one.
type ActPage struct {
	Act  act.Act
	Back Nav                               // the way out; its path may hold names of fields in braces
	Next func(v *Visit, done any) string   // the page after the act
	Ask  func(v *Visit, q *Question) error // changes the question; may be nil

	// Early lets whoever would have to sign in more surely fill in the form before they do:
	// the level is asked for when it is sent, and nothing of it is lost.
	Early bool
}

// pathName is a name in the pattern of a page.
var pathName = regexp.MustCompile(`\{([a-z_]+)\}`)

// Pages are the two routes of the act: the question and its answer. Whoever signed in
// too long ago does so before the question; who took their time over it is asked by the
// act, so that what they typed is still there.
func (p ActPage) Pages() []Page {
	seen := p.Act.Right
	if p.Early {
		seen = seen.AtLevel(act.LevelNone)
	}
	return []Page{
		{Pattern: http.MethodGet + " " + p.Act.Page, Right: seen, Do: func(v *Visit) error { return p.ask(v, nil) }},
		{Pattern: http.MethodPost + " " + p.Act.Page, Right: p.Act.Right.Fresh(0), Do: p.answer, Refills: true},
	}
}

// named are the parts of the address by their names.
func (v *Visit) named(pattern string) map[string]string {
	parts := map[string]string{}
	for _, m := range pathName.FindAllStringSubmatch(pattern, -1) {
		parts[m[1]] = v.R.PathValue(m[1])
	}
	return parts
}

// filled puts the parts of the present address into a path.
func (v *Visit) filled(path string) string {
	return pathName.ReplaceAllStringFunc(path, func(name string) string { return url.PathEscape(v.R.PathValue(strings.Trim(name, "{}"))) })
}

func (p ActPage) answer(v *Visit) error {
	v.Here = v.filled(p.Act.Page)
	sent, err := v.sent()
	if err != nil {
		return err
	}
	done, err := p.Act.Do(v.R.Context(), v.Actor, act.FromValues(sent).With(v.named(p.Act.Page)))
	if err != nil {
		return p.ask(v, err)
	}
	return v.To(p.Next(v, done))
}

// sent is what came with the form, the content of files under their names.
func (v *Visit) sent() (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(v.R.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return v.R.PostForm, nil
	}
	if err := v.R.ParseMultipartForm(UploadMax); err != nil { // all in memory: the body is bounded to as much
		return nil, Unreadable(err)
	}
	for name, files := range v.R.MultipartForm.File {
		for _, file := range files {
			opened, err := file.Open()
			if err != nil {
				return nil, Unreadable(err)
			}
			content, err := io.ReadAll(opened)
			if err := errors.Join(err, opened.Close()); err != nil {
				return nil, Unreadable(err)
			}
			v.R.PostForm.Add(name, string(content))
		}
	}
	return v.R.PostForm, nil
}

// ask puts the question, after a refused answer with what was typed and what is
// wrong with it.
func (p ActPage) ask(v *Visit, refused error) error {
	known, err := p.Act.Begin(v.R.Context(), v.Actor, act.FromValues(nil).With(v.named(p.Act.Page)))
	if p.Early && problem.HasCode(err, "level-too-low") && refused == nil {
		known, err = nil, nil
	}
	if err != nil {
		return cmp.Or(refused, err)
	}
	if h, ok := v.held(); ok && h.Path == v.R.URL.EscapedPath() {
		known = h.Values
		v.Here = v.filled(p.Act.Page)
	}
	q := Question{
		Title: v.Say(p.Act.Name), Action: v.filled(p.Act.Page), Button: v.Say(p.Act.Name + "-button"),
		Links: []Link{{URL: v.filled(p.Back.Path), Text: v.Say(p.Back.Key)}},
	}
	if lead := p.Act.Name + "-lead"; v.Catalogue.Has(lead) {
		q.Lead = []string{v.Say(lead)}
	}
	for _, f := range p.Act.Fields {
		switch {
		case f.InPath || f.Kind == act.Structure:
		case f.When != nil && !f.When(v.answers(known)):
		case f.Kind == act.Version:
			version := strings.Join(known[f.Name], "")
			if _, sent := v.R.PostForm[f.Name]; sent {
				version = v.Typed(f.Name) // what was read when the answer began
			}
			q.Hidden = append(q.Hidden, Hidden{f.Name, version})
		default:
			q.Fields = append(q.Fields, v.field(f, known[f.Name]))
		}
	}
	if p.Ask != nil {
		if err := p.Ask(v, &q); err != nil {
			return err
		}
	}
	if refused != nil && !q.Refuse(v, refused) {
		return refused
	}
	return v.Ask(q)
}

// answers are what stands in the fields: what was typed, or what is known.
func (v *Visit) answers(known map[string][]string) act.Values {
	if v.R.Method == http.MethodPost {
		return act.Values(v.R.PostForm)
	}
	return known
}

// Asking makes the inputs for some fields, as a step of a form asks for them, with
// what is known of each.
func Asking[In any](v *Visit, in *In, fields ...act.Field[In]) (inputs []Field) {
	asked, known := act.Shown(in, fields...)
	for _, f := range asked {
		if f.When == nil || f.When(v.answers(known)) {
			inputs = append(inputs, v.field(f, known[f.Name]))
		}
	}
	return inputs
}

// listFrom is how many values are too many to show at once.
const listFrom = 8

// field is the input for a field of an act.
func (v *Visit) field(f act.Asked, known []string) Field {
	in := Field{Name: f.Name, Kind: "text", Label: v.Plain(f.Label), Hint: v.Plain(f.Hint), Value: strings.Join(known, "\n"), Most: f.Most, Optional: f.Optional, Complete: "off"}
	if in.Label == "" {
		in.Label = v.Say(f.Says)
	}
	if hint := f.Says + "-hint"; in.Hint == "" && v.Catalogue.Has(hint) {
		in.Hint = v.Say(hint)
	}
	for _, o := range v.options(f) {
		o.Chosen = slices.Contains(known, o.Value)
		in.Options = append(in.Options, o.Option)
		if o.code != "" {
			if in.Codes == nil {
				in.Codes = map[string]string{}
			}
			in.Codes[o.Value] = o.code
		}
	}
	in.Code = f.Coded && in.Options == nil
	switch f.Kind {
	case act.Text:
		in.Kind = "words"
	case act.File:
		in.Kind, in.Value = "file", ""
	case act.Several:
		if in.Kind = "words"; in.Options != nil {
			in.Kind = "ticks"
		} else {
			in.Most = 4000
		}
	case act.Choice, act.Place:
		if in.Kind = "choice"; len(in.Options) > listFrom {
			in.Kind = "list"
			for i, o := range in.Options { // a list shows one line for each
				in.Options[i].Label = strings.TrimSpace(o.Label + " " + in.Codes[o.Value])
			}
			in.Options = slices.Insert(in.Options, 0, Option{"", v.Say("form.choose"), len(known) == 0})
		}
	case act.YesNo:
		in.Kind = "choice"
		for _, value := range []string{"yes", "no"} {
			in.Options = append(in.Options, Option{value, v.Say("word." + value), slices.Contains(known, value)})
		}
	case act.Consent:
		in.Kind, in.Options = "ticks", []Option{{"yes", in.Label, slices.Contains(known, "yes")}}
	case act.Count, act.National:
		in.Mode, in.Most = "numeric", 40
	case act.Amount:
		in.Mode, in.Most = "decimal", 40
	case act.Account: // with dashes, or an IBAN: a keyboard of digits has neither
		in.Most = 40
	case act.Code, act.Person:
		in.Code = true
	case act.Day:
		if in.Hint == "" {
			in.Hint = v.Say("form.day-hint")
		}
		if day, ok := act.ParseDay(in.Value); ok {
			in.Value = ShortDay(day)
		}
	}
	return in
}

// offered is an option in the words of the page, with its identifier if it has one.
type offered struct {
	Option
	code string
}

// options are the values of a field in the words of the page.
func (v *Visit) options(f act.Asked) (options []offered) {
	if f.Options == nil {
		return nil
	}
	for _, o := range f.Options(v.R.Context()) {
		label := cmp.Or(v.Plain(o.Says), o.Label)
		if v.Catalogue.Has(label) {
			label = v.Say(label)
		}
		if o.Code == "" {
			label = cmp.Or(label, o.Value)
		}
		options = append(options, offered{Option{Value: o.Value, Label: label}, o.Code})
	}
	return options
}
