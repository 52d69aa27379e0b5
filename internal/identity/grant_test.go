package identity_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// signedIn is a request with the session of somebody who signed in.
func (r *rig) signedIn(subject string) *http.Request {
	r.t.Helper()
	v := r.visitor()
	v.signIn(subject, "/")
	request, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.AddCookie(v.cookie("dobosh-node"))
	return request
}

func (r *rig) actor(request *http.Request) act.Actor {
	r.t.Helper()
	actor, ok := r.id.Actor(request)
	if !ok {
		r.t.Fatal("nobody is there")
	}
	return actor
}

func TestGrantsHoldFromTo(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		request := r.signedIn("officer")
		now := r.clock.Now()
		scope := act.Scope{Service: "allowance", Place: "novi-sad"}
		r.give("officer", act.Grant{Role: identity.Operator, Scope: scope, From: now.Add(2 * time.Minute), To: now.Add(4 * time.Minute)})
		for minute, want := range []bool{false, false, true, true, false} {
			actor := r.actor(request)
			if actor.Has(identity.Operator) != want || actor.May(identity.Operator, scope) != want {
				t.Errorf("minute %d: %+v", minute, actor.Grants)
			}
			if actor.May(identity.Operator, act.Scope{Service: "grant", Place: "novi-sad"}) {
				t.Errorf("minute %d: may for another service", minute)
			}
			r.clock.Advance(time.Minute)
		}
	})
}

// Whoever gives cannot give more than they have, nothing to themselves, and nothing
// twice; what is refused leaves no receipt.
func TestWhoMayGiveWhat(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		narrow := act.Actor{Account: "narrow", Grants: []act.Grant{{Role: identity.Administrator, Scope: act.Scope{Service: "allowance"}}}}
		now := r.clock.Now()
		for name, c := range map[string]struct {
			by      act.Actor
			account string
			grant   act.Grant
			code    string
		}{
			"nobody":                       {act.Actor{}, "vesna", act.Grant{Role: identity.Officer}, "sign-in-needed"},
			"an operator":                  {act.As("op", identity.Operator), "vesna", act.Grant{Role: identity.Officer}, "not-allowed"},
			"to oneself":                   {administrator(), "head", act.Grant{Role: identity.Officer}, "grant-own"},
			"for all, by one of a service": {narrow, "vesna", act.Grant{Role: identity.Officer}, "not-allowed"},
			"for another service":          {narrow, "vesna", act.Grant{Role: identity.Officer, Scope: act.Scope{Service: "grant"}}, "not-allowed"},
			"a second time":                {administrator(), "officer", act.Grant{Role: identity.Officer}, "grant-known"},
			"a second time, later":         {administrator(), "officer", act.Grant{Role: identity.Officer, From: now.Add(time.Hour), To: now.Add(2 * time.Hour)}, "grant-known"},
			"to nobody":                    {administrator(), "", act.Grant{Role: identity.Officer}, "grant-form"},
			"to an account with a line":    {administrator(), "a\nb", act.Grant{Role: identity.Officer}, "grant-form"},
			"to a long account":            {administrator(), strings.Repeat("a", 256), act.Grant{Role: identity.Officer}, "grant-form"},
			"an unknown role":              {administrator(), "vesna", act.Grant{Role: "king"}, "grant-form"},
			"no role":                      {administrator(), "vesna", act.Grant{}, "grant-form"},
			"residence":                    {administrator(), "vesna", act.Grant{Role: identity.Resident}, "grant-form"},
			"a scope that is no text":      {administrator(), "vesna", act.Grant{Role: identity.Officer, Scope: act.Scope{Place: "\xff"}}, "grant-form"},
			"a scope that is long":         {administrator(), "vesna", act.Grant{Role: identity.Officer, Scope: act.Scope{Unit: strings.Repeat("u", 129)}}, "grant-form"},
			"to before from":               {administrator(), "vesna", act.Grant{Role: identity.Officer, From: now.Add(time.Hour), To: now.Add(time.Minute)}, "grant-form"},
			"over already":                 {administrator(), "vesna", act.Grant{Role: identity.Officer, From: now.Add(-time.Hour), To: now.Add(-time.Minute)}, "grant-form"},
		} {
			if _, err := r.id.Give(t.Context(), c.by, c.account, c.grant); !problem.HasCode(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		if acts := r.journal.acts(t); len(acts) != 0 {
			t.Errorf("receipts of what was refused: %q", acts)
		}
		for name, c := range map[string]struct {
			by    act.Actor
			grant act.Grant
		}{
			"the same role for a service":       {administrator(), act.Grant{Role: identity.Officer, Scope: act.Scope{Service: "grant"}}},
			"of a service, by one of a service": {narrow, act.Grant{Role: identity.Officer, Scope: act.Scope{Service: "allowance", Place: "novi-sad"}}},
		} {
			if _, err := r.id.Give(t.Context(), c.by, "officer", c.grant); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The receipt is there before the role, and says who and what.
func TestGivingLeavesAReceipt(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		g := r.give("officer", act.Grant{Role: identity.Operator, Scope: act.Scope{Place: "novi-sad"}})
		if err := r.id.Take(t.Context(), administrator(), g.ID); err != nil {
			t.Fatal(err)
		}
		if acts := r.journal.acts(t); !slices.Equal(acts, []string{"role-give", "role-take"}) {
			t.Errorf("receipts %q", acts)
		}
		for _, e := range r.journal.entries {
			var body struct {
				By, Account, Role string
				Scope             act.Scope
			}
			if err := json.Unmarshal(e.Body, &body); err != nil || e.ID != g.ID || body.By != "head" || body.Account != "officer" || body.Role != "operator" || body.Scope.Place != "novi-sad" {
				t.Errorf("receipt %s: %v", e.Body, err)
			}
			if strings.Contains(string(e.Meta), "head") {
				t.Errorf("an account travels: %s", e.Meta)
			}
		}
		r.journal.away = true
		if _, err := r.id.Give(t.Context(), administrator(), "officer", act.Grant{Role: identity.Contracts}); !problem.HasCode(err, "journal-away") {
			t.Errorf("without a journal: %v", err)
		}
		list, err := r.id.Grants(t.Context(), administrator(), "", "")
		if err != nil || len(list.Items) != 3 {
			t.Errorf("grants %+v: %v", list.Items, err)
		}
	})
}

func TestTakeOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		g := r.give("vesna", act.Grant{Role: identity.Registrar, Scope: act.Scope{Place: "novi-sad"}})
		for name, c := range map[string]struct {
			by   act.Actor
			id   string
			code string
		}{
			"nobody":           {act.Actor{}, g.ID, "sign-in-needed"},
			"a registrar":      {act.As("vesna", identity.Registrar), g.ID, "not-allowed"},
			"of another place": {act.Actor{Account: "n", Grants: []act.Grant{{Role: identity.Administrator, Scope: act.Scope{Place: "zrenjanin"}}}}, g.ID, "not-allowed"},
			"of no grant":      {administrator(), "none", "grant-unknown"},
		} {
			if err := r.id.Take(t.Context(), c.by, c.id); !problem.HasCode(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		if err := r.id.Take(t.Context(), administrator(), g.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.id.Take(t.Context(), administrator(), g.ID); !problem.HasCode(err, "grant-over") {
			t.Errorf("twice: %v", err)
		}
		r.clock.Advance(time.Second) // the newest comes first
		again := r.give("vesna", act.Grant{Role: identity.Registrar, Scope: act.Scope{Place: "novi-sad"}})
		list, err := r.id.Grants(t.Context(), administrator(), "", "")
		if err != nil || list.Items[0].ID != again.ID || !list.Items[0].TakenAt.IsZero() || list.Items[1].ID != g.ID || list.Items[1].TakenBy != "head" {
			t.Errorf("grants %+v: %v", list.Items, err)
		}
	})
}

// Two who take the two last administrators at the same moment leave one.
func TestAnAdministratorStays(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		now := r.clock.Now()
		one := r.give("one", act.Grant{Role: identity.Administrator})
		r.give("three", act.Grant{Role: identity.Administrator, Scope: act.Scope{Service: "allowance"}})
		r.give("four", act.Grant{Role: identity.Administrator, To: now.Add(time.Hour)})
		r.give("five", act.Grant{Role: identity.Administrator, From: now.Add(time.Hour)})
		if err := r.id.Take(t.Context(), administrator(), one.ID); !problem.HasCode(err, "last-administrator") {
			t.Errorf("the last without scope and end: %v", err)
		}
		two := r.give("two", act.Grant{Role: identity.Administrator})
		var racing sync.WaitGroup
		errs := make([]error, 2)
		for i, g := range []identity.Grant{one, two} {
			racing.Go(func() { errs[i] = r.id.Take(t.Context(), administrator(), g.ID) })
		}
		racing.Wait()
		refused := 0
		for _, err := range errs {
			if problem.HasCode(err, "last-administrator") {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("%d were refused: %v", refused, errs)
		}
	})
}

// The list of the configuration is for the first administrators only.
func TestTheConfigurationNamesTheFirst(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(identity.Migrations()), func(r *rig) { r.config.Administrators = []string{"officer", "stranger"} })
		first := r.actor(r.signedIn("officer"))
		if !first.Has(identity.Administrator) {
			t.Fatalf("the first administrator is %+v", first)
		}
		list, err := r.id.Grants(t.Context(), first, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list.Items {
			if g.Account == "stranger" {
				if g.GivenBy != "configuration" {
					t.Errorf("given by %s", g.GivenBy)
				}
				if err := r.id.Take(t.Context(), first, g.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.journal.clear()
		r.config.Administrators = []string{"stranger", "milica"}
		later := r.open(open(identity.Migrations()), slog.New(slog.DiscardHandler))
		after, err := later.Grants(t.Context(), first, "", "")
		if err != nil || len(after.Items) != len(list.Items) || len(r.journal.acts(t)) != 0 {
			t.Errorf("another start gave %+v: %v", after.Items, err)
		}
	})
}

func TestFourEyesForRoles(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(identity.Migrations()))
		request := r.signedIn("officer")
		r.config.FourEyes = true
		r.id = r.open(open(identity.Migrations()), slog.New(slog.DiscardHandler))
		g := r.give("officer", act.Grant{Role: identity.Operator})
		if r.actor(request).Has(identity.Operator) {
			t.Error("in force with two eyes")
		}
		second := act.As("second", identity.Administrator)
		for name, c := range map[string]struct {
			by   act.Actor
			code string
		}{
			"nobody":           {act.Actor{}, "sign-in-needed"},
			"who gave it":      {administrator(), "four-eyes"},
			"who gets it":      {act.As("officer", identity.Administrator), "grant-own"},
			"no administrator": {act.As("x", identity.Officer), "not-allowed"},
		} {
			if err := r.id.Confirm(t.Context(), c.by, g.ID); !problem.HasCode(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		if err := r.id.Confirm(t.Context(), second, g.ID); err != nil {
			t.Fatal(err)
		}
		if !r.actor(request).Has(identity.Operator) {
			t.Error("not in force with four eyes")
		}
		if err := r.id.Confirm(t.Context(), second, g.ID); !problem.HasCode(err, "grant-confirmed") {
			t.Errorf("twice: %v", err)
		}
		if err := r.id.Take(t.Context(), second, g.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.id.Confirm(t.Context(), second, g.ID); !problem.HasCode(err, "grant-over") {
			t.Errorf("after it was taken: %v", err)
		}
	})
}

// Grants and accounts are paged by key, and narrowed to what the administrator may give.
func TestListsOfAdministrators(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		const many = page.Size + 3
		for i := range many {
			r.give(fmt.Sprintf("account-%d", i), act.Grant{Role: identity.Officer, Scope: act.Scope{Service: []string{"allowance", "grant"}[i%2]}})
		}
		narrow := act.Actor{Account: "narrow", Grants: []act.Grant{{Role: identity.Administrator, Scope: act.Scope{Service: "allowance"}}, {Role: identity.Administrator, Scope: act.Scope{Place: "novi-sad"}}}}
		for name, c := range map[string]struct {
			by   act.Actor
			want int
		}{"all": {administrator(), many + 2}, "of one service": {narrow, (many + 1) / 2}} {
			seen := map[string]bool{}
			after := page.Key("")
			for {
				p, err := r.id.Grants(t.Context(), c.by, "", after)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range p.Items {
					seen[g.ID] = true
				}
				if after = p.Next; after == "" {
					break
				}
			}
			if len(seen) != c.want {
				t.Errorf("%s: %d grants, want %d", name, len(seen), c.want)
			}
		}
		if _, err := r.id.Grants(t.Context(), act.As("x", identity.Officer), "", ""); !problem.HasCode(err, "not-allowed") {
			t.Errorf("grants for an officer: %v", err)
		}
		if _, err := r.id.Accounts(t.Context(), act.As("x", identity.Officer), ""); !problem.HasCode(err, "not-allowed") {
			t.Errorf("accounts for an officer: %v", err)
		}
	})
}

// Who was refused can be given a role and comes in then; residents are not listed, and
// who never gets a role is forgotten.
func TestAccountsThatMayGetARole(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		subjects := func() (list []string) {
			p, err := r.id.Accounts(t.Context(), administrator(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range p.Items {
				list = append(list, a.Subject+" "+a.Name)
			}
			return list
		}
		r.visitor().signIn("milica", "/")
		r.visitor().signIn("officer", "/")
		if status, _, body := r.visitor().signIn("stranger", "/"); status != http.StatusForbidden || body != "sign-in-not-admitted" {
			t.Errorf("a stranger: %d %s", status, body)
		}
		if got := subjects(); !slices.Equal(got, []string{"officer Јован Пример", "stranger Нико Нигдић"}) {
			t.Errorf("accounts %q", got)
		}
		g := r.give("stranger", act.Grant{Role: identity.Registrar})
		if !r.actor(r.signedIn("stranger")).Has(identity.Registrar) {
			t.Error("the role has no effect")
		}
		if err := r.id.Take(t.Context(), administrator(), g.ID); err != nil {
			t.Fatal(err)
		}
		r.give("milica", act.Grant{Role: identity.Officer})
		r.visitor().signIn("milica", "/")
		if got := subjects(); len(got) != 3 {
			t.Errorf("accounts %q", got)
		}
		// All have a grant, if only one that is over.
		r.clock.Advance(31 * 24 * time.Hour)
		if _, err := r.id.Sweep(t.Context()); err != nil || len(subjects()) != 3 {
			t.Errorf("swept to %q: %v", subjects(), err)
		}
	})
}

func TestStrangersAreForgotten(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.visitor().signIn("stranger", "/")
		for _, c := range []struct {
			wait time.Duration
			want int
		}{{30*24*time.Hour - time.Minute, 1}, {time.Minute, 0}} {
			r.clock.Advance(c.wait)
			if _, err := r.id.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p, err := r.id.Accounts(t.Context(), administrator(), ""); err != nil || len(p.Items) != c.want {
				t.Errorf("after %s: %+v %v", c.wait, p.Items, err)
			}
		}
	})
}

func TestOwnSessions(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		here, there, other := r.signedIn("milica"), r.signedIn("milica"), r.signedIn("officer")
		by := r.actor(here)
		list, err := r.id.Sessions(t.Context(), by)
		if err != nil || len(list) != 2 {
			t.Fatalf("sessions %+v: %v", list, err)
		}
		if !slices.ContainsFunc(list, func(s identity.Session) bool {
			return s.ID == r.id.Current(here) && s.Began.Equal(r.clock.Now().Truncate(time.Microsecond))
		}) {
			t.Errorf("the current session is not among %+v", list)
		}
		if err := r.id.End(t.Context(), by, r.id.Current(other)); err != nil {
			t.Fatal(err)
		}
		r.actor(other) // stays
		if err := r.id.End(t.Context(), by, r.id.Current(there)); err != nil {
			t.Fatal(err)
		}
		if _, ok := r.id.Actor(there); ok {
			t.Error("the session that was ended is open")
		}
		r.actor(here)
		if _, err := r.id.EndAll(t.Context(), by, "officer"); !problem.HasCode(err, "not-allowed") {
			t.Errorf("sessions of another: %v", err)
		}
		if n, err := r.id.EndAll(t.Context(), by, "milica"); n != 1 || err != nil {
			t.Errorf("ended %d of one's own: %v", n, err)
		}
		if _, err := r.id.Sessions(t.Context(), act.Actor{}); !problem.HasCode(err, "sign-in-needed") {
			t.Errorf("sessions of nobody: %v", err)
		}
	})
}
