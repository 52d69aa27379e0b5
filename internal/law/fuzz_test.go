package law

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"dobosh/packs"
)

// Whatever is in a file, reading it ends, and either gives entries or says
// what is wrong and in which file.
func FuzzRead(f *testing.F) {
	schemas, err := compileSchemas()
	if err != nil {
		f.Fatal(err)
	}
	err = fs.WalkDir(packs.Serbia(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(packs.Serbia(), name)
		f.Add(name, text[:min(len(text), 4000)])
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("pack.yaml", []byte("id: [[[[[[\n"))
	f.Add("terms.yaml", []byte("terms:\n  - {days: 1e999, from: !!binary x}\n"))
	f.Add("parameters/a.yaml", []byte("parameters:\n - ? {a: b}\n   : c\n"))
	f.Add("rules/a.yaml", []byte("example: {a: 0x10, b: .inf, c: ~, d: 99999999999999999999}\ntests: []\n"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if !fs.ValidPath(name) || name == "." {
			return
		}
		d, found := read(fstest.MapFS{name: {Data: text}}, schemas)
		if len(found) == 0 {
			found = d.check()
		}
		for _, finding := range found {
			if finding.At.File == "" || finding.Says == "" {
				t.Errorf("a finding without a place or a sentence: %+v", finding)
			}
		}
	})
}
