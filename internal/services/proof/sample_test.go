package proof_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/testkit"
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

func newWorld(t testing.TB) *world { return newWorldOf(t, origin, "") }

// newWorldOf makes a world with keys of its own.
func newWorldOf(t testing.TB, origin, keys string) *world {
	now := clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)).Now
	body, watcher := testkit.Key(keys+"body"), testkit.Key(keys+"witness")
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

// smallPack has one rule, as short as a pack may be, so that every byte of its
// decisions can be tried.
func smallPack(t testing.TB) *law.Pack {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"pack.yaml": "id: small\nversion: \"1\"\ncountry: RS\ntitle: {sr: Мали, en: Small}\n",
		"instruments/act.yaml": `
instrument: {id: act, title: {sr: Закон, en: Act}, cited: {sr: Закона, en: Act}, gazette: none, from: 2020-01-01, source: none, verified: false}
provisions:
  - {ref: act/1, title: {sr: право, en: right}, from: 2020-01-01, source: none, verified: false}
`,
		"parameters/sum.yaml": `
parameters:
  - name: act.sum
    kind: money
    title: {sr: износ, en: amount}
    values: [{from: 2020-01-01, value: 10000, provision: act/1, source: none, verified: false}]
  - name: act.months
    kind: count
    title: {sr: рате, en: months}
    values: [{from: 2020-01-01, value: 24, provision: act/1, source: none, verified: false}]
`,
		"rules/grant.yaml": `
id: grant
title: {sr: Право, en: Right}
from: 2020-01-01
facts:
  - {fact: child.live, type: bool, service: RS-A/B/C/d/e, ask: "/v1/{birth}", pointer: /live, label: {sr: живо, en: live}}
conditions:
  - {id: live, when: child.live, provision: act/1, yes: {sr: Да, en: "Yes"}, no: {sr: Не, en: "No"}, unknown: {sr: "{missing}", en: "{missing}"}}
plan:
  - {id: one, when: "true", amount: act.sum, months: act.months, provision: act/1, says: {sr: "{amount}", en: "{amount}"}, from: 2020-01-01}
example: {child.live: true}
tests: [{name: one, day: 2026-11-19, facts: {}, result: yes, total: 10000}]
`,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	pack, err := law.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// unchecked is the file of a body that does not check what it hands out.
func (w *world) unchecked(t testing.TB) []byte {
	honest := newWorld(t)
	return forged(t, honest.file(t), func(f *proof.File) {
		body, err := w.content.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		seen := w.witnessed(t)
		f.Content = w.content
		f.Seal = proof.Seal{Content: sha256.Sum256(body), Salt: w.stamp.Salt, Index: w.stamp.Index, Proof: w.stamp.Proof, Checkpoint: string(w.stamp.Checkpoint)}
		f.Witness = &proof.Witness{Proof: seen.Hashes, Checkpoint: string(seen.Checkpoint)}
	})
}

func decision(t testing.TB) proof.Content {
	rule, err := rules.Compile(smallPack(t), "grant", civil.Date(2026, 11, 19))
	if err != nil {
		t.Fatal(err)
	}
	record, outcome := rule.Record(map[string]any{"child.live": true})
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
