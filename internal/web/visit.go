package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
)

const (
	formMax   = 64 << 10 // bytes of a form
	uploadMax = 4 << 20  // bytes of a file that is checked
)

// visit is one request for one page.
type visit struct {
	*portal
	speaker
	w      http.ResponseWriter
	r      *http.Request
	actor  act.Actor
	known  bool   // somebody is signed in
	here   string // the address to which a change of language and "back" lead
	status int
}

// on answers a route with an action.
func (p *portal) on(pattern string, act func(*visit) error) { p.mux.Handle(pattern, p.action(act)) }

// signedIn is on for actions that need to know who asks.
func (p *portal) signedIn(pattern string, act func(*visit) error) {
	p.on(pattern, func(v *visit) error {
		if !v.known {
			return problem.New(problem.Unauthenticated, "sign-in-needed")
		}
		return act(v)
	})
}

func (p *portal) action(act func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := p.visit(w, r)
		if err := v.readForm(); err != nil {
			v.fail(err)
			return
		}
		if err := act(v); err != nil {
			v.fail(err)
		}
	})
}

func (p *portal) visit(w http.ResponseWriter, r *http.Request) *visit {
	tag := languageOf(r)
	v := &visit{portal: p, speaker: p.speakers[tag], w: w, r: r, here: "/", status: http.StatusOK}
	if r.Method == http.MethodGet {
		v.here = local(r.URL.EscapedPath(), r.URL.Query())
	}
	if p.Sessions != nil {
		v.actor, v.known = p.Sessions.Actor(r)
	}
	w.Header().Set("Content-Language", string(tag))
	return v
}

// show renders a page of the given name. Everything is rendered before the
// first byte leaves, so that a page is whole or an error.
func (v *visit) show(name, title string, data any) error {
	var main bytes.Buffer
	if err := v.pages[v.tag].ExecuteTemplate(&main, name+".html", data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	var whole bytes.Buffer
	if err := v.pages[v.tag].ExecuteTemplate(&whole, "layout.html", v.frame(name, title, main.String())); err != nil {
		return fmt.Errorf("frame of page %s: %w", name, err)
	}
	return writePage(v.w, v.r, v.status, whole.Bytes())
}

// to ends an action: the browser goes on to a page, and reloading that page
// does nothing twice.
func (v *visit) to(address string) error {
	http.Redirect(v.w, v.r, address, http.StatusSeeOther)
	return nil
}

// after is the key of the page of a list that was asked for.
func (v *visit) after() page.Key {
	key := v.r.URL.Query().Get("after")
	if len(key) > 512 {
		return ""
	}
	return page.Key(key)
}

// fail turns an error into a page. What only the operator may know goes to the
// log. A reader who left is no fault: an impatient second tap ends the first.
func (v *visit) fail(err error) {
	p := problem.Of(err)
	if p.Kind == problem.Internal && v.r.Context().Err() == nil {
		v.Log.ErrorContext(v.r.Context(), "a page failed", slog.String("route", v.r.Pattern),
			slog.String("request", requestID(v.r.Context())), slog.Any("error", err))
	}
	if err := v.showProblem(p); err != nil {
		v.Log.ErrorContext(v.r.Context(), "a problem page failed", slog.Any("error", err))
		http.Error(v.w, v.say("problem.internal"), http.StatusInternalServerError)
	}
}

// resident and officer say which pages to offer; the rooms decide what is
// allowed.
func (v *visit) resident() bool { return v.known && v.actor.Has(identity.Resident) }
func (v *visit) officer() bool  { return v.known && v.actor.Has(identity.Officer) }
