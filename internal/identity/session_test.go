package identity_test

import (
	"io/fs"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func TestSessionEnds(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		idle := r.visitor()
		idle.signIn("milica", "/")
		r.clock.Advance(29 * time.Minute)
		if idle.home() == "nobody" {
			t.Fatal("ended before the idle time")
		}
		r.clock.Advance(29 * time.Minute)
		if idle.home() == "nobody" {
			t.Fatal("was used and not prolonged")
		}
		r.clock.Advance(30 * time.Minute)
		if idle.home() != "nobody" {
			t.Error("outlived the idle time")
		}
		r.clock.Set(time.Now())
		busy := r.visitor()
		busy.signIn("milica", "/")
		for range 23 {
			r.clock.Advance(20 * time.Minute)
			if busy.home() == "nobody" {
				t.Fatal("ended though it was used")
			}
		}
		r.clock.Advance(20 * time.Minute)
		if busy.home() != "nobody" {
			t.Error("outlived its lifetime")
		}
	})
}

func TestSignOutRevokes(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		v := r.visitor()
		v.signIn("milica", "/")
		copied := v.cookie("dobosh-node")
		elsewhere := r.visitor()
		elsewhere.signIn("milica", "/")
		v.get(r.node.URL + "/sign-out")
		if v.cookie("dobosh-node") != nil || v.home() != "nobody" {
			t.Error("still signed in")
		}
		v.set(copied)
		if v.home() != "nobody" {
			t.Error("a copy of the cookie still works")
		}
		if elsewhere.home() == "nobody" {
			t.Error("the session in another browser ended too")
		}
		if status, _, _ := r.visitor().get(r.node.URL + "/sign-out"); status != http.StatusOK {
			t.Error("nobody cannot sign out")
		}
	})
}

func TestRevokeAccount(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		one, two, other := r.visitor(), r.visitor(), r.visitor()
		one.signIn("milica", "/")
		two.signIn("milica", "/")
		other.signIn("officer", "/")
		if n, err := r.id.EndAll(t.Context(), administrator(), "milica"); n != 2 || err != nil {
			t.Errorf("ended %d sessions: %v", n, err)
		}
		if one.home() != "nobody" || two.home() != "nobody" || other.home() == "nobody" {
			t.Error("the wrong sessions ended")
		}
	})
}

func TestSweepLeavesTheLiving(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.visitor().signIn("milica", "/")
		r.clock.Advance(20 * time.Minute)
		v := r.visitor()
		v.signIn("milica", "/")
		r.clock.Advance(20 * time.Minute)
		// The first session and the marks of both sign-ins have ended.
		if n, err := r.id.Sweep(t.Context()); n != 3 || err != nil {
			t.Errorf("swept %d: %v", n, err)
		}
		if v.home() == "nobody" {
			t.Error("swept a living session")
		}
	})
}

func TestStrangeTokens(t *testing.T) {
	r := onSQLite(t)
	v := r.visitor()
	for _, value := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "*" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		v.set(&http.Cookie{Name: "dobosh-node", Value: value})
		if v.home() != "nobody" {
			t.Errorf("%q is somebody", value)
		}
	}
}

// Sessions and sign-ins under way outlive the node.
func TestRestart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(identity.Migrations()))
		v := r.visitor()
		v.signIn("milica", "/")
		second := r.visitor()
		visit := second.begin("/", nil)
		if err := r.id.Close(); err != nil {
			t.Fatal(err)
		}
		r.id = r.open(r.db, slog.New(slog.DiscardHandler))
		if v.home() != "milica at /" {
			t.Error("the session is lost")
		}
		if _, _, body := second.get(second.choose(visit, "milica")); body != "milica at /" {
			t.Errorf("the sign-in is lost: %s", body)
		}
	})
}

// A role that was taken away is gone from sessions that are still open, and one that
// was given is there, on every node that has the same database.
func TestRolesAreOfNow(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(identity.Migrations()))
		elsewhere := r.open(open(identity.Migrations()), slog.New(slog.DiscardHandler))
		v := r.visitor()
		v.signIn("officer", "/")
		request, _ := http.NewRequest(http.MethodGet, "/", nil)
		request.AddCookie(v.cookie("dobosh-node"))
		holds := func(when string, roles ...act.Role) {
			t.Helper()
			for name, id := range map[string]*identity.Identity{"here": r.id, "elsewhere": elsewhere} {
				actor, ok := id.Actor(request)
				if !ok || len(actor.Grants) != len(roles) {
					t.Errorf("%s %s: %+v", when, name, actor)
				}
				for _, role := range roles {
					if !actor.Has(role) {
						t.Errorf("%s %s: no %s", when, name, role)
					}
				}
			}
		}
		holds("at first", identity.Officer, identity.Auditor)
		operator, err := elsewhere.Give(t.Context(), administrator(), "officer", act.Grant{Role: identity.Operator})
		if err != nil {
			t.Fatal(err)
		}
		holds("given", identity.Officer, identity.Auditor, identity.Operator)
		list, err := r.id.Grants(t.Context(), administrator(), "", "")
		if err != nil || len(list.Items) != 3 || list.Items[0].ID != operator.ID {
			t.Fatalf("grants %+v: %v", list, err)
		}
		for _, g := range list.Items[:2] {
			if err := r.id.Take(t.Context(), administrator(), g.ID); err != nil {
				t.Fatal(err)
			}
		}
		last := list.Items[2]
		holds("taken", last.Role)
		if err := r.id.Take(t.Context(), administrator(), last.ID); err != nil {
			t.Fatal(err)
		}
		for name, id := range map[string]*identity.Identity{"here": r.id, "elsewhere": elsewhere} {
			if actor, ok := id.Actor(request); ok {
				t.Errorf("a session without a role goes on %s: %+v", name, actor)
			}
		}
		r.give("officer", act.Grant{Role: identity.Officer})
		if actor, ok := r.id.Actor(request); ok {
			t.Errorf("a session that ended with its role began again with another: %+v", actor)
		}
	})
}

func TestConfigErrors(t *testing.T) {
	good := identity.Config{Issuer: "https://id.example", ClientID: "node", RedirectURL: "https://city.example/callback"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, break_ := range map[string]func(*identity.Config){
		"no issuer":         func(c *identity.Config) { c.Issuer = "" },
		"no client":         func(c *identity.Config) { c.ClientID = "" },
		"relative way back": func(c *identity.Config) { c.RedirectURL = "/callback" },
		"other scheme":      func(c *identity.Config) { c.Issuer = "ftp://id.example" },
		"nobody first":      func(c *identity.Config) { c.Administrators = []string{""} },
		"the same first":    func(c *identity.Config) { c.Administrators = []string{"x", "x"} },
		"a level of all":    func(c *identity.Config) { c.Levels = []identity.LevelRule{{Level: act.LevelEID}} },
		"negative time":     func(c *identity.Config) { c.Idle = -1 },
	} {
		config := good
		break_(&config)
		if config.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	good.ClientSecretFile = t.TempDir() + "/none"
	if _, err := identity.New(t.Context(), good, identity.Needs{Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a missing secret: no error")
	}
}
