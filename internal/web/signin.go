package web

import "net/url"

// SignInReturn is the path to which the identity provider sends people back.
const SignInReturn = "/sign-in/return"

func signInLink(to string) string { return local("/sign-in", url.Values{"to": {to}}) }

func (p *portal) signInRoutes() {
	p.on("GET /sign-in", func(v *visit) error {
		query := v.r.URL.Query()
		v.here = local(query.Get("to"), nil)
		query.Set("ui_locales", string(v.tag))
		v.r.URL.RawQuery = query.Encode()
		return p.SignIn.BeginSignIn(v.w, v.r)
	})
	p.on("GET "+SignInReturn, func(v *visit) error {
		v.here = "/"
		return p.SignIn.FinishSignIn(v.w, v.r)
	})
	p.on("POST /sign-out", func(v *visit) error {
		if err := p.SignIn.SignOut(v.w, v.r); err != nil {
			return err
		}
		return v.to("/")
	})
}
