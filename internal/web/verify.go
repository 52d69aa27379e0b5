package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
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

func (p *pages) verifyRoutes() {
	p.on("GET /verify", func(v *visit) error { return v.Show("verify", v.Say("verify.title"), verifyView{}) })
	p.on("GET /verify/{code}", p.verifyCode)
	p.on("POST /verify/code", func(v *visit) error {
		v.Here = "/verify"
		code, ok := id.ParseCode(v.Typed("code"))
		if !ok {
			return v.wrongCode(v.Typed("code"))
		}
		return v.To(verifyPath(code))
	})
	p.on("POST /verify/file", p.verifyFile)
}

func (v *visit) wrongCode(typed string) error {
	v.Status = http.StatusUnprocessableEntity
	return v.Show("verify", v.Say("form.wrong-title", "title", v.Say("verify.title")),
		verifyView{Code: typed[:min(64, len(typed))], Wrong: v.Say("problem.code-form")})
}

func (p *pages) verifyCode(v *visit) error {
	code, ok := id.ParseCode(v.R.PathValue("code"))
	if !ok {
		return v.wrongCode(v.R.PathValue("code"))
	}
	found, err := p.Verifier.Verification(v.R.Context(), code)
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
func (p *pages) verifyFile(v *visit) error {
	v.Here = "/verify"
	part, err := v.upload("file")
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(part)
	if err != nil {
		return unlessTooLarge(problem.New(problem.Invalid, "file-unreadable").Because(err))
	}
	if evidence.Is(raw) {
		report := evidence.Verify(raw, p.Verifier.Believed())
		return v.Show("verify", v.Say("verify.title"), verifyView{Evidence: v.evidenceView(report)})
	}
	report, err := p.Verifier.VerifyFile(v.R.Context(), bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return v.Show("verify", v.Say("verify.title"), verifyView{Report: &report})
}

// upload finds the one file of a form.
func (v *visit) upload(name string) (*multipart.Part, error) {
	reader, err := v.R.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.New(problem.Invalid, "file-missing")
		case err != nil:
			return nil, portal.Unreadable(err)
		case part.FormName() == name && part.FileName() == "":
			return nil, problem.New(problem.Invalid, "file-missing")
		case part.FormName() == name:
			return part, nil
		}
	}
}

// unlessTooLarge puts the end of a file that is too long before what a reader
// made of its beginning.
func unlessTooLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem.New(problem.TooLarge, "file-too-large").Because(err)
	}
	return err
}
