package proof_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/packs"
)

// world is a body with a log, a witness, and one decision.
type world struct {
	log     *journal.Log
	witness note.Signer
	trust   proof.Trust
	content proof.Content
	stamp   journal.Stamp
}

const origin, witnessName = "zrenjanin.demo.example/log", "supervisor.demo.example/witness"

func newWorld(t testing.TB) *world {
	now := clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)).Now
	body, watcher := keyOf("body"), keyOf("witness")
	log, err := journal.Open(context.Background(), journal.Config{Dir: t.TempDir(), Origin: origin, Key: body}, now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	w := &world{log: log, content: decision(t)}
	w.witness, err = journal.NewCosigner(witnessName, watcher, now)
	if err != nil {
		t.Fatal(err)
	}
	cosigner, err := journal.NewCosignerKey(witnessName, watcher.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	w.trust = proof.Trust{Logs: []note.Verifier{log.Key()}, Witnesses: []note.Verifier{cosigner}}
	w.others(t, 5)
	w.stamp = w.seal(t, w.content)
	w.others(t, 6)
	return w
}

// keyOf makes the same key for the same name.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func (w *world) others(t testing.TB, n int) {
	for range n {
		if _, err := w.log.Append(context.Background(), journal.Entry{Kind: "other", Meta: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) seal(t testing.TB, c proof.Content) journal.Stamp {
	entry, err := c.Entry()
	if err != nil {
		t.Fatal(err)
	}
	entry.Kind = "decision"
	stamp, err := w.log.Append(context.Background(), entry)
	if err != nil {
		t.Fatal(err)
	}
	return stamp
}

// cosigned is the newest checkpoint with the signature of the witness.
func (w *world) cosigned(t testing.TB) []byte {
	checkpoint := w.log.Checkpoint()
	line, err := journal.Cosign(checkpoint, w.witness)
	if err != nil {
		t.Fatal(err)
	}
	return append(append([]byte(nil), checkpoint...), line...)
}

func (w *world) witnessed(t testing.TB) *journal.Proof {
	p, err := w.log.ProofFor(w.stamp.Index, w.stamp.Salt, w.cosigned(t))
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func (w *world) file(t testing.TB) []byte {
	file, err := proof.Build(w.content, w.stamp, w.witnessed(t))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func decision(t testing.TB) proof.Content {
	pack, err := law.Load(packs.Serbia())
	if err != nil {
		t.Fatal(err)
	}
	rule, err := rules.Compile(pack, "newborn-grant", civil.Date(2026, 11, 19))
	if err != nil {
		t.Fatal(err)
	}
	record, outcome := rule.Record(map[string]any{
		"child.live": true, "child.born": civil.Date(2026, 11, 19), "child.order": 1, "child.given_name": "Ђурђа",
		"mother.person": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "mother.municipality": "80152", "grants.paid": false,
	})
	if outcome.Result != rules.Yes {
		t.Fatalf("the sample is decided %s: %+v", outcome.Result, outcome)
	}
	text, err := record.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return proof.Content{
		Decision: proof.Decision{
			ID: "01hxdecision", Code: "ZR-2026-7KQ4-M9PD-X", Service: "newborn-grant",
			Title:  lang.Text{"sr": "Помоћ за новорођено дете", "en": "Grant for a newborn"},
			Body:   lang.Text{"sr": "Град Зрењанин", "en": "City of Zrenjanin"},
			Person: "aaaaaaaaaaaaaaaaaaaaaaaaaa", About: lang.Text{"sr": "Ђурђа", "en": "Đurđa"},
			Outcome: outcome.Result, Plan: outcome.Plan,
			Affirms: []law.Statement{{ID: "care", Provision: "zfpp/22/1", Says: lang.Text{"sr": "Бринем о детету.", "en": "I care for the child."}}},
			MadeAt:  time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC), By: "rule",
		},
		Record: text,
		Receipts: []proof.Receipt{
			{Fact: "child.live", Exchange: "01hxexchange", Register: "RS-DEMO/GOV/REGISTERS/civil/births", Origin: "registers.demo.example/log", Index: 17},
		},
	}
}
