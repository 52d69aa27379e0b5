package pages

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// ID reads an identifier.
func ID(text string) registry.ID {
	id, err := registry.ParseID(text)
	if err != nil {
		panic(err)
	}
	return id
}

// Signer signs for a node or for a registry.
func Signer(t testing.TB, name string) note.Signer {
	t.Helper()
	return testkit.Must[note.Signer](t)(journal.NewSigner(name, testkit.Key(name)))
}

// Births is the contract under which the city asks the registers about births.
func Births() registry.Contract {
	return registry.Contract{ID: "C-2026-AAAA-BBBB-C", Consumer: ID("RS-DEMO/GOV/ZRENJANIN/family"), Provider: ID("RS-DEMO/GOV/REGISTERS/civil"), Service: "births",
		Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}"}, Fields: []string{"/born", "/place"}, Subjects: []string{"/mother"},
		Purpose: "family-support", Provision: "zfpp/48", Sector: "family", Quota: 500, Rate: 5, Retention: 30, From: civil.Date(2026, 11, 1), To: civil.Date(2026, 12, 31)}
}

// Registry is a real one, of two members with a node each: the registers and a city.
func Registry(t testing.TB) *registry.Authority {
	t.Helper()
	key := testkit.Must[note.Verifier](t)(journal.NewKey("RS-DEMO/registry", testkit.Key("RS-DEMO/registry").Public().(ed25519.PublicKey)))
	authority := testkit.Must[*registry.Authority](t)(registry.NewAuthority(t.Context(), testkit.Database(t, "sqlite")(registry.Migrations()), Signer(t, "RS-DEMO/registry"), key, func() time.Time { return Now }))
	for code, body := range map[string]struct {
		title   lang.Text
		systems []string
	}{"REGISTERS": {Both("Државни регистри", "State registers"), []string{"civil", "residence"}}, "ZRENJANIN": {Both("Град Зрењанин", "City of Zrenjanin"), []string{"family"}}} {
		id := registry.ID{Instance: "RS-DEMO", Class: "GOV", Member: code}
		log := id.String() + "/a"
		pin := sha256.Sum256([]byte(log))
		node := registry.Node{Member: id, Name: "a", Address: "127.0.0.1:1", TLS: hex.EncodeToString(pin[:]),
			Log: testkit.Must[string](t)(note.NewEd25519VerifierKey(log, testkit.Key(log).Public().(ed25519.PublicKey)))}
		if err := authority.Append(t.Context(), registry.Statement{Member: &registry.Member{ID: id, Title: body.title, Subsystems: body.systems}}, registry.Statement{Node: &node}); err != nil {
			t.Fatal(err)
		}
	}
	return authority
}

// Agreed is a contract with the signatures of both sides.
func Agreed(t testing.TB, c registry.Contract) registry.Statement {
	t.Helper()
	signed := testkit.Must[string](t)(c.Sign(Signer(t, c.Provider.Owner().String()+"/a"), Signer(t, c.Consumer.Owner().String()+"/a")))
	return registry.Statement{Contract: signed}
}
