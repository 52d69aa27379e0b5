package testkit_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestOneAEAD: who seals something takes kit/seal.
func TestOneAEAD(t *testing.T) {
	allowed := map[string]string{
		"dobosh/internal/kit/seal": "",
		"dobosh/internal/identity": "a pseudonym is one block of AES, by itself and without a nonce, since equal persons need equal names",
	}
	for from, imports := range production(t) {
		if _, ok := allowed[from]; !ok && slices.Contains(imports, "crypto/cipher") {
			t.Errorf("%s imports crypto/cipher: kit/seal is the one AEAD", from)
		}
	}
}

// TestOneDoorForJSON: JSON from outside is read by kit/strict. A decoder of
// one's own is one that forgets something: trailing text, a doubled name, a bound.
func TestOneDoorForJSON(t *testing.T) {
	allowed := map[string]string{
		"kit/strict/strict.go":                  "puts the values of a text that it has checked in their places",
		"kit/lang/catalogue.go":                 "reads the words that the program itself brings, key by key",
		"exchange/edge/metadata/description.go": "looks for the bytes at which URLs stand, in a description that was read before",
	}
	for path, text := range source(t) {
		for _, call := range []string{"json.NewDecoder(", ".DisallowUnknownFields("} {
			if _, ok := allowed[path]; !ok && strings.Contains(text, call) {
				t.Errorf("%s calls %s…): kit/strict is the one door for JSON", path, call)
			}
		}
	}
}

// TestNoSentenceInGo: what people read stands in words/LANG.json, where every
// language can reach it. Serbian is known by its letters.
func TestNoSentenceInGo(t *testing.T) {
	allowed := map[string]string{
		"kit/script/": "the tables of the two scripts",
		"kit/lang/":   "the grammar of sentences, shown by sentences",
		"kit/text/":   "the tables of letters that names may have",
		"lab/":        "invented people and their letters",
	}
	comment := regexp.MustCompile(`(^|\s)//.*`)
	for path, text := range source(t) {
		if slices.ContainsFunc(slices.Collect(maps.Keys(allowed)), func(dir string) bool { return strings.HasPrefix(path, dir) }) {
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.ContainsFunc(comment.ReplaceAllString(line, ""), func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
				t.Errorf("%s:%d says something in Cyrillic: words stand in words/sr.json", path, i+1)
			}
		}
	}
}

// TestPagesAreMadeOfPages: HTML is made by the frame and by the pages of rooms.
func TestPagesAreMadeOfPages(t *testing.T) {
	for from, imports := range production(t) {
		inPages := strings.HasSuffix(from, "/pages") || strings.HasPrefix(from, "dobosh/internal/portal") || strings.HasPrefix(from, "dobosh/internal/lab/")
		if slices.Contains(imports, "html/template") && !inPages {
			t.Errorf("%s imports html/template: pages stand in its folder pages", from)
		}
	}
}

// TestOneTableOfWork: what must happen later is a job of package work. The tables
// that others claimed their work in before stand empty until they go.
func TestOneTableOfWork(t *testing.T) {
	claims := regexp.MustCompile(`(?i)for update skip locked|(into|from|update)\s+(services_work|registry_errands|bus_dead|exchange_dead)\b|update\s+\w+\s+set\s+(claim|owner|next_try)\b`)
	claimed := 0
	for path, text := range source(t) {
		switch found := claims.FindString(text); {
		case found == "":
		case strings.HasPrefix(path, "work/"):
			claimed++
		default:
			t.Errorf("%s claims work of its own (%q): work is the one queue", path, found)
		}
	}
	if claimed == 0 {
		t.Error("not even work claims anything: the pattern no longer fits the source")
	}
}

// TestOneTable: a table is defined by its columns, once; portal makes of it what a
// wide screen and a phone show.
func TestOneTable(t *testing.T) {
	files := texts(t, ".html", 30)
	maps.Copy(files, source(t))
	tables := 0
	for path, text := range files {
		written := strings.Count(text, "<table")
		if strings.HasPrefix(path, "portal/templates/") {
			tables += written
		} else if written > 0 {
			t.Errorf("%s writes a table by hand: portal.Table makes tables", path)
		}
	}
	if tables != 1 {
		t.Errorf("portal writes %d tables, want one for all", tables)
	}
}

// source gives the text of every Go file of the rooms that is no test, by its
// path below internal.
func source(t *testing.T) map[string]string { return texts(t, ".go", 100) }

// texts gives those of the rooms' files of one kind that are no tests, by path below
// internal; a walk that finds fewer than there must be has missed the rooms.
func texts(t *testing.T, kind string, least int) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, kind) || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../testkit/") {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, "../")] = string(text)
		return err
	})
	if err != nil || len(files) < least {
		t.Fatalf("%d files found: %v", len(files), err)
	}
	return files
}
