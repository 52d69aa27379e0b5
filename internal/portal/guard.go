package portal

import (
	"net/http"
	"strings"
)

// policy lets a page use what comes from this portal and nothing else; there is
// no script and no style inside a page.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// guard puts the headers on every answer that keep a page to itself. A form may lead
// nowhere else either, but to the provider where people sign out: browsers hold every
// step after a form against the policy.
func guard(secure bool, leads SignIn, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		to := ""
		if leads != nil {
			to = strings.Join(append([]string{""}, leads.Provider()...), " ")
		}
		h.Set("Content-Security-Policy", policy+to)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !strings.HasPrefix(r.URL.Path, "/assets/") {
			h.Set("Cache-Control", "no-store")
			h.Add("Vary", "Cookie, Accept-Language")
		}
		next.ServeHTTP(w, r)
	})
}
