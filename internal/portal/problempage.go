package portal

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/script"
)

// problemView is an error as a page: what happened, whose turn it is, what to
// do.
type problemView struct {
	What    string
	Fields  []string
	Turn    string
	Do      string
	SignIn  string // address, when signing in is what to do
	Other   string // address of signing in without an electronic identity; empty for none
	Kept    bool   // what was typed is not lost
	Back    string
	Request string // for the operator to find it; only where it is our turn
	Help    Help
}

func (v *Visit) showProblem(p *problem.Problem) error {
	kind := KindName(p.Kind)
	view := problemView{What: v.SaidProblem(p.Code, p.Args), Turn: v.Say("turn." + kind), Back: v.Here, Help: v.Help}
	view.Do = v.Say("do." + kind)
	if own := "problem." + p.Code + ".do"; v.Catalogue.Has(own) {
		view.Do = v.Say(own)
	}
	for _, f := range p.Fields {
		view.Fields = append(view.Fields, v.SaidProblem(f.Code, f.Args))
	}
	if v.SignIn != nil && (p.Kind == problem.Unauthenticated || p.Code == "level-too-low") {
		to := cmp.Or(v.resume, v.Here)
		view.SignIn, view.Kept = signInFor(p, to), v.resume != ""
		if v.ByContact != "" && p.Code == "sign-in-needed" {
			view.Other = local(v.ByContact, url.Values{"to": {to}})
		}
	}
	if p.Kind == problem.Internal {
		view.Request = RequestID(v.R.Context())
	}
	if v.R.Method == "GET" && v.Here == local(v.R.URL.EscapedPath(), v.R.URL.Query()) {
		view.Back = "/" // the page itself is what failed
	}
	v.Status = p.Kind.Status()
	if p.Kind == problem.TooMany || p.Kind == problem.Unavailable {
		v.W.Header().Set("Retry-After", p.Wait())
	}
	return v.Show("problem", view.What, view)
}

// SaidProblem says what a code means. A code that has no sentence yet is said
// in general words, with the code to quote.
func (v *Visit) SaidProblem(code string, args map[string]string) string {
	key := "problem." + code
	if !v.Catalogue.Has(key) {
		return v.Say("problem.other", "code", code)
	}
	return v.Catalogue.Say(v.Tag, key, problem.Pairs(v.readable(args))...)
}

// readable brings arguments into the language of the page: a day is said as
// people do, Serbian words follow the script, and of a pair "cite" and
// "cite_en" the one for the language is taken.
func (v *Visit) readable(args map[string]string) map[string]string {
	out := maps.Clone(args)
	for name, value := range out {
		if english, ok := args[name+"_en"]; ok && v.Tag == lang.En {
			value = english
		}
		if day, err := civil.Parse(value); err == nil {
			value = v.Day(day)
		}
		if v.Tag == lang.SrLatn {
			value = script.Latin(value)
		}
		if has := "name." + name + "." + value; v.Catalogue.Has(has) {
			value = v.Say(has)
		}
		out[name] = value
	}
	return out
}

// KindName is a kind of problem in the keys of sentences: "turn." and "do." and it.
func KindName(k problem.Kind) string {
	names := map[problem.Kind]string{
		problem.Internal: "internal", problem.Invalid: "invalid", problem.Unauthenticated: "unauthenticated",
		problem.Forbidden: "forbidden", problem.NotFound: "not-found", problem.Conflict: "conflict", problem.Gone: "gone",
		problem.TooLarge: "too-large", problem.TooMany: "too-many", problem.Unavailable: "unavailable",
		problem.BadGateway: "bad-gateway", problem.Timeout: "timeout",
	}
	if name, ok := names[k]; ok {
		return name
	}
	return fmt.Sprintf("kind-%d", k)
}
