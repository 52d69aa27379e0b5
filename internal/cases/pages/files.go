package pages

import (
	"context"
	"errors"
	"io"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

// Record is what belongs to a case beside its messages; [cases.Room] keeps it.
type Record interface {
	HandIn(ctx context.Context, by act.Actor, number string, thread cases.Thread, name string, content io.Reader) error
	File(ctx context.Context, by act.Actor, number, file string) (cases.Attachment, io.ReadCloser, error)
}

// filePages take files of cases and give them out.
func (r *room) filePages() (all []portal.Page) {
	for _, at := range []struct {
		path   string
		thread cases.Thread
		right  act.Right
	}{
		{"/cases/{number}/files", cases.WithParty, act.SignedIn()},
		{"/desk/cases/{number}/files", cases.WithParty, cases.RightToHandle()},
		{"/desk/cases/{number}/files/internal", cases.Internal, cases.RightToHandle()},
	} {
		all = append(all,
			portal.Page{Pattern: "GET " + at.path, Right: at.right, Do: func(v *portal.Visit) error { return r.askFile(v, at.thread, nil) }},
			portal.Page{Pattern: "POST " + at.path, Right: at.right, Do: func(v *portal.Visit) error { return r.takeFile(v, at.thread) }})
	}
	return append(all,
		portal.Page{Pattern: "GET /cases/{number}/file/{file}", Right: act.SignedIn(), Do: r.file},
		portal.Page{Pattern: "GET /desk/cases/{number}/file/{file}", Right: cases.RightToHandle(), Do: r.file})
}

// ofCase is the address of the case of a page that belongs to it.
func ofCase(v *portal.Visit) string {
	path := "/cases/" + v.R.PathValue("number")
	if strings.HasPrefix(v.R.URL.Path, "/desk/") {
		path = "/desk" + path
	}
	return path
}

// askFile asks for a file of one's own, or of a case that one handles.
func (r *room) askFile(v *portal.Visit, thread cases.Thread, refused error) error {
	if refused == nil {
		if _, err := r.Case(v.R.Context(), v.Actor, v.R.PathValue("number")); err != nil {
			return err
		}
	}
	lead := v.Say("case.file-lead")
	if thread == cases.Internal {
		lead = v.Say("case.file-lead-internal")
	}
	q := portal.Question{
		Title: v.Say("case.file-add"), Lead: []string{lead}, Action: v.R.URL.Path, Button: v.Say("case.file-button"),
		Fields: []portal.Field{{Name: "file", Kind: "file", Label: v.Say("case.file"), Hint: v.Say("case.file-hint", "mb", cases.MaxFile>>20)}},
		Links:  []portal.Link{{URL: ofCase(v), Text: v.Say("case.back")}},
	}
	if refused != nil && !q.Refuse(v, refused) {
		return refused
	}
	return v.Ask(q)
}

// takeFile takes the file as it comes.
func (r *room) takeFile(v *portal.Visit, thread cases.Thread) error {
	v.Here = v.R.URL.Path
	part, err := v.UploadOf("file", cases.MaxFile)
	if err != nil {
		return r.askFile(v, thread, besideFile(err))
	}
	err = r.HandIn(v.R.Context(), v.Actor, v.R.PathValue("number"), thread, part.FileName(), reading{part})
	if err == nil {
		return v.To(ofCase(v))
	}
	_, _ = io.Copy(io.Discard, part) // a browser shows no answer before it has sent everything
	return r.askFile(v, thread, besideFile(err))
}

// reading says of a file that it does not arrive whole.
type reading struct{ io.Reader }

// Read implements io.Reader.
func (r reading) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = portal.UnreadableFile(err)
	}
	return n, err
}

// besideFile puts what is wrong with a file beside its field.
func besideFile(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || !strings.HasPrefix(p.Code, "file") || p.Kind == problem.Unavailable {
		return err
	}
	return problem.New(problem.Invalid, "form-incomplete").At("file", p.Code, problem.Pairs(p.Args)...).Because(err)
}

// file gives a file out, to be kept and not to be shown.
func (r *room) file(v *portal.Visit) (err error) {
	a, content, err := r.File(v.R.Context(), v.Actor, v.R.PathValue("number"), v.R.PathValue("file"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return v.Download(a.Type.Media(), a.Name, a.Size, content)
}
