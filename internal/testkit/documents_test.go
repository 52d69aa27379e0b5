package testkit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// named is a file or a folder of the tree as a document names it, or the place to
// which a link leads.
var named = regexp.MustCompile("`((?:cmd|docs|internal|packs|scripts)/[A-Za-z0-9_./-]+)`|\\]\\(([A-Za-z0-9_./-]+)(?:#[^)]*)?\\)")

// TestDocumentsNameWhatIsThere: whoever carries on begins with the documents, and
// looks where they point.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	found := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin") {
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			to := filepath.Join(root, m[1])
			if m[2] != "" {
				to = filepath.Join(filepath.Dir(path), m[2])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: there is no %s", path, m[1]+m[2])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("only %d files are named: the pattern no longer fits the documents", found)
	}
}

// TestTheThreatModelNamesTestsThatExist: whoever reads what stops an attacker finds the
// test that shows it.
func TestTheThreatModelNamesTestsThatExist(t *testing.T) {
	tests := map[string]bool{}
	err := filepath.WalkDir(root+"/internal", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(root + "/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(text, -1)
	if len(all) < 40 {
		t.Errorf("the threat model names only %d tests", len(all))
	}
	for _, m := range all {
		if !tests[string(m[1])] {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// TestTheArchitectureNamesEveryRoom: the table of the house has each room that there is,
// on the floor on which imports keep it.
func TestTheArchitectureNamesEveryRoom(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, line)
		}
	}
	for _, floor := range floors() {
		row := ""
		for _, room := range floor {
			if _, err := os.Stat(filepath.Join(root, "internal", room)); err != nil {
				continue
			}
			at := slices.IndexFunc(rows, func(r string) bool { return strings.Contains(r, "`"+room+"`") })
			switch {
			case at < 0:
				t.Errorf("docs/architecture.md does not name the room %s", room)
			case row != "" && rows[at] != row:
				t.Errorf("docs/architecture.md has %s on another floor than its neighbours", room)
			default:
				row = rows[at]
			}
		}
	}
}
