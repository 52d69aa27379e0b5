package cli

import (
	"errors"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// Say says an error as the pages say it: what is wrong, with each field, and
// what to do; then the cause, which who types commands may know.
func (p Program) Say(err error) string {
	is, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return err.Error()
	}
	words, missing := p.Words()
	if missing != nil || !words.Has("problem."+is.Code) {
		return err.Error()
	}
	say := func(code string, args map[string]string) string {
		return words.Say(lang.En, "problem."+code, problem.Pairs(args)...)
	}
	says := []string{say(is.Code, is.Args)}
	if words.Has("problem." + is.Code + ".do") {
		says[0] += " " + say(is.Code+".do", is.Args)
	}
	for _, f := range is.Fields {
		says = append(says, "  "+f.Name+": "+say(f.Code, f.Args))
	}
	if is.Cause != nil {
		says = append(says, "  because: "+is.Cause.Error())
	}
	return strings.Join(says, "\n")
}
