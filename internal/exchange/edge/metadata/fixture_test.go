package metadata_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	city    = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE & CO"}
	family  = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "family"}
	civilID = registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE & CO", Subsystem: "civil"}
)

func signer(tb testing.TB, name string) note.Signer {
	tb.Helper()
	s, err := journal.NewSigner(name, testkit.Key(name))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func node(tb testing.TB, member registry.ID, name string) registry.Statement {
	tb.Helper()
	log := member.String() + "/" + name
	verifier, err := note.NewEd25519VerifierKey(log, testkit.Key(log).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	pin := sha256.Sum256([]byte("tls " + log))
	return registry.Statement{Node: &registry.Node{Member: member, Name: name, Address: name + ".example:4001", TLS: hex.EncodeToString(pin[:]), Log: verifier}}
}

func contract(tb testing.TB, c registry.Contract) registry.Statement {
	tb.Helper()
	text, err := c.Sign(signer(tb, city.String()+"/n1"), signer(tb, state.String()+"/n1"))
	if err != nil {
		tb.Fatal(err)
	}
	return registry.Statement{Contract: text}
}

// births is a contract under which the city asks about births.
func births() registry.Contract {
	return registry.Contract{
		ID: "births", Consumer: family, Provider: civilID, Service: "births", Methods: []string{"GET", "POST"}, Paths: []string{"/v1/births/{birth}", "/v1/births"},
		Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2026, 1, 1),
	}
}

// world has two members of this instance, one of another, and services of each
// kind.
func world(tb testing.TB) *registry.State {
	tb.Helper()
	member := func(id registry.ID, title lang.Text, subsystems ...string) registry.Statement {
		return registry.Statement{Member: &registry.Member{ID: id, Title: title, Subsystems: subsystems}}
	}
	service := func(code string, description string) registry.Statement {
		return registry.Statement{Service: &registry.Service{ID: civilID.With(code), Title: lang.Text{"en": code}, Description: description}}
	}
	later := births()
	later.ID, later.Paths, later.Methods, later.From = "deaths-later", []string{"/v1/deaths"}, []string{"GET"}, civil.Date(2027, 1, 1)
	later.Service = "deaths"
	origin := "RS-TEST/registry"
	verifier, err := journal.NewKey(origin, testkit.Key(origin).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	a, err := registry.NewAuthority(tb.Context(), testkit.Database(tb, storage.SQLite)(registry.Migrations()), signer(tb, origin), verifier, clock.NewManual(morning).Now)
	if err != nil {
		tb.Fatal(err)
	}
	err = a.Append(
		tb.Context(),
		registry.Statement{Class: &registry.Class{Code: "GOV", Title: lang.Text{"sr": "Органи", "en": "Bodies"}}},
		member(city, lang.Text{"sr": "Град <Зрењанин>", "en": "City"}, "family"), member(state, lang.Text{"en": "State"}, "civil", "tax"),
		member(registry.ID{Instance: "EE", Class: "GOV", Member: "7000"}, lang.Text{"en": "Elsewhere"}, "sub"),
		node(tb, city, "n1"), node(tb, state, "n1"), node(tb, state, "n2"),
		service("births", strings.Repeat("ab", 32)), service("deaths", ""),
		registry.Statement{Service: &registry.Service{ID: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE & CO", Subsystem: "tax"}.With("income")}},
		registry.Statement{Group: &registry.Group{ID: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE & CO", Subsystem: "cities"}, Title: lang.Text{"en": "Cities"}, Members: []registry.ID{family}}},
		contract(tb, births()), contract(tb, later),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return a.State()
}
