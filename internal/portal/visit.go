package portal

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
)

const (
	FormMax   = 64 << 10 // bytes of a form
	UploadMax = 4 << 20  // bytes of a file that is checked
)

// Visit is one request for one page.
type Visit struct {
	*Portal
	Speaker
	W      http.ResponseWriter
	R      *http.Request
	Actor  act.Actor
	Known  bool   // somebody is signed in
	Here   string // the address to which a change of language and "back" lead
	Status int
	room   *room         // whose page it is
	body   io.ReadCloser // of an upload, without the bound that most pages have
	resume string        // where a form that was sent too early is taken up again; empty for none
}

func (p *Portal) visit(w http.ResponseWriter, r *http.Request, within *room) *Visit {
	tag := languageOf(r)
	v := &Visit{Portal: p, Speaker: p.speakers[tag], W: w, R: r, Here: "/", Status: http.StatusOK, room: within}
	if r.Method == http.MethodGet {
		v.Here = local(r.URL.EscapedPath(), r.URL.Query())
	}
	if p.Sessions != nil {
		v.Actor, v.Known = p.Sessions.Actor(r)
	}
	w.Header().Set("Content-Language", string(tag))
	return v
}

// Show renders a page of the given name. Everything is rendered before the
// first byte leaves, so that a page is whole or an error.
func (v *Visit) Show(name, title string, data any) error {
	main, err := v.Render(name+".html", data)
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	frame, err := v.frames.in(v.Tag)
	if err != nil {
		return err
	}
	if err := frame.ExecuteTemplate(&whole, "layout.html", v.frame(name, title, main)); err != nil {
		return fmt.Errorf("frame of page %s: %w", name, err)
	}
	return writePage(v.W, v.R, v.Status, whole.Bytes())
}

// Render makes a piece of a page with a template of the room.
func (v *Visit) Render(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	pages, err := v.room.pages.in(v.Tag)
	if err != nil {
		return "", err
	}
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("page %s: %w", name, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // made by html/template just before
}

// To ends an action: the browser goes on to a page, and reloading that page
// does nothing twice.
func (v *Visit) To(address string) error {
	http.Redirect(v.W, v.R, address, http.StatusSeeOther)
	return nil
}

// After is the key of the page of a list that was asked for.
func (v *Visit) After() page.Key {
	key := v.R.URL.Query().Get("after")
	if len(key) > 512 {
		return ""
	}
	return page.Key(key)
}

// who is who asks, for the security log.
func (v *Visit) who() security.Who {
	who := security.Who{Account: v.Actor.Account, Address: v.Address(v.R), Surface: "portal", Route: v.R.Pattern, Request: RequestID(v.R.Context())}
	for _, g := range v.Actor.Grants {
		if !slices.Contains(who.Roles, string(g.Role)) {
			who.Roles = append(who.Roles, string(g.Role))
		}
	}
	return who
}

// noted are refusals for the security log. That somebody who opens a page has to sign in
// is none, and what comes of a sign-in is noted by who knows it.
func (v *Visit) noted(p *problem.Problem) {
	refused := p.Kind == problem.Forbidden || p.Kind == problem.TooMany || p.Kind == problem.Unauthenticated && p.Code != "sign-in-needed"
	if v.Watch != nil && refused && v.R.Pattern != "GET "+SignInReturn {
		v.Watch.Note(security.Asked(v.R.Context()).Event(security.Refused, p.Code))
	}
}

// fail turns an error into a page. What only the operator may know goes to the
// log. A reader who left is no fault: an impatient second tap ends the first.
func (v *Visit) fail(err error) {
	p := problem.Of(err)
	v.noted(p)
	if p.Kind == problem.Internal && v.R.Context().Err() == nil {
		v.Log.ErrorContext(v.R.Context(), "a page failed", slog.String("route", v.R.Pattern),
			slog.String("request", RequestID(v.R.Context())), slog.Any("error", err))
	}
	if err := v.showProblem(p); err != nil {
		v.Log.ErrorContext(v.R.Context(), "a problem page failed", slog.Any("error", err))
		http.Error(v.W, v.Say("problem.internal"), http.StatusInternalServerError)
	}
}
