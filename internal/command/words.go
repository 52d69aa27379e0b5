package command

import (
	"errors"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/web"
)

// inWords says an error as the pages say it: what is wrong, with each field,
// and what to do; then the cause, which who types commands may know.
func inWords(err error) string {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return err.Error()
	}
	words, missing := web.Words()
	if missing != nil || !words.Has("problem."+p.Code) {
		return err.Error()
	}
	say := func(code string, args map[string]string) string {
		return words.Say(lang.En, "problem."+code, problem.Pairs(args)...)
	}
	says := []string{say(p.Code, p.Args)}
	if words.Has("problem." + p.Code + ".do") {
		says[0] += " " + say(p.Code+".do", p.Args)
	}
	for _, f := range p.Fields {
		says = append(says, "  "+f.Name+": "+say(f.Code, f.Args))
	}
	if p.Cause != nil {
		says = append(says, "  because: "+p.Cause.Error())
	}
	return strings.Join(says, "\n")
}
