package cases_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

const (
	pdf = "%PDF-1.7\n"
	jpg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
)

// zip is the beginning of an archive whose first entry has a name and a content.
func zip(name, content string) string {
	return "PK\x03\x04" + strings.Repeat("\x00", 26) + name + content
}

// endless gives as many bytes as one asks for.
type endless struct{}

func (endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = byte(i)
	}
	return len(into), nil
}

// withOfficer opens a case of the mother that officers have.
func (r *rig) withOfficer(about string) cases.Case {
	r.t.Helper()
	r.Pseudonyms = byNumber{}
	c, _ := r.open(about, "event")
	c, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
	must(r.t, err)
	r.notices()
	return c
}

// hand hands in a file as a name and its content.
func (r *rig) hand(by act.Actor, c cases.Case, thread cases.Thread, name, content string) error {
	return r.HandIn(r.t.Context(), by, c.Number, thread, name, strings.NewReader(content))
}

// content reads a file as somebody.
func (r *rig) content(by act.Actor, c cases.Case, file string) (string, error) {
	_, content, err := r.File(r.t.Context(), by, c.Number, file)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(content)
	return string(raw), errors.Join(err, content.Close())
}

func TestAFileIsWhatItsContentIs(t *testing.T) {
	r := newRig(t, storage.SQLite)
	c := r.withOfficer("birth-1")
	for name, tc := range map[string]struct{ content, code, called string }{
		"извод.pdf":              {pdf, "", "извод.pdf"},
		`C:\Users\Ana\слика.JPG`: {jpg, "", "слика.JPG"},
		"../../etc/рачун":        {pdf, "", "рачун.pdf"},
		"молба.odt":              {zip("mimetype", "application/vnd.oasis.opendocument.textPK"), "", "молба.odt"},
		"молба.docx":             {zip("[Content_Types].xml", "x"), "", "молба.docx"},
		"табела.xlsx":            {zip("xl/workbook.xml", "x"), "", "табела.xlsx"},
		"белешка.txt":            {strings.Repeat("ж", 5000), "", "белешка.txt"},
		"снимак.mp4":             {"\x00\x00\x00\x18ftypisom\x00", "", "снимак.mp4"},
		".pdf":                   {pdf, "", "pdf.pdf"},
		"слика.png":              {jpg, "file-type-other", ""},
		"програм.pdf":            {"MZ\x90\x00", "file-type-unknown", ""},
		"извод.exe":              {pdf, "file-type-other", ""},
		"страна.txt":             {" <html><script>", "file-type-unknown", ""},
		"слика.svg":              {"<svg onload=x>", "file-type-unknown", ""},
		"архива.zip":             {zip("evil.exe", "x"), "file-type-unknown", ""},
		"макро.docx":             {zip("[Content_Types].xml", strings.Repeat("x", 64<<10-60)) + "word/vbaProject.bin", "file-macros", ""},
		"празно.pdf":             {"", "file-empty", ""},
	} {
		err := r.hand(mother(), c, cases.WithParty, name, tc.content)
		if wantCode := tc.code; wantCode != "" && !problem.HasCode(err, wantCode) || wantCode == "" && err != nil {
			t.Errorf("%s: %v, want %q", name, err, tc.code)
		}
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		if tc.code == "" {
			want(t, name, v.Files[len(v.Files)-1].Name, tc.called)
		}
	}
}

func TestFilesAreSealedAndComeBackWhole(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		sent := map[int]string{}
		for _, size := range []int{1, 100, 64<<10 - len(pdf), 64 << 10, 200_000} { // of a piece, of two, of several
			sent[size] = pdf + strings.Repeat("a secret ", size)[:size]
			must(t, r.hand(mother(), c, cases.WithParty, "извод.pdf", sent[size]))
		}
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		for _, f := range v.Files {
			got, err := r.content(mother(), c, f.ID)
			must(t, err)
			if int64(len(got)) != f.Size || got != sent[len(got)-len(pdf)] {
				t.Errorf("a file of %d bytes comes back with %d", f.Size, len(got))
			}
		}
		large := v.Files[len(v.Files)-1]
		blob := filepath.Join(string(r.store), "cases", large.ID)
		raw, err := os.ReadFile(blob)
		must(t, err)
		if bytes.Contains(raw, []byte("secret")) || bytes.Contains(raw, []byte(pdf)) {
			t.Error("a file stands in the open")
		}
		for what, change := range map[string]func() []byte{
			"cut":     func() []byte { return raw[:len(raw)-100] },
			"changed": func() []byte { b := bytes.Clone(raw); b[100]++; return b },
			"swapped": func() []byte {
				const long = 64<<10 + 28
				return append(append(bytes.Clone(raw[long:2*long]), raw[:long]...), raw[2*long:]...)
			},
		} {
			must(t, os.WriteFile(blob, change(), 0o600))
			if got, err := r.content(mother(), c, large.ID); err == nil {
				t.Errorf("%s: %d bytes are given out", what, len(got))
			}
		}
		must(t, os.Remove(blob))
		_, err = r.content(mother(), c, large.ID)
		wantCode(t, err, "files-away")
	})
}

func TestFilesAreBounded(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		large := func(size int64) error {
			return r.HandIn(t.Context(), mother(), c.Number, cases.WithParty, "извод.pdf", io.MultiReader(strings.NewReader(pdf), io.LimitReader(endless{}, size-int64(len(pdf)))))
		}
		wantCode(t, large(cases.MaxFile+1), "file-large")
		for range 4 {
			must(t, large(cases.MaxFile))
		}
		wantCode(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf), "files-large")
		c = r.withOfficer("birth-2")
		for range cases.MaxFiles {
			must(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf))
		}
		wantCode(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf), "files-many")
	})
}

func TestAFileIsSeenByWhoeverSeesItsThread(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, other := r.withOfficer("birth-1"), r.withOfficer("birth-2")
		must(t, r.hand(mother(), c, cases.WithParty, "извод.pdf", pdf))
		must(t, r.hand(officer(), c, cases.Internal, "белешка.pdf", pdf))
		wantCode(t, r.hand(mother(), c, cases.Internal, "x.pdf", pdf), "case-unknown")
		stranger := act.Actor{Account: "stranger", Persons: map[string]string{"family": "p-2"}}
		wantCode(t, r.hand(stranger, c, cases.WithParty, "x.pdf", pdf), "case-unknown")
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "files that an officer sees", len(v.Files), 2)
		own, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "files that she sees", len(own.Files), 1)
		hers, internal := v.Files[0].ID, v.Files[1].ID
		looks := len(r.seen)
		for _, tc := range []struct {
			by   act.Actor
			of   cases.Case
			file string
			code string
		}{
			{mother(), c, internal, "case-file-unknown"}, {mother(), other, hers, "case-file-unknown"}, {stranger, c, hers, "case-unknown"}, {act.Actor{}, c, hers, "sign-in-needed"},
			{officerOf(act.Scope{Service: "parental-allowance"}), c, hers, "case-unknown"}, {mother(), c, "none", "case-file-unknown"},
		} {
			_, err := r.content(tc.by, tc.of, tc.file)
			wantCode(t, err, tc.code)
		}
		want(t, "receipts of what was refused", len(r.seen), looks)
		_, err = r.content(officer(), c, internal)
		must(t, err)
		want(t, "receipts of a look at a file", len(r.seen), looks+1)
	})
}

func TestAPictureSaysThatItCarriesMoreThanIsSeen(t *testing.T) {
	r := newRig(t, storage.SQLite)
	c := r.withOfficer("birth-1")
	must(t, r.hand(mother(), c, cases.WithParty, "a.jpg", jpg+"\xff\xe1\x00\x20Exif\x00\x00II"))
	must(t, r.hand(mother(), c, cases.WithParty, "b.jpg", jpg))
	v, err := r.Case(t.Context(), mother(), c.Number)
	must(t, err)
	want(t, "that of a camera", v.Files[0].Camera, true)
	want(t, "that of a scanner", v.Files[1].Camera, false)
}

func TestWhatNoCaseGotIsRemovedFromTheStore(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		must(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf))
		_, err := r.Keep(t.Context(), "stray.pdf", strings.NewReader(pdf))
		must(t, err)
		stored := func() int {
			all, err := r.store.List(context.Background(), "cases/")
			must(t, err)
			return len(all)
		}
		r.clock.Set(time.Now().UTC())
		must(t, r.RemoveStrays(t.Context()))
		want(t, "files while somebody may still be sending", stored(), 2)
		r.clock.Advance(25 * time.Hour)
		must(t, r.RemoveStrays(t.Context()))
		want(t, "files a day later", stored(), 1)
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		_, err = r.content(mother(), c, v.Files[0].ID)
		must(t, err)
	})
}
