package evidence_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/testkit"
)

var update = flag.Bool("update", false, "write the test vectors again")

// vectors is testdata/vectors.json. The files that it names lie beside it.
type vectors struct {
	About    string       `json:"about"`
	Registry string       `json:"registry_key"`
	Witness  string       `json:"witness_key"`
	Files    []fileVector `json:"files"`
}

type fileVector struct {
	File    string            `json:"file"`
	Sealed  string            `json:"sealed"` // the text that the maker signed
	Leaves  map[string]string `json:"leaves"` // of each message, by its place "ORIGIN INDEX", base64
	Verdict string            `json:"verdict"`
	Checks  map[string]string `json:"checks"` // question: result and answer
}

// storied are the exchanges of the vectors.
func storied(t *testing.T) (w *world, files map[string][]byte) {
	var openings []string
	w = newWorld(t, nil)
	w.city.onPaper()
	w.state.onPaper()
	w.ask(document, nil)
	files = map[string][]byte{"asker": w.city.export(), "provider": w.state.export(), "bare": w.city.export(evidence.WithoutBodies)}
	w.asked.Path = "/v1/everything"
	w.ask("", func(r *exchange.ResponseMeta) {
		r.Refusal, r.Purpose, r.Provision = &exchange.Refusal{Status: 403, Code: "contract-missing", Args: map[string]string{"client": family.String(), "service": births.String()}}, "", ""
	})
	files["refused"] = w.city.export()
	files["changed"] = resealed(t, files["asker"], w.city, func(f *evidence.File) {
		f.Response.Body = bytes.Replace(f.Response.Body, []byte("-01"), []byte("-02"), 1)
	})
	for _, head := range []string{"asked-opening", "given-opening"} { // 32 bytes of salt that everybody can make
		salt := sha256.Sum256([]byte(head))
		openings = append(openings, fmt.Sprintf(`{"salt":%q`, base64.StdEncoding.EncodeToString(salt[:])))
	}
	asked := openings[0] + `,"query":"jmbg=2911026715019&note=` + hidden + `","headers":[["X-Free","` + hidden + `"]]}`
	given := openings[1] + `,"headers":[["X-Found","` + hidden + `"]]}`
	w.asked.Path, w.asked.Opening, w.content = "/v1/births/b1", len(asked), []byte(asked)
	w.ask(given+document, func(r *exchange.ResponseMeta) { r.Opening = len(given) })
	files["opened"], files["closed"] = w.city.export(), w.city.export(evidence.WithoutBodies)
	files["forged"] = resealed(t, files["opened"], w.city, func(f *evidence.File) { // another query, under the same salt
		f.Request.Body = bytes.Replace(f.Request.Body, []byte("2911026715019"), []byte("2911026715027"), 1)
	})
	return w, files
}

// hidden stands in a query and in headers.
const hidden = "nobody-else-reads-this"

func TestVectors(t *testing.T) {
	w, files := storied(t)
	v := vectors{
		About:    "Files of docs/spec/evidence.md and what is to be said of them by who trusts these keys and no time-stamp authority.",
		Registry: fmt.Sprint(w.trust.Registry), Witness: fmt.Sprint(w.trust.Witnesses[0]),
	}
	for _, name := range []string{"asker", "provider", "bare", "refused", "changed", "opened", "closed", "forged"} {
		v.Files = append(v.Files, vectorOf(t, name+evidence.Ending, files[name], w.trust))
		same(t, filepath.Join("testdata", name+evidence.Ending), files[name])
	}
	raw := testkit.Must[[]byte](t)(json.MarshalIndent(v, "", "  "))
	same(t, filepath.Join("testdata", "vectors.json"), append(raw, '\n'))
}

// same compares a file with what is made now, or writes it.
func same(t *testing.T, path string, made []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept := testkit.Must[[]byte](t)(os.ReadFile(path)); !bytes.Equal(kept, made) {
		t.Errorf("%s is not what the code makes; run the test with -update and look at the difference", path)
	}
}

func vectorOf(t *testing.T, name string, raw []byte, trust evidence.Trust) fileVector {
	f := testkit.Must[evidence.File](t)(evidence.Parse(raw))
	v := fileVector{File: name, Leaves: map[string]string{}, Checks: map[string]string{}}
	for _, m := range []*evidence.Message{&f.Request, f.Response} {
		for _, e := range m.Entries {
			body := sha256.Sum256(m.Body)
			if m.Digest != nil {
				body = *m.Digest
			}
			leaf := journal.Leaf(journal.Commitment(e.Salt, sha256.Sum256([]byte(m.Meta)), body))
			origin, _, _ := strings.Cut(f.Heads[e.Proofs[0].Head].Checkpoint, "\n")
			v.Leaves[fmt.Sprintf("%s %d", origin, e.Index)] = base64.StdEncoding.EncodeToString(leaf[:])
		}
	}
	f.Seal = nil
	v.Sealed = fmt.Sprintf("dobosh evidence v1\n%x\n", sha256.Sum256(testkit.Must[[]byte](t)(canonical.Marshal(f))))
	report := evidence.Verify(raw, trust)
	v.Verdict = string(report.Verdict)
	for _, c := range report.Checks {
		v.Checks[c.Name] = string(c.Result) + " " + c.Detail
	}
	return v
}

// The specification names what the code names.
func TestSpecification(t *testing.T) {
	spec := string(testkit.Must[[]byte](t)(os.ReadFile("../../../docs/spec/evidence.md")))
	for _, want := range []string{`"` + evidence.Format + `"`, "`" + evidence.MediaType + "`", "`" + evidence.Ending + "`", `dobosh evidence v1\n`} {
		if !strings.Contains(spec, want) {
			t.Errorf("the specification lacks %q", want)
		}
	}
	for _, key := range evidence.Keys() {
		if check, ok := strings.CutPrefix(key, "evidence.check."); ok && !strings.Contains(check, ".") && !strings.Contains(spec, "**"+check+"**") {
			t.Errorf("the specification lacks the question %s", check)
		}
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f, nil)
	w.city.onPaper()
	w.state.onPaper()
	w.ask(document, nil)
	file, theirs := w.city.export(), w.state.export()
	f.Add(file)
	f.Add(theirs)
	f.Add(file[:len(file)/2])
	f.Add([]byte(`{"format":"dobosh-evidence/1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		report := evidence.Verify(b, w.trust)
		parsed, err := evidence.Parse(b)
		if err != nil {
			return
		}
		again, err := canonical.Marshal(parsed)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%s has a second form", b)
		}
		if report.OK && !bytes.Equal(b, file) && !bytes.Equal(b, theirs) {
			t.Fatalf("%s passes", b)
		}
	})
}

// FuzzParts lets the maker write what he likes into a file that he seals: nothing
// that the others did not say holds.
func FuzzParts(f *testing.F) {
	w := newWorld(f, nil)
	w.city.onPaper()
	w.state.onPaper()
	w.ask(document, nil)
	file := w.city.export()
	good := testkit.Must[evidence.File](f)(evidence.Parse(file))
	f.Add(good.Request.Meta, good.Response.Meta, good.Response.Body, good.Heads[0].Checkpoint, good.Registry.Statements[5].Text)
	f.Add("{}", `{"v":1}`, []byte("x"), "a\n1\nAAAA\n\n— a b\n", `{"at":"2026-11-23T08:00:00Z","contract":"x"}`)
	f.Fuzz(func(t *testing.T, question, answer string, body []byte, checkpoint, statement string) {
		if !utf8.ValidString(question) || !utf8.ValidString(answer) || !utf8.ValidString(checkpoint) || !utf8.ValidString(statement) {
			return // no JSON could hold it
		}
		raw := resealed(t, file, w.city, func(f *evidence.File) {
			f.Request.Meta, f.Response.Meta, f.Response.Body, f.Heads[0].Checkpoint, f.Registry.Statements[5].Text = question, answer, body, checkpoint, statement
			f.Upload = &evidence.Message{Meta: answer, Entries: f.Request.Entries}
		})
		found := details(evidence.Verify(raw, w.trust))
		if found["question"] == "holds question.ok" && question != good.Request.Meta ||
			found["answer"] == "holds answer.ok" && (answer != good.Response.Meta || !bytes.Equal(body, good.Response.Body)) ||
			found["registry"] == "holds registry.ok" && statement != good.Registry.Statements[5].Text {
			t.Fatalf("%v", found)
		}
	})
}
