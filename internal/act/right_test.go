package act_test

import (
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

const (
	officer act.Role = "officer"
	auditor act.Role = "auditor"
)

// held is an actor with one grant.
func held(role act.Role, scope act.Scope) act.Actor {
	return act.Actor{Account: "jovana", Grants: []act.Grant{{Role: role, Scope: scope}}}
}

// Each right is tried by actors with and without the role, for matters within and
// without the scope of their grant.
func TestRolesAndScopes(t *testing.T) {
	matter := act.Scope{Body: "RS/MUN/80", Unit: "family", Service: "allowance", Kind: "application", Place: "novi-sad"}
	other := act.Scope{Body: "RS/MUN/70", Unit: "roads", Service: "grant", Kind: "appeal", Place: "zrenjanin"}
	for name, c := range map[string]struct {
		right  act.Right
		by     act.Actor
		matter act.Scope
		code   string // empty when they may
	}{
		"nobody has the zero right":         {act.Right{}, act.As("jovana", officer, auditor), matter, "not-allowed"},
		"the zero right and nobody":         {act.Right{}, act.Actor{}, matter, "sign-in-needed"},
		"anyone":                            {act.Anyone(), act.Actor{}, matter, ""},
		"signed in":                         {act.SignedIn(), act.As("jovana"), matter, ""},
		"signed in, but nobody":             {act.SignedIn(), act.Actor{}, matter, "sign-in-needed"},
		"a grant without an account":        {act.Only(officer), act.As("", officer), matter, "sign-in-needed"},
		"the role everywhere":               {act.Only(officer), act.As("jovana", officer), matter, ""},
		"one of the roles":                  {act.Only(auditor, officer), act.As("jovana", officer), matter, ""},
		"another role":                      {act.Only(officer), act.As("jovana", auditor), matter, "not-allowed"},
		"no role":                           {act.Only(officer), act.As("jovana"), matter, "not-allowed"},
		"exactly the scope":                 {act.Only(officer), held(officer, matter), matter, ""},
		"the scope, another role":           {act.Only(auditor), held(officer, matter), matter, "not-allowed"},
		"for the body":                      {act.Only(officer), held(officer, act.Scope{Body: matter.Body}), matter, ""},
		"for another body":                  {act.Only(officer), held(officer, act.Scope{Body: other.Body}), matter, "not-allowed"},
		"for another unit":                  {act.Only(officer), held(officer, act.Scope{Unit: other.Unit}), matter, "not-allowed"},
		"for another service":               {act.Only(officer), held(officer, act.Scope{Service: other.Service}), matter, "not-allowed"},
		"for another kind":                  {act.Only(officer), held(officer, act.Scope{Kind: other.Kind}), matter, "not-allowed"},
		"for another place":                 {act.Only(officer), held(officer, act.Scope{Place: other.Place}), matter, "not-allowed"},
		"the service, in another place":     {act.Only(officer), held(officer, act.Scope{Service: matter.Service, Place: other.Place}), matter, "not-allowed"},
		"a service for an unknown one":      {act.Only(officer), held(officer, act.Scope{Service: matter.Service}), act.Scope{Place: matter.Place}, "not-allowed"},
		"everywhere for an unknown matter":  {act.Only(officer), act.As("jovana", officer), act.Scope{}, ""},
		"a level that is enough":            {act.Only(officer).AtLevel(act.LevelEID), atLevel(act.LevelSecondFactor), matter, ""},
		"a level that is too low":           {act.Only(officer).AtLevel(act.LevelEID), atLevel(act.LevelContact), matter, "level-too-low"},
		"signed in at too low a level":      {act.SignedIn().AtLevel(act.LevelContact), act.As("jovana"), matter, "level-too-low"},
		"no role does not ask for a level":  {act.Only(auditor).AtLevel(act.LevelEID), atLevel(act.LevelNone), matter, "not-allowed"},
		"what is public asks for no level":  {act.Anyone().AtLevel(act.LevelEID), act.Actor{}, matter, ""},
		"two grants, the second for it":     {act.Only(officer), both(other, act.Scope{Place: matter.Place}), matter, ""},
		"two grants that only together fit": {act.Only(officer), both(act.Scope{Service: matter.Service, Place: other.Place}, act.Scope{Service: other.Service, Place: matter.Place}), matter, "not-allowed"},
	} {
		err := c.right.Check(c.by, c.matter)
		if c.code == "" && err != nil || c.code != "" && !problem.HasCode(err, c.code) {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

func atLevel(l act.Level) act.Actor {
	a := act.As("jovana", officer)
	a.Level = l
	return a
}

func both(one, two act.Scope) act.Actor {
	return act.Actor{Account: "jovana", Grants: []act.Grant{{Role: officer, Scope: one}, {Role: officer, Scope: two}}}
}

func TestOnlyTheZeroRightIsZero(t *testing.T) {
	if !(act.Right{}).IsZero() || !(act.Right{Level: act.LevelEID, FourEyes: true}).IsZero() {
		t.Error("a right that lets nobody pass is not zero")
	}
	for name, r := range map[string]act.Right{"anyone": act.Anyone(), "signed in": act.SignedIn(), "a role": act.Only(officer)} {
		if r.IsZero() {
			t.Errorf("the right of %s is zero", name)
		}
	}
}

// A list is narrowed by the scopes, not by the first of them.
func TestWhereIsEveryScope(t *testing.T) {
	scopes, err := act.Only(officer).Where(both(act.Scope{Service: "allowance"}, act.Scope{Service: "grant"}))
	if err != nil || !scopes.Cover(act.Scope{Service: "allowance"}) || !scopes.Cover(act.Scope{Service: "grant"}) || scopes.Cover(act.Scope{Service: "lamp"}) {
		t.Errorf("scopes %+v: %v", scopes, err)
	}
	if _, err := act.Only(auditor).Where(both(act.Scope{}, act.Scope{})); !problem.HasCode(err, "not-allowed") {
		t.Errorf("nowhere: %v", err)
	}
}

func TestFourEyes(t *testing.T) {
	right := act.Only(officer).WithFourEyes()
	if err := right.Second("jovana", act.As("dragan", officer)); err != nil {
		t.Errorf("another: %v", err)
	}
	for name, first := range map[string]string{"the same": "jovana", "nobody knows who": ""} {
		if err := right.Second(first, act.As("jovana", officer)); !problem.HasCode(err, "four-eyes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := act.Only(officer).Second("jovana", act.As("jovana", officer)); err != nil {
		t.Errorf("two eyes: %v", err)
	}
}

func TestGrantIsInForceFromTo(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		grant act.Grant
		at    time.Time
		want  bool
	}{
		"before":         {act.Grant{From: from, To: to}, from.Add(-1), false},
		"as it begins":   {act.Grant{From: from, To: to}, from, true},
		"within":         {act.Grant{From: from, To: to}, to.Add(-1), true},
		"as it ends":     {act.Grant{From: from, To: to}, to, false},
		"without an end": {act.Grant{From: from}, to.AddDate(100, 0, 0), true},
	} {
		if got := c.grant.At(c.at); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLevelsHaveNamesAndOrder(t *testing.T) {
	for level := act.LevelNone; level <= act.LevelSecondFactor; level++ {
		text, err := level.MarshalText()
		var back act.Level
		if err != nil || back.UnmarshalText(text) != nil || back != level {
			t.Errorf("%d became %q, then %d: %v", level, text, back, err)
		}
	}
	var l act.Level
	if l.UnmarshalText([]byte("high")) == nil {
		t.Error("an unknown level was read")
	}
	if _, err := act.Level(9).MarshalText(); err == nil {
		t.Error("an unknown level was written")
	}
	if act.LevelNone >= act.LevelContact || act.LevelContact >= act.LevelEID || act.LevelEID >= act.LevelSecondFactor {
		t.Error("the levels have another order")
	}
}
