package registry_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// An instrument that the registry ends stops what rests on it, though the pack of
// this node does not know it yet.
func TestTheRegistryEndsAnInstrument(t *testing.T) {
	seed := sha256.Sum256([]byte("authority"))
	key := ed25519.NewKeyFromSeed(seed[:])
	signer, err := journal.NewSigner("RS-TEST/registry", key)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := journal.NewKey("RS-TEST/registry", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	authority, err := registry.NewAuthority(t.Context(), testkit.Database(t, storage.SQLite)(registry.Migrations()), signer, verifier, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	pack := laws.Serbia(t)
	inForce, last := registry.Law{Pack: pack, State: authority.State}, civil.Of(now)
	if err := inForce.InForce("zfpp/48", last.AddDays(1)); err != nil {
		t.Fatalf("before: %v", err)
	}
	ends := registry.Statement{Instrument: &registry.Instrument{Ref: "zfpp", Title: lang.Text{"en": "Act"}, From: civil.Date(2018, 7, 1), To: last}}
	if err := authority.Append(t.Context(), ends); err != nil {
		t.Fatal(err)
	}
	if err := inForce.InForce("zfpp/48", last); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	if err := inForce.InForce("zfpp/48", last.AddDays(1)); !problem.HasCode(err, "provision-not-in-force") {
		t.Errorf("on the day after: %v", err)
	}
	if err := inForce.InForce("none/1", last); !problem.HasCode(err, "provision-unknown") {
		t.Errorf("a provision of no law: %v", err)
	}
}
