package signin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/script"
)

//go:embed login.html
var loginHTML string

//go:embed style.css
var styleCSS string

//go:embed words/*.json
var wordFiles embed.FS

// loginPage lets a visitor choose who to be.
type loginPage struct {
	memory   *memory
	callback func(ctx context.Context, visitID string) string
	layout   *template.Template
	texts    *lang.Catalogue
	policy   string
	log      *slog.Logger
}

func newLoginPage(cfg Config, m *memory, callback func(context.Context, string) string, log *slog.Logger) (*loginPage, error) {
	texts, err := lang.Load(lang.Words{Room: "signin", Files: wordFiles})
	if err != nil {
		return nil, err
	}
	layout, err := template.New("login").Parse(loginHTML)
	if err != nil {
		return nil, err
	}
	return &loginPage{m, callback, layout, texts, policy(cfg.Clients), log}, nil
}

// policy allows the one style sheet, by its hash, and the form. Browsers hold the
// whole chain of redirects after a form against form-action, so the clients stand
// there too.
func policy(clients []Client) string {
	sum := sha256.Sum256([]byte(styleCSS))
	targets := []string{"'self'"}
	for _, client := range clients {
		for _, to := range client.RedirectURLs {
			if u, err := url.Parse(to); err == nil {
				targets = append(targets, u.Scheme+"://"+u.Host)
			}
		}
	}
	slices.Sort(targets)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action " + strings.Join(slices.Compact(targets), " ") + "; base-uri 'none'; frame-ancestors 'none'"
}

// view is what the template shows.
type view struct {
	Lang      lang.Tag
	Languages []offered
	Style     template.CSS
	VisitID   string // empty when the visit has ended
	Groups    []group
	Say       func(key string) string
}

// offered is a language of the page.
type offered struct {
	Tag     lang.Tag
	Name    string
	Current bool
}

// group is a heading with the people under it.
type group struct {
	Title  string
	People []choice
}

type choice struct{ Subject, Name, Note string }

func (p *loginPage) show(w http.ResponseWriter, r *http.Request) {
	visitID := r.FormValue("id")
	v, ok := p.memory.visits.get(visitID)
	if !ok {
		p.render(w, r, http.StatusGone, "", locale(r, nil))
		return
	}
	p.render(w, r, http.StatusOK, visitID, locale(r, &v))
}

func (p *loginPage) choose(w http.ResponseWriter, r *http.Request) {
	visitID, err := p.memory.choose(r.PostFormValue("id"), r.PostFormValue("subject"))
	if err != nil {
		p.render(w, r, http.StatusGone, "", locale(r, nil))
		return
	}
	http.Redirect(w, r, p.callback(r.Context(), visitID), http.StatusSeeOther)
}

// locale is the language chosen on the page, else the one the client asked for,
// else that of the browser.
func locale(r *http.Request, v *visit) lang.Tag {
	asked := []string{r.FormValue("lang")}
	if v != nil {
		for _, tag := range v.asked.UILocales {
			asked = append(asked, tag.String())
		}
	}
	for _, s := range asked {
		if tag, ok := lang.Parse(s); ok {
			return tag
		}
	}
	return lang.Accept(r.Header.Get("Accept-Language"))
}

func (p *loginPage) render(w http.ResponseWriter, r *http.Request, status int, visitID string, tag lang.Tag) {
	say := func(key string) string { return p.texts.Say(tag, key) }
	content := view{Lang: tag, Style: template.CSS(styleCSS), VisitID: visitID, Say: say, Groups: groups(p.memory.persons, tag, say)}
	for _, t := range lang.Tags() {
		content.Languages = append(content.Languages, offered{t, t.Name(), t == tag})
	}
	var page bytes.Buffer
	if err := p.layout.Execute(&page, content); err != nil {
		p.log.ErrorContext(r.Context(), "the login page of the demonstration failed", slog.Any("error", err))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(tag))
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader may have gone
}

// groups puts residents first and then staff by the body they work for, each in
// the order of the configuration.
func groups(persons []Person, tag lang.Tag, say func(string) string) []group {
	all := []group{{Title: say("residents")}}
	for _, p := range persons {
		title := p.StaffOf.In(tag)
		if title == "" {
			title = all[0].Title
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.Title == title })
		if i < 0 {
			i = len(all)
			all = append(all, group{Title: title})
		}
		all[i].People = append(all[i].People, choice{p.Subject, inScript(p.Name, tag), p.Note.In(tag)})
	}
	return slices.DeleteFunc(all, func(g group) bool { return len(g.People) == 0 })
}

func inScript(name string, tag lang.Tag) string {
	if tag == lang.SrCyrl {
		return name
	}
	return script.Latin(name)
}
