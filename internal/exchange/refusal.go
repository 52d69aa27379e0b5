package exchange

import (
	"maps"
	"slices"

	"dobosh/internal/kit/problem"
)

// Refusal is a problem on its way to the asker. Its status is the HTTP status
// of the problem's kind.
type Refusal struct {
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
}

func refusalOf(err error) *Refusal {
	p := problem.Of(err)
	return &Refusal{Status: p.Kind.Status(), Code: p.Code, Args: p.Args}
}

// problem is the refusal as the one who reads it knows it. Another node may know
// kinds that this one does not.
func (r Refusal) problem() *problem.Problem {
	kinds := []problem.Kind{
		problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict, problem.Gone, problem.TooLarge, problem.TooMany,
		problem.Unavailable, problem.BadGateway, problem.Timeout,
	}
	kind := problem.Internal
	if i := slices.IndexFunc(kinds, func(k problem.Kind) bool { return k.Status() == r.Status }); i >= 0 {
		kind = kinds[i]
	}
	return &problem.Problem{Kind: kind, Code: r.Code, Args: r.Args}
}

// refusal writes a refusal, its arguments in the order of their names.
func (w *writer) refusal(r Refusal) {
	w.b = append(w.b, '{')
	w.number("status", int64(r.Status))
	w.text("code", r.Code, true)
	if len(r.Args) > 0 {
		w.member("args")
		w.b = append(w.b, '{')
		for _, name := range slices.Sorted(maps.Keys(r.Args)) {
			w.text(name, r.Args[name], true)
		}
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, '}')
}

func (l *lexer) refusal() *Refusal {
	r := &Refusal{}
	l.object(func(name []byte) int {
		switch string(name) {
		case "status":
			r.Status = int(l.number())
			return 0
		case "code":
			r.Code = l.text()
			return 1
		case "args":
			r.Args = l.arguments()
			return 2
		}
		return -1
	})
	return r
}

// maxArguments bounds the arguments of a refusal.
const maxArguments = 32

// arguments reads an object whose names are not known beforehand.
func (l *lexer) arguments() map[string]string {
	args := map[string]string{}
	l.object(func(name []byte) int {
		_, twice := args[string(name)]
		if twice || len(args) == maxArguments {
			return -1
		}
		args[string(name)] = l.text()
		return len(args) - 1
	})
	return args
}

// encode writes a refusal that came before a journal knew of the request.
func (r Refusal) encode() []byte {
	w := &writer{}
	w.refusal(r)
	return w.b
}

func (r *Refusal) decode(raw []byte) error {
	l := newLexer(raw)
	*r = *l.refusal()
	return l.end()
}
