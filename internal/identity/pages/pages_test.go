package pages_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	identitypages "dobosh/internal/identity/pages"
	"dobosh/internal/journal"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// room is the real one, with accounts and sessions as if people had signed in.
type room struct {
	*identity.Identity
	accounts []identity.Account
	sessions []identity.Session
}

func (r *room) Accounts(ctx context.Context, by act.Actor, after page.Key) (page.Page[identity.Account], error) {
	if _, err := r.Identity.Accounts(ctx, by, after); err != nil {
		return page.Page[identity.Account]{}, err
	}
	return page.Page[identity.Account]{Items: r.accounts}, nil
}

func (r *room) Account(ctx context.Context, by act.Actor, subject string) (identity.Account, error) {
	for _, a := range r.accounts {
		if a.Subject == subject {
			return a, nil
		}
	}
	return r.Identity.Account(ctx, by, subject)
}

func (r *room) Sessions(context.Context, act.Actor) ([]identity.Session, error) {
	return r.sessions, nil
}

func (r *room) Current(*http.Request) string { return "here" }

// book is a journal that takes everything.
type book struct{}

func (book) Append(context.Context, journal.Entry) (journal.Stamp, error) {
	return journal.Stamp{}, nil
}

func open(t *testing.T, fourEyes bool) (*room, *portal.Portal) {
	t.Helper()
	id, err := identity.New(t.Context(), identity.Config{
		Issuer: "https://id.example", ClientID: "node", RedirectURL: "https://zrenjanin.example/callback", FourEyes: fourEyes,
		Administrators: []string{"head"},
	}, identity.Needs{
		Member: "RS-TEST/GOV/CITY", DB: testkit.Database(t, storage.SQLite)(identity.Migrations()), Journal: book{},
		Now: func() time.Time { return pages.Now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = id.Close() })
	r := &room{Identity: id, accounts: []identity.Account{{Subject: "7d1f", Name: "Вера Пример", SeenAt: pages.Now}}, sessions: []identity.Session{
		{ID: "here", Began: pages.Now, Ends: pages.Now.Add(time.Hour)}, {ID: "there", Ends: pages.Now.Add(time.Minute)},
	}}
	brought, err := identitypages.New(r)
	if err != nil {
		t.Fatal(err)
	}
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return r, pages.Open(t, pages.Config(words), brought)
}

// grants are what was given, the newest first.
func (r *room) grants(t *testing.T) []identity.Grant {
	t.Helper()
	list, err := r.Grants(t.Context(), pages.People()["head"], "", "")
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func (r *room) give(t *testing.T, by, account string, g act.Grant) identity.Grant {
	t.Helper()
	given, err := r.Give(t.Context(), act.As(by, identity.Administrator), account, g)
	if err != nil {
		t.Fatal(err)
	}
	return given
}

// Every page in every language, with roles in every state.
func TestPagesOfRolesAndSessions(t *testing.T) {
	r, h := open(t, true)
	scope := act.Scope{Body: "RS/MUN/80", Unit: "family", Service: "allowance", Kind: "appeal", Place: "novi-sad"}
	waiting := r.give(t, "second", "7d1f", act.Grant{Role: identity.Officer, Scope: scope, From: pages.Now.Add(48 * time.Hour), To: pages.Now.Add(96 * time.Hour)})
	later := r.give(t, "second", "vesna", act.Grant{Role: identity.Auditor, From: pages.Now.Add(48 * time.Hour)})
	taken := r.give(t, "second", "vesna", act.Grant{Role: identity.Contracts})
	if err := r.Confirm(t.Context(), pages.People()["head"], later.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Take(t.Context(), pages.People()["head"], taken.ID); err != nil {
		t.Fatal(err)
	}
	all := []pages.Expected{
		{Who: "head", Path: "/", Status: 303}, {Who: "head", Path: "/roles", Status: 200}, {Who: "head", Path: "/roles?state=operator", Status: 200},
		{Who: "head", Path: "/roles/accounts", Status: 200}, {Who: "head", Path: "/roles/give", Status: 200},
		{Who: "head", Path: "/roles/" + waiting.ID + "/confirm", Status: 200}, {Who: "head", Path: "/roles/" + waiting.ID + "/take", Status: 200},
		{Who: "head", Path: "/roles/none/take", Status: 404},
		{Who: "mother", Path: "/sessions", Status: 200}, {Who: "mother", Path: "/sessions/there/end", Status: 200}, {Who: "mother", Path: "/sessions/end", Status: 200},
		{Who: "mother", Path: "/me", Status: 200}, {Who: "mother", Path: "/me/language", Status: 200}, {Who: "mother", Path: "/me/contacts/add", Status: 200},
		{Who: "mother", Path: "/roles", Status: 403}, {Path: "/sessions", Status: 401},
	}
	pages.Walk(t, h, all)
	pages.Small(t, h, all)
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles"}, 200, "чека потврду друге особе", "још не важи", "одузета", ">важи<", "allowance", "Матичари",
		"/roles/"+waiting.ID+"/confirm", `href="/me"`)
	if only := pages.Says(t, h, pages.Request{Who: "head", Path: "/roles?state=officer"}, 200, "7d1f"); strings.Contains(only, "vesna") {
		t.Error("the list of officers holds others")
	}
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/" + waiting.ID + "/confirm"}, 200, "7d1f", "службеник", "25. новембра 2026.", "second")
	mine := pages.Says(t, h, pages.Request{Who: "mother", Path: "/sessions"}, 200, "овде", "/sessions/there/end", `href="/sessions/end"`)
	if strings.Contains(mine, "/sessions/here/end") || strings.Contains(mine, `href="/roles"`) {
		t.Error("a page offers what makes no sense for its reader")
	}
}

// An administrator picks an account and gives it a role; another confirms it, and it is
// taken away again.
func TestARoleIsGivenConfirmedAndTaken(t *testing.T) {
	r, h := open(t, true)
	picked := pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/accounts/give", Form: pages.Form("account", "7d1f")}, 200,
		"Вера Пример", `type="hidden" name="account" value="7d1f"`, `action="/roles/give"`)
	if strings.Contains(picked, `id="account" name="account"`) {
		t.Error("an account that was picked can be typed over")
	}
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/give", Form: pages.Form("account", "7d1f", "role", "king", "from", "22. 11. 2026.", "unit", "два дела")}, 422,
		"Вера Пример", "Изаберите улогу која може да се да.", `value="22. 11. 2026."`, `id="unit-error"`)
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/give", Form: pages.Form("account", "7d1f", "role", "officer", "from", "22. 11. 2026.")}, 422,
		"Почетак не може да буде у прошлости.")
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/give", Form: pages.Form("account", "", "role", "officer")}, 422, `id="account-error"`)
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/give", Form: pages.Form("account", "head", "role", "officer")}, 403, "Нико не може сам себи да да улогу.")
	if given := r.grants(t); len(given) != 1 {
		t.Fatalf("what was refused was given: %+v", given)
	}
	pages.Sends(t, h, "head", "/roles/give", "/roles", "account", "7d1f", "role", "officer", "service", "allowance", "from", "1. 12. 2026.", "to", "24. 12. 2026.")
	g := r.grants(t)[0]
	if g.Account != "7d1f" || g.Role != identity.Officer || g.Scope != (act.Scope{Service: "allowance"}) || g.GivenBy != "head" ||
		!g.From.Equal(time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)) || !g.To.Equal(time.Date(2026, 12, 24, 23, 0, 0, 0, time.UTC)) || !g.ConfirmedAt.IsZero() {
		t.Errorf("given %+v", g)
	}
	if shown := pages.Says(t, h, pages.Request{Who: "head", Path: "/roles"}, 200, "чека потврду друге особе"); strings.Contains(shown, "/confirm") {
		t.Error("who gave a role is offered to confirm it")
	}
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/" + g.ID + "/confirm", Form: url.Values{}}, 403)
	other := r.give(t, "second", "vesna", act.Grant{Role: identity.Operator})
	pages.Sends(t, h, "head", "/roles/"+other.ID+"/confirm", "/roles")
	pages.Sends(t, h, "head", "/roles/"+other.ID+"/take", "/roles")
	if last := r.grants(t)[0]; last.ID != other.ID || last.ConfirmedBy != "head" || last.TakenBy != "head" {
		t.Errorf("in the end %+v", last)
	}
}

// Sessions end on a page; those of another only for an administrator.
func TestSessionsEndOnAPage(t *testing.T) {
	_, h := open(t, false)
	pages.Sends(t, h, "mother", "/sessions/there/end", "/sessions")
	pages.Sends(t, h, "mother", "/sessions/end", "/", "account", "milica")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/sessions/end", Form: pages.Form("account", "7d1f")}, 403)
	pages.Says(t, h, pages.Request{Who: "head", Path: "/roles/accounts/end", Form: pages.Form("account", "7d1f")}, 200,
		"Вера Пример", "Остаје записано ко је то тражио.", `name="account" value="7d1f"`, `action="/sessions/end"`)
	pages.Sends(t, h, "head", "/sessions/end", "/", "account", "7d1f")
}

func TestOthersGiveNoRoles(t *testing.T) {
	_, h := open(t, false)
	own := []string{"GET /sessions", "GET /sessions/{session}/end", "POST /sessions/{session}/end", "GET /sessions/end", "POST /sessions/end",
		"GET /me", "GET /me/language", "POST /me/language", "GET /me/contacts/add"}
	pages.Refuses(t, h, "", 401)
	for _, who := range []string{"mother", "operator", "auditor", "nobody"} {
		pages.Refuses(t, h, who, 403, own...)
	}
}
