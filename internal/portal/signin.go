package portal

import (
	"net/url"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// SignInReturn is the path to which the identity provider sends people back.
const SignInReturn = "/sign-in/return"

// SignInLink is the address of signing in, from which people come back to a page
// of this portal.
func SignInLink(to string) string { return local("/sign-in", url.Values{"to": {to}}) }

// signInFor is the address of the sign-in that a problem asks for: again, or with more
// assurance than the last one had.
func signInFor(p *problem.Problem, to string) string {
	asked := url.Values{"to": {to}}
	switch p.Code {
	case "sign-in-again", "sign-in-not-fresh":
		asked.Set("again", "yes")
	case "level-too-low":
		asked.Set("level", p.Args["level"])
	}
	return local("/sign-in", asked)
}

func (p *Portal) signInPages() []Page {
	return []Page{
		{Pattern: "GET /sign-in", Right: act.Anyone(), Do: func(v *Visit) error {
			query := v.R.URL.Query()
			v.Here = local(query.Get("to"), nil)
			query.Set("ui_locales", string(v.Tag))
			v.R.URL.RawQuery = query.Encode()
			if err := tooOften(p.budgets.signIns.Take(p.Address(v.R))); err != nil {
				return err
			}
			return p.SignIn.BeginSignIn(v.W, v.R)
		}},
		{Pattern: "GET " + SignInReturn, Right: act.Anyone(), Do: func(v *Visit) error {
			v.Here = "/"
			if err := tooOften(p.budgets.signIns.Take(p.Address(v.R))); err != nil {
				return err
			}
			return p.SignIn.FinishSignIn(v.W, v.R)
		}},
		{Pattern: "POST /sign-out", Right: act.Anyone(), Do: func(v *Visit) error {
			return p.SignIn.SignOut(v.W, v.R)
		}},
	}
}
