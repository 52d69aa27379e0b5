package services_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"log/slog"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/testkit"
)

// Two nodes of a member have one database and a journal each. What one has decided the
// other reads, proves and gives out, also when the journal of the first is gone.
func TestADecisionIsReadFromEveryNode(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, first := r.accepted(allowance, 1)
		made, err := r.DecisionFile(t.Context(), mother, first.ID)
		must(t, err)

		key := sha256.Sum256([]byte("other log"))
		other, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), Origin: "zrenjanin.example/log-2", Key: ed25519.NewKeyFromSeed(key[:])}, r.clock.Now, slog.New(slog.DiscardHandler))
		must(t, err)
		t.Cleanup(func() { must(t, other.Close()) })
		r.restart(func(cfg *services.Config) {
			cfg.Journal = other
			cfg.Trust = func() proof.Trust { return proof.Trust{Logs: []note.Verifier{r.log.Key(), other.Key()}} }
		})
		second, err := r.Decision(t.Context(), mother, first.ID)
		must(t, err)
		if !second.Sealed || second.Code != first.Code || second.Plan.Total != first.Plan.Total || len(second.Reasons) != len(first.Reasons) {
			t.Errorf("the other node reads %+v, made was %+v", second, first)
		}
		file, err := r.DecisionFile(t.Context(), mother, first.ID)
		must(t, err)
		want(t, "the same file", string(file), string(made))
		want(t, "verdict", proof.Verify(file, r.cfg.Trust()).Verdict, proof.Unwitnessed)

		// What this node decides stands in its own journal, and the first entry of both has the same index.
		mother, third := r.accepted(allowance, 2)
		file, err = r.DecisionFile(t.Context(), mother, third.ID)
		must(t, err)
		want(t, "verdict of its own", proof.Verify(file, r.cfg.Trust()).Verdict, proof.Unwitnessed)
		v, err := r.Verification(t.Context(), third.Code)
		must(t, err)
		want(t, "sealed", v.Sealed, true)
	})
}

// What lies in the database says nothing to whoever has not the key, and another key opens nothing.
func TestWhatWasDecidedIsKeptSealed(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, d := r.accepted(allowance, 1)
		var sealed []byte
		must(t, r.cfg.DB.Read(t.Context()).QueryRowContext(t.Context(), `select sealed from services_contents where decision = $1`, d.ID).Scan(&sealed))
		for _, plain := range []string{mother.Is("family"), d.Code, allowance, "zfpp"} {
			if plain == "" || bytes.Contains(sealed, []byte(plain)) {
				t.Errorf("%q is read in the database", plain)
			}
		}
		_, err := r.cfg.Key.Open(sealed, []byte("another decision"))
		if err == nil {
			t.Error("a content opens as that of another decision")
		}
	})
}
