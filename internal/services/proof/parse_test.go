package proof_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"dobosh/internal/journal"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
)

func TestNoDecisionFile(t *testing.T) {
	w := newWorld(t)
	good := string(w.file(t))
	first := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	cases := map[string]struct{ file, want string }{
		"nothing":           {"", "form.json"},
		"text":              {"ово није одлука", "form.json"},
		"picture":           {"\x89PNG\r\n\x1a\n", "form.json"},
		"a list":            {"[]", "form.json"},
		"null":              {"null", "form.json"},
		"an empty object":   {"{}", "form.version"},
		"another format":    {`{"format":"invoice/1"}`, "form.version"},
		"a later version":   {first(proof.Format, "dobosh-decision/2"), "form.version"},
		"format is no text": {`{"format":1}`, "form.json"},
		"too large":         {good + strings.Repeat(" ", proof.MaxSize), "form.size"},
		"deep":              {strings.Repeat(`{"content":`, 50_000), "form.json"},
		"cut":               {good[:len(good)-1], "form.json"},
		"byte order mark":   {"\xef\xbb\xbf" + good, "form.json"},
		"space in front":    {" " + good, "form.canonical"},
		"line end":          {good + "\n", "form.canonical"},
		"unknown key":       {first(`{"content":`, `{"also":1,"content":`), "form.json"},
		"unknown inside":    {first(`"seal":{`, `"seal":{"a":1,`), "form.json"},
		"key in capitals":   {first(`{"content":`, `{"Content":`), "form.json"},
		"key twice":         {first(`"format":"`, `"format":"dobosh-decision/1","format":"`), "form.json"},
		"escaped letter":    {first("Grant", `\u0047rant`), "form.canonical"},
		"number as 5.0":     {first(`"index":5,`, `"index":5.0,`), "form.json"},
		"other time zone":   {first("12:00:00.123456Z", "13:00:00.123456+01:00"), "form.bounds"},
		"nanoseconds":       {first("12:00:00.123456Z", "12:00:00.1234567Z"), "form.bounds"},
		"padded time":       {first("12:00:00.123456Z", "12:00:00.1234560Z"), "form.canonical"},
		"empty witness":     {good[:strings.Index(good, `,"witness"`)] + `,"witness":null}`, "form.canonical"},
		"bytes, no text":    {first("Grant", "Gr\xffnt"), "form.json"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := proof.Verify([]byte(c.file), w.trust)
			if got := strings.Join(failures(t, report), " "); got != c.want {
				t.Errorf("got %q, want %q (%v)", got, c.want, report.Checks)
			}
			_, err := proof.Parse([]byte(c.file))
			if wrong, ok := errors.AsType[*proof.FormError](err); !ok || wrong.Detail != c.want || wrong.Error() == "" {
				t.Errorf("Parse: %v", err)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	long := strings.Repeat("a", 257)
	cases := map[string]change{
		"content.decision.id":      func(f *proof.File) { f.Content.Decision.ID = "" },
		"content.decision.code":    func(f *proof.File) { f.Content.Decision.Code = long },
		"content.decision.service": func(f *proof.File) { f.Content.Decision.Service = "" },
		"content.decision.person":  func(f *proof.File) { f.Content.Decision.Person = "" },
		"content.decision.by":      func(f *proof.File) { f.Content.Decision.By = "" },
		"content.decision.title":   func(f *proof.File) { f.Content.Decision.Title = nil },
		"content.decision.body":    func(f *proof.File) { f.Content.Decision.Body = nil },
		"content.decision.outcome": func(f *proof.File) { f.Content.Decision.Outcome = rules.Unknown },
		"content.decision.affirms": func(f *proof.File) { f.Content.Decision.Affirms = nil },
		"content.decision.made_at": func(f *proof.File) { f.Content.Decision.MadeAt = time.Time{} },
		"content.record":           func(f *proof.File) { f.Content.Record = []byte("[]") },
		"content.receipts":         func(f *proof.File) { f.Content.Receipts[0].Index = -1 },
		"seal.index":               func(f *proof.File) { f.Seal.Index = -1 },
		"seal.proof":               func(f *proof.File) { f.Seal.Proof = make([]tlog.Hash, 64) },
		"seal.checkpoint":          func(f *proof.File) { f.Seal.Checkpoint = "" },
		"witness.proof":            func(f *proof.File) { f.Witness.Proof = nil },
		"witness.checkpoint":       func(f *proof.File) { f.Witness.Checkpoint = strings.Repeat("a", 64<<10+1) },
	}
	for what, spoil := range cases {
		t.Run(what, func(t *testing.T) {
			_, err := proof.Parse(forged(t, file, spoil))
			if wrong, ok := errors.AsType[*proof.FormError](err); !ok || wrong.Detail != "form.bounds" || wrong.Args["what"] != what {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEntryRefusesWhatNoFileCouldHold(t *testing.T) {
	c := newWorld(t).content
	c.Decision.Code = ""
	if entry, err := c.Entry(); err == nil || !strings.Contains(err.Error(), "decision.code") {
		t.Errorf("%v, %v", entry, err)
	}
}

func TestBuildRefusesAForeignSeal(t *testing.T) {
	w, other := newWorld(t), newWorldOf(t, "elsewhere.example/log", "another")
	salted := w.stamp
	salted.Salt[0] ^= 1
	changed := w.content
	changed.Decision.Code = "ZR-2026-0000-0000-0"
	early, err := w.log.ProveInclusion(w.stamp.Index, 6)
	if err != nil {
		t.Fatal(err)
	}
	short := w.witnessed(t)
	short.Hashes = early
	for name, build := range map[string]func() ([]byte, error){
		"salt":        func() ([]byte, error) { return proof.Build(w.content, salted, nil) },
		"content":     func() ([]byte, error) { return proof.Build(changed, w.stamp, nil) },
		"no stamp":    func() ([]byte, error) { return proof.Build(w.content, journal.Stamp{}, nil) },
		"another log": func() ([]byte, error) { return proof.Build(w.content, w.stamp, other.witnessed(t)) },
		"early proof": func() ([]byte, error) { return proof.Build(w.content, w.stamp, short) },
		"no cosignature": func() ([]byte, error) {
			p := w.witnessed(t)
			p.Checkpoint = w.log.Checkpoint()
			return proof.Build(w.content, w.stamp, p)
		},
	} {
		if file, err := build(); !errors.Is(err, proof.ErrSeal) {
			t.Errorf("%s: %d bytes, %v", name, len(file), err)
		}
	}
}

func TestTheSameDecisionIsTheSameFile(t *testing.T) {
	w := newWorld(t)
	if !bytes.Equal(w.file(t), w.file(t)) {
		t.Error("two files of one decision differ")
	}
	c := w.content
	c.Receipts = nil
	bare, err := c.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	c.Receipts = []proof.Receipt{}
	if empty, _ := c.Canonical(); !bytes.Equal(bare, empty) {
		t.Error("no receipts have two forms")
	}
}

// Whatever is done to the text of a file, it is the same file or it fails.
func TestAnyChangeFails(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(file)).Draw(t, "at")
		cut := rapid.IntRange(0, min(40, len(file)-at)).Draw(t, "cut")
		put := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "put")
		changed := append(append(bytes.Clone(file[:at]), put...), file[at+cut:]...)
		if report := proof.Verify(changed, w.trust); report.OK != bytes.Equal(changed, file) {
			t.Fatalf("%+v", report)
		}
	})
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	file := w.file(f)
	content, err := w.content.Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(`{"format":"dobosh-decision/1"}`))
	f.Add(file[:len(file)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		report := proof.Verify(b, w.trust)
		parsed, err := proof.Parse(b)
		if err != nil {
			return
		}
		if again := forged(t, b, func(*proof.File) {}); !bytes.Equal(again, b) {
			t.Fatalf("%s has a second form", b)
		}
		// Every process of the fuzzer seals the decision anew, so its files differ in their seals.
		if found, err := parsed.Content.Canonical(); err != nil || report.OK && !bytes.Equal(found, content) {
			t.Fatalf("%s passes: %v", b, err)
		}
	})
}

func TestWhatIsSealedIsTheCanonicalForm(t *testing.T) {
	w := newWorld(t)
	want, err := w.content.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.content.Sealed(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}
