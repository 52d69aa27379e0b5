package pages

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/id"
	"dobosh/internal/portal"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
)

type verifyView struct {
	Code     string // as typed
	Wrong    string
	Found    *services.Verification
	Report   *proof.Report
	Evidence *evidenceView
}

func verifyPath(code string) string { return "/verify/" + url.PathEscape(code) }

func (r *room) verify(v *portal.Visit) error {
	return v.Show("verify", v.Say("verify.title"), verifyView{})
}

func (r *room) typedCode(v *portal.Visit) error {
	v.Here = "/verify"
	code, ok := id.ParseCode(v.Typed("code"))
	if !ok {
		return wrongCode(v, v.Typed("code"))
	}
	return v.To(verifyPath(code))
}

func wrongCode(v *portal.Visit, typed string) error {
	v.Status = http.StatusUnprocessableEntity
	return v.Show("verify", v.Say("form.wrong-title", "title", v.Say("verify.title")),
		verifyView{Code: typed[:min(64, len(typed))], Wrong: v.Say("problem.code-form")})
}

func (r *room) verifyCode(v *portal.Visit) error {
	if err := v.Costly(); err != nil {
		return err
	}
	code, ok := id.ParseCode(v.R.PathValue("code"))
	if !ok {
		return wrongCode(v, v.R.PathValue("code"))
	}
	found, err := r.verifier.Verification(v.R.Context(), code)
	if err != nil {
		return err
	}
	found.Code = code
	if !found.Found {
		v.Status = http.StatusNotFound
	}
	return v.Show("verify", v.Say("verify.title"), verifyView{Code: code, Found: &found})
}

// verifyFile checks what somebody uploads: a decision or, if it says that it is
// that, the evidence of an exchange. The file is kept nowhere.
func (r *room) verifyFile(v *portal.Visit) error {
	v.Here = "/verify"
	part, err := v.Upload("file")
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(part)
	if err != nil {
		return portal.UnreadableFile(err)
	}
	if evidence.Is(raw) {
		checked := make(chan evidence.Report, 1)
		if err := r.verifier.Check(v.R.Context(), func() { checked <- evidence.Verify(raw, r.verifier.Believed()) }); err != nil {
			return err
		}
		report := <-checked
		return v.Show("verify", v.Say("verify.title"), verifyView{Evidence: r.evidenceView(v, report)})
	}
	report, err := r.verifier.VerifyFile(v.R.Context(), bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return v.Show("verify", v.Say("verify.title"), verifyView{Report: &report})
}
