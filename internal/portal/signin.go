package portal

import (
	"net/url"

	"dobosh/internal/act"
)

// SignInReturn is the path to which the identity provider sends people back.
const SignInReturn = "/sign-in/return"

// SignInLink is the address of signing in, from which people come back to a page
// of this portal.
func SignInLink(to string) string { return local("/sign-in", url.Values{"to": {to}}) }

func (p *Portal) signInPages() []Page {
	return []Page{
		{"GET /sign-in", act.Anyone(), func(v *Visit) error {
			query := v.R.URL.Query()
			v.Here = local(query.Get("to"), nil)
			query.Set("ui_locales", string(v.Tag))
			v.R.URL.RawQuery = query.Encode()
			return p.SignIn.BeginSignIn(v.W, v.R)
		}},
		{"GET " + SignInReturn, act.Anyone(), func(v *Visit) error {
			v.Here = "/"
			return p.SignIn.FinishSignIn(v.W, v.R)
		}},
		{"POST /sign-out", act.Anyone(), func(v *Visit) error {
			if err := p.SignIn.SignOut(v.W, v.R); err != nil {
				return err
			}
			return v.To("/")
		}},
	}
}
