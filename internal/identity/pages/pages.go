// Package pages is where an administrator gives and takes roles, where everybody sees how
// they are reached and where they are signed in, and where people sign in by a contact.
//
// The address of a page names no account: an account that was picked travels in
// the body of a form.
package pages

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Identity knows accounts, their roles and their sessions; [identity.Identity] is
// one.
type Identity interface {
	Acts() ([]act.Act, error)
	Roles
	Sessions
	Contacts
	Passkeys
}

// Roles is who holds which role, as far as the reader may give it.
type Roles interface {
	Grants(ctx context.Context, by act.Actor, role act.Role, after page.Key) (page.Page[identity.Grant], error)
	Grant(ctx context.Context, by act.Actor, grant string) (identity.Grant, error)
	Accounts(ctx context.Context, by act.Actor, after page.Key) (page.Page[identity.Account], error)
	Account(ctx context.Context, by act.Actor, subject string) (identity.Account, error)
}

// Sessions are those of the reader.
type Sessions interface {
	Sessions(ctx context.Context, by act.Actor) ([]identity.Session, error)
	Current(r *http.Request) string
}

// Contacts are how people are reached, and how they sign in by that.
type Contacts interface {
	Contacts(ctx context.Context, by act.Actor) ([]identity.Contact, error)
	ByContact() bool
	ByPhone() bool
	AskCode(w http.ResponseWriter, r *http.Request, address, to string, tag lang.Tag) error
	EnterCode(w http.ResponseWriter, r *http.Request, code string, anew bool) (to string, err error)
}

// Passkeys are the keys that people hold.
type Passkeys interface {
	ByPasskey() bool
	Passkeys(ctx context.Context, by act.Actor) ([]identity.Passkey, error)
	AskNewPasskey(ctx context.Context, by act.Actor) (identity.Ceremony, error)
	AskPasskey(ctx context.Context, by act.Actor) (identity.Ceremony, error)
	ShowPasskey(w http.ResponseWriter, r *http.Request, by act.Actor, sealed, credential string) error
}

type pages struct {
	people Identity
	acts   map[string]act.Act
}

// visit is one request for one of the pages.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the pages. The name of who is signed in leads to what is theirs to say.
func New(room Identity) (portal.Room, error) {
	all, err := room.Acts()
	if err != nil {
		return portal.Room{}, fmt.Errorf("pages of identity: %w", err)
	}
	p := &pages{room, map[string]act.Act{}}
	for _, a := range all {
		p.acts[a.Name] = a
	}
	of := func(do func(*visit) error) func(*portal.Visit) error {
		return func(v *portal.Visit) error { return do(&visit{v, p}) }
	}
	asked := func(name string, back portal.Nav, next string, ask func(*visit, *portal.Question) error) portal.ActPage {
		return portal.ActPage{
			Act: p.acts[name], Back: back, Next: func(*portal.Visit, any) string { return next },
			Ask: func(v *portal.Visit, q *portal.Question) error { return ask(&visit{v, p}, q) },
		}
	}
	roles, sessions := portal.Nav{Path: "/roles", Key: "roles.back"}, portal.Nav{Path: "/sessions", Key: "sessions.back"}
	give := asked(identity.ActGive, roles, "/roles", (*visit).askGive).Pages()
	endAll := asked(identity.ActEndAll, sessions, "/", (*visit).askEndAll).Pages()
	administrators := act.Only(identity.Administrator)

	brought := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET /roles", Right: administrators, Do: of((*visit).roles)},
			{Pattern: "GET /roles/accounts", Right: administrators, Do: of((*visit).accounts)},
			{Pattern: "POST /roles/accounts/give", Right: administrators, Do: picked("/roles/give", give[0])},
			{Pattern: "POST /roles/accounts/end", Right: administrators, Do: picked("/roles/accounts", endAll[0])},
			{Pattern: "GET /me", Right: act.SignedIn(), Do: of((*visit).me)},
			{Pattern: "GET /sessions", Right: act.SignedIn(), Do: of((*visit).sessions)},
		},
		Nav:     []portal.Nav{{Path: "/roles", Key: "nav.roles", Order: 800, Setting: portal.Staff, Whom: administrators.Lets}},
		Home:    []portal.Home{{Order: 800, Whom: administrators.Lets, Do: func(v *portal.Visit) error { return v.To("/roles") }}},
		Account: portal.Nav{Path: "/me", Key: "me.title"},
		Welcome: []portal.Part{func(v *portal.Visit) (template.HTML, error) { return (&visit{v, p}).welcome() }},
	}
	brought.Pages = append(brought.Pages, p.contactPages()...)
	if room.ByPasskey() {
		brought.Pages = append(brought.Pages, p.passkeyPages(of)...)
	}
	if room.ByContact() {
		brought.Pages = append(brought.Pages, p.reachedPages(of)...)
	}
	for _, two := range [][]portal.Page{
		give, endAll,
		asked(identity.ActConfirm, roles, "/roles", (*visit).askGrant).Pages(),
		asked(identity.ActTake, roles, "/roles", (*visit).askGrant).Pages(),
		asked(identity.ActEnd, sessions, "/sessions", func(*visit, *portal.Question) error { return nil }).Pages(),
	} {
		brought.Pages = append(brought.Pages, two...)
	}
	return brought, nil
}

// picked asks a question about an account that came with a form; another language
// is chosen at an address that needs none.
func picked(here string, question portal.Page) func(*portal.Visit) error {
	return func(v *portal.Visit) error {
		v.Here = here
		return question.Do(v)
	}
}
