package identity_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/acts"
)

// named finds an act of the room.
func (r *rig) named(name string) act.Act {
	r.t.Helper()
	all, err := r.id.Acts()
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a act.Act) bool { return a.Name == name })
	if i < 0 {
		r.t.Fatalf("no act %s", name)
	}
	return all[i]
}

// Every act is held to the bad inputs that its own definition knows, and reads
// nothing of who may not do it.
func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	r := onSQLite(t)
	all, err := r.id.Acts()
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]map[string]any{
		identity.ActGive: {
			"account": "vesna", "role": "registrar", "body": "RS-TEST/GOV/CITY", "unit": "family", "service": "allowance", "kind": "appeal",
			"place": "novi-sad", "from": "2126-01-01", "to": "2126-12-31",
		},
		identity.ActConfirm: {}, identity.ActTake: {}, identity.ActEnd: {}, identity.ActEndAll: {"account": "vesna"},
		identity.ActAddContact: {"address": "ana@primer.example", "lang": "en"}, identity.ActConfirmContact: {"code": "1234 5678"},
		identity.ActAgainContact: {}, identity.ActRemoveContact: {}, identity.ActSpeak: {"lang": "en"},
		identity.ActAddPasskey: {"ceremony": "a", "credential": "b"}, identity.ActRemovePasskey: {},
	}
	by := administrator()
	by.Grants, by.Level = append(by.Grants, act.Grant{Role: identity.Resident}), act.LevelEID
	for _, a := range all {
		body, known := good[a.Name]
		if !known {
			t.Errorf("nobody says what is good for %s", a.Name)
		}
		acts.Refuses(t, a, by, map[string]string{"grant": "g", "session": "s", "contact": "c", "passkey": "p"}, body)
	}
	if len(all) != len(good) {
		t.Errorf("%d of %d acts were held to it", len(all), len(good))
	}
}

// Days are those of the calendar here, and the last one is held to its end.
func TestARoleIsGivenFromDayToDay(t *testing.T) {
	r := onSQLite(t)
	give := r.named(identity.ActGive)
	today := civil.Of(r.clock.Now())
	sent := func(account string, from, to civil.Day) *act.Sent {
		form := url.Values{"account": {account}, "role": {"operator"}, "service": {"allowance"}}
		for name, day := range map[string]civil.Day{"from": from, "to": to} {
			if !day.IsZero() {
				form.Set(name, day.String())
			}
		}
		return act.FromValues(form)
	}
	tomorrow := today.AddDays(1)
	for name, c := range map[string]struct {
		from, to civil.Day
		begins   time.Time
		ends     time.Time
	}{
		"at once, without an end": {civil.Day{}, civil.Day{}, r.clock.Now(), time.Time{}},
		"from today":              {today, civil.Day{}, r.clock.Now(), time.Time{}},
		"today only":              {today, today, r.clock.Now(), tomorrow.Start()},
		"from tomorrow":           {tomorrow, tomorrow.AddDays(6), tomorrow.Start(), today.AddDays(8).Start()},
	} {
		done, err := give.Do(t.Context(), administrator(), sent(name, c.from, c.to))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g := done.(identity.Grant)
		if g.Account != name || g.Role != identity.Operator || g.Scope != (act.Scope{Service: "allowance"}) || !g.From.Equal(c.begins) || !g.To.Equal(c.ends) {
			t.Errorf("%s: %+v", name, g)
		}
	}
	for name, c := range map[string]struct {
		from, to civil.Day
		field    string
		code     string
	}{
		"from yesterday":          {today.AddDays(-1), civil.Day{}, "from", "grant-begun"},
		"to yesterday":            {civil.Day{}, today.AddDays(-1), "to", "grant-period"},
		"to before its beginning": {tomorrow.AddDays(3), tomorrow, "to", "grant-period"},
	} {
		_, err := give.Do(t.Context(), administrator(), sent(name, c.from, c.to))
		if p := problem.Of(err); p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != c.field || p.Fields[0].Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever ends the sessions of another leaves a receipt, before they end; one's own
// are one's own matter.
func TestEndingTheSessionsOfAnotherLeavesAReceipt(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		request := r.signedIn("officer")
		end := r.named(identity.ActEndAll)
		theirs := func() *act.Sent { return act.FromValues(url.Values{"account": {"officer"}}) }
		if _, err := end.Do(t.Context(), act.As("x", identity.Operator), theirs()); !problem.HasCode(err, "not-allowed") {
			t.Errorf("an operator: %v", err)
		}
		if acts := r.journal.acts(t); len(acts) != 0 {
			t.Errorf("receipts of what was refused: %q", acts)
		}
		r.journal.away = true
		if _, err := end.Do(t.Context(), administrator(), theirs()); !problem.HasCode(err, "journal-away") {
			t.Errorf("without a journal: %v", err)
		}
		r.journal.away = false
		by := r.actor(request)
		if done, err := end.Do(t.Context(), administrator(), theirs()); err != nil || done != int64(1) {
			t.Errorf("ended %v: %v", done, err)
		}
		if _, ok := r.id.Actor(request); ok {
			t.Error("the session is open")
		}
		if acts := r.journal.acts(t); !slices.Equal(acts, []string{"sessions-end"}) {
			t.Errorf("receipts %q", acts)
		}
		about := r.journal.entries[0]
		if got := string(about.Body); got != `{"by":"head","account":"officer"}` || slices.Contains([]string{"", "officer"}, about.ID) {
			t.Errorf("receipt %s of %s", got, about.ID)
		}
		r.signedIn("officer")
		if done, err := end.Do(t.Context(), by, act.FromValues(nil)); err != nil || done != int64(1) || len(r.journal.acts(t)) != 1 {
			t.Errorf("one's own: %v, %v", done, err)
		}
	})
}

// Whoever confirms or takes a role names it by its place in the address.
func TestARoleIsConfirmedAndTakenByItsAddress(t *testing.T) {
	r := newRig(t, testkit.Database(t, storage.SQLite)(identity.Migrations()), func(r *rig) { r.config.FourEyes = true })
	g := r.give("vesna", act.Grant{Role: identity.Registrar})
	at := func() *act.Sent { return act.FromValues(nil).With(map[string]string{"grant": g.ID}) }
	if _, err := r.named(identity.ActConfirm).Do(t.Context(), administrator(), at()); !problem.HasCode(err, "four-eyes") {
		t.Errorf("who gave it: %v", err)
	}
	second := act.As("second", identity.Administrator)
	if _, err := r.named(identity.ActConfirm).Do(t.Context(), second, at()); err != nil {
		t.Error(err)
	}
	if _, err := r.named(identity.ActTake).Do(t.Context(), second, at()); err != nil {
		t.Error(err)
	}
	only, err := r.id.Grants(t.Context(), second, identity.Registrar, "")
	if err != nil || len(only.Items) != 1 || only.Items[0].ConfirmedBy != "second" || only.Items[0].TakenBy != "second" {
		t.Errorf("registrars %+v: %v", only.Items, err)
	}
}
