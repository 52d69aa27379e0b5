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

func (p *portal) verifyRoutes() {
	p.on("GET /verify", func(v *visit) error { return v.show("verify", v.say("verify.title"), verifyView{}) })
	p.on("GET /verify/{code}", p.verifyCode)
	p.on("POST /verify/code", func(v *visit) error {
		v.here = "/verify"
		code, ok := id.ParseCode(v.typed("code"))
		if !ok {
			return v.wrongCode(v.typed("code"))
		}
		return v.to(verifyPath(code))
	})
	p.on("POST /verify/file", p.verifyFile)
}

func (v *visit) wrongCode(typed string) error {
	v.status = http.StatusUnprocessableEntity
	return v.show("verify", v.say("form.wrong-title", "title", v.say("verify.title")),
		verifyView{Code: typed[:min(64, len(typed))], Wrong: v.say("problem.code-form")})
}

func (p *portal) verifyCode(v *visit) error {
	code, ok := id.ParseCode(v.r.PathValue("code"))
	if !ok {
		return v.wrongCode(v.r.PathValue("code"))
	}
	found, err := p.Verifier.Verification(v.r.Context(), code)
	if err != nil {
		return err
	}
	found.Code = code
	if !found.Found {
		v.status = http.StatusNotFound
	}
	return v.show("verify", v.say("verify.title"), verifyView{Code: code, Found: &found})
}

// verifyFile checks what somebody uploads: a decision or, if it says that it is
// that, the evidence of an exchange. The file is kept nowhere.
func (p *portal) verifyFile(v *visit) error {
	v.here = "/verify"
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
		return v.show("verify", v.say("verify.title"), verifyView{Evidence: v.evidenceView(report)})
	}
	report, err := p.Verifier.VerifyFile(v.r.Context(), bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return v.show("verify", v.say("verify.title"), verifyView{Report: &report})
}

// upload finds the one file of a form.
func (v *visit) upload(name string) (*multipart.Part, error) {
	reader, err := v.r.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.New(problem.Invalid, "file-missing")
		case err != nil:
			return nil, unreadable(err)
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
