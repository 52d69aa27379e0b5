package services_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// witness cosigns the journal of the rig.
type witness struct {
	log    *journal.Log
	signer note.Signer
}

func (w witness) Cosigned() []byte {
	checkpoint := w.log.Checkpoint()
	line, err := journal.Cosign(checkpoint, w.signer)
	if err != nil {
		return nil
	}
	return append(bytes.Clone(checkpoint), line...)
}

func (r *rig) witnessed() {
	seed := sha256.Sum256([]byte("witness"))
	key := ed25519.NewKeyFromSeed(seed[:])
	signer, err := journal.NewCosigner("supervisor.example/witness", key, r.clock.Now)
	must(r.t, err)
	known, err := journal.NewCosignerKey("supervisor.example/witness", key.Public().(ed25519.PublicKey))
	must(r.t, err)
	r.restart(func(c *services.Config) {
		c.Witness = witness{r.log, signer}
		c.Trust = func() proof.Trust {
			return proof.Trust{Logs: []note.Verifier{r.log.Key()}, Witnesses: []note.Verifier{known}}
		}
	})
}

func TestAnybodyCanVerify(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, d := r.accepted(allowance, 3)
		v, err := r.Verification(t.Context(), " "+strings.ToLower(d.Code)+" ")
		must(t, err)
		if !v.Found || !v.Sealed || v.Witnessed || !v.Granted || v.Total != money.Dinars(2_415_000) || v.Code != d.Code || !v.MadeAt.Equal(d.MadeAt) {
			t.Errorf("verification %+v", v)
		}
		r.witnessed()
		v, err = r.Verification(t.Context(), d.Code)
		must(t, err)
		want(t, "witnessed", v.Witnessed, true)
		if said := fmt.Sprint(v); strings.Contains(said, mother.Is("family")) || strings.Contains(said, "Милица") {
			t.Errorf("the public page names the person: %s", said)
		}
		file, err := r.DecisionFile(t.Context(), mother, d.ID)
		must(t, err)
		report, err := r.VerifyFile(t.Context(), bytes.NewReader(file))
		must(t, err)
		for _, check := range report.Checks {
			if !check.OK {
				t.Errorf("check %+v", check)
			}
		}
		changed := bytes.Replace(file, []byte("2415000"), []byte("2415001"), 1)
		changed = bytes.Replace(changed, []byte(d.Code), []byte("ZR-2026-0000-0000-0"), 1)
		report, err = r.VerifyFile(t.Context(), bytes.NewReader(changed))
		must(t, err)
		bad := 0
		for _, check := range report.Checks {
			if !check.OK {
				bad++
			}
		}
		if bad == 0 {
			t.Error("a changed file is taken")
		}
	})
}

// broken is a file that stops in the middle.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line broke") }

func TestCodesAndFilesThatAreNone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, d := r.accepted(grant, 1)
		other := []byte(d.Code)
		if other[8]++; other[8] > '9' && other[8] < 'A' || other[8] > 'Z' {
			other[8] = '0'
		}
		for _, code := range []string{"", "ZR", string(other), strings.Repeat("Z", 1<<16)} {
			wantCode(t, second(r.Verification(t.Context(), code)), "code-form")
		}
		v, err := r.Verification(t.Context(), "XX"+d.Code[2:])
		must(t, err)
		want(t, "found", v.Found, false)
		wantCode(t, second(r.VerifyFile(t.Context(), broken{})), "file-unreadable")
		wantCode(t, second(r.VerifyFile(t.Context(), bytes.NewReader(make([]byte, proof.MaxSize+1)))), "file-too-large")
		report, err := r.VerifyFile(t.Context(), strings.NewReader("no decision"))
		must(t, err)
		if len(report.Checks) == 0 || report.Checks[0].OK {
			t.Errorf("report %+v, want that it is no decision file", report)
		}
	})
}

// onPaper is the text of a PDF in one line; empty without the program that reads it.
func onPaper(t *testing.T, pdf []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		return ""
	}
	read := exec.CommandContext(t.Context(), program, "-raw", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	must(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

func TestPaperInEveryLanguage(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Demo = true })
		mother, d := r.accepted(allowance, 2)
		for _, tag := range lang.Tags() {
			pdf, err := r.DecisionPDF(t.Context(), mother, d.ID, tag)
			must(t, err)
			if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
				t.Errorf("%s: no PDF", tag)
			}
			if said := onPaper(t, pdf); said != "" && !strings.Contains(said, map[lang.Tag]string{lang.SrCyrl: "није упоређен", lang.SrLatn: "nije upoređen", lang.En: "not yet been checked"}[tag]) {
				t.Errorf("%s: a term that nobody compared with the law stands as a fact: %s", tag, said)
			}
		}
		mother, o := r.offered()
		must(t, r.Refer(t.Context(), mother, o.ID, o.Version))
		f := r.referrals()[0]
		must(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version, "Разлог."))
		refused := r.offersOf(mother)[grant].Decision
		if _, err := r.DecisionPDF(t.Context(), mother, refused, lang.SrCyrl); err != nil {
			t.Errorf("paper of a refusal: %v", err)
		}
		if _, err := r.DecisionFile(t.Context(), mother, refused); err != nil {
			t.Errorf("file of a refusal: %v", err)
		}
	})
}

// What strangers send is checked two at a time. Whoever comes too late hears that, and
// who checks too long keeps no more than their place.
func TestFilesAreCheckedInTurn(t *testing.T) {
	r := newRig(t, storage.SQLite)
	let, begun := make(chan struct{}), make(chan struct{}, 2)
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() {
			if err := r.Check(t.Context(), func() { begun <- struct{}{}; <-let }); err != nil {
				t.Error(err)
			}
		})
	}
	<-begun
	<-begun
	wantCode(t, r.Check(t.Context(), func() { t.Error("a third file is checked beside two") }), "check-busy")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Check(gone, func() { t.Error("a file of somebody who left is checked") }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that whoever asked left", err)
	}
	close(let)
	busy.Wait()
	if err := r.Check(t.Context(), func() { panic("of a checker") }); err == nil {
		t.Error("a panic is an answer")
	}
	must(t, r.Check(t.Context(), func() {}))
}
