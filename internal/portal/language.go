package portal

import (
	"net/http"
	"net/url"
	"strings"

	"dobosh/internal/kit/lang"
)

const (
	LanguageCookie = "dobosh-lang"
	languageYear   = 365 * 24 * 60 * 60 // seconds
)

// languageOf is what the reader chose here, or else what the browser prefers.
func languageOf(r *http.Request) lang.Tag {
	if c, err := r.Cookie(LanguageCookie); err == nil {
		if tag, ok := lang.Parse(c.Value); ok {
			return tag
		}
	}
	return lang.Accept(r.Header.Get("Accept-Language"))
}

// switchLanguage remembers the language that a link "?lang=" names and leads
// back to the same page without it.
func switchLanguage(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.RawQuery, "lang=") {
			next.ServeHTTP(w, r)
			return
		}
		query := r.URL.Query()
		tag, ok := lang.Parse(query.Get("lang"))
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		query.Del("lang")
		http.SetCookie(w, &http.Cookie{
			Name: LanguageCookie, Value: string(tag), Path: "/", MaxAge: languageYear,
			HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
		})
		http.Redirect(w, r, local(r.URL.EscapedPath(), query), http.StatusSeeOther)
	})
}

// local is an address on this portal. Leading slashes are folded into one, so
// that "//elsewhere" cannot lead away.
func local(path string, query url.Values) string {
	path = "/" + strings.TrimLeft(path, `/\`)
	if encoded := query.Encode(); encoded != "" {
		return path + "?" + encoded
	}
	return path
}

// languageLinks leads to the page here in the languages it is not shown in.
func languageLinks(here string, shown lang.Tag) []Link {
	path, raw, _ := strings.Cut(here, "?")
	query, _ := url.ParseQuery(raw) // what cannot be read is left out
	var links []Link
	for _, tag := range lang.Tags() {
		if tag != shown {
			query.Set("lang", string(tag))
			links = append(links, Link{URL: local(path, query), Text: tag.Name(), Tag: tag})
		}
	}
	return links
}
