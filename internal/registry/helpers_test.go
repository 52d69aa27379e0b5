package registry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// TestMain finds goroutines that were left behind. The test server of
// PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	quiet   = slog.New(slog.DiscardHandler)
	city    = ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY"}
	state   = ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE"}
	origin  = "RS-TEST/registry"
)

func signerOf(tb testing.TB, name string) note.Signer {
	tb.Helper()
	s, err := journal.NewSigner(name, testkit.Key(name))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func verifierOf(tb testing.TB, name string) note.Verifier {
	tb.Helper()
	v, err := journal.NewKey(name, testkit.Key(name).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func subsystem(member ID, name string) ID {
	member.Subsystem = name
	return member
}

func memberSays(id ID, subsystems ...string) Statement {
	return Statement{Member: &Member{ID: id, Title: lang.Text{"en": id.Member}, Subsystems: subsystems}}
}

func nodeSays(tb testing.TB, member ID, name string) Statement {
	tb.Helper()
	log := member.String() + "/" + name
	vkey, err := note.NewEd25519VerifierKey(log, testkit.Key(log).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	pin := sha256.Sum256([]byte("tls " + log))
	return Statement{Node: &Node{Member: member, Name: name, Address: "127.0.0.1:4001", TLS: hex.EncodeToString(pin[:]), Log: vkey}}
}

func serviceSays(id ID) Statement {
	return Statement{Service: &Service{ID: id, Title: lang.Text{"en": id.Service}}}
}

// births is a contract as it should be.
func births() Contract {
	return Contract{
		ID: "births", Consumer: subsystem(city, "family"), Provider: subsystem(state, "civil"), Service: "births", Methods: []string{"GET"},
		Paths: []string{"/v1/births/{birth}"}, Fields: []string{"/born"}, Subjects: []string{"/mother"}, Purpose: "family-support", Provision: "zfpp/48",
		Sector: "family", Quota: 100, Retention: 30, From: civil.Date(2026, 1, 1),
	}
}

// signed is the contract with the signatures of both members.
func signed(tb testing.TB, c Contract) string {
	tb.Helper()
	text, err := c.Sign(signerOf(tb, city.String()+"/n1"), signerOf(tb, state.String()+"/n1"))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// seed is a small world: two members, their nodes, a service and a contract.
func seed(tb testing.TB) []Statement {
	tb.Helper()
	return []Statement{
		memberSays(city, "family"), memberSays(state, "civil", "tax"), nodeSays(tb, city, "n1"), nodeSays(tb, state, "n1"),
		serviceSays(subsystem(state, "civil").With("births")), {Contract: signed(tb, births())},
	}
}

func openAuthority(tb testing.TB, db *storage.DB, now clock.Now) *Authority {
	tb.Helper()
	a, err := NewAuthority(tb.Context(), db, signerOf(tb, origin), verifierOf(tb, origin), now)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// newAuthority is an authority with a database of its own that says statements.
func newAuthority(tb testing.TB, statements ...Statement) *Authority {
	tb.Helper()
	a := openAuthority(tb, testkit.Database(tb, storage.SQLite)(Migrations()), clock.NewManual(morning).Now)
	if len(statements) > 0 {
		say(tb, a, statements...)
	}
	return a
}

func say(tb testing.TB, a *Authority, statements ...Statement) {
	tb.Helper()
	if err := a.Append(tb.Context(), statements...); err != nil {
		tb.Fatal(err)
	}
}

// namedKey is a key of a name, made from a seed of another.
func namedKey(tb testing.TB, name, seed string) (note.Signer, note.Verifier) {
	tb.Helper()
	s, err := journal.NewSigner(name, testkit.Key(seed))
	if err != nil {
		tb.Fatal(err)
	}
	v, err := journal.NewKey(name, testkit.Key(seed).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return s, v
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }
