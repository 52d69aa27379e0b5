package node_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
)

// listed are the patterns of the table "What lies where".
func listed(t *testing.T) (patterns []string) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(raw), "| under `dir` | what | if it is lost |")
	if !found {
		t.Fatal("the manual has no table of files")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			patterns = append(patterns, name[1])
		}
	}
	return patterns
}

// kept lists the files of a node's folder.
func (w *town) kept(name string) (files []string) {
	w.t.Helper()
	root := filepath.Join(w.dir, name, "data")
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, at)
		files = append(files, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

// opens starts a node and gives the code of the problem that keeps it from that: "" when
// it opens, "internal" for an error without a sentence.
func (w *town) opens(name string) string {
	w.t.Helper()
	cfg, err := station.Load(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := station.Open(w.t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		return problem.Of(err).Code
	}
	if err := n.Close(); err != nil {
		w.t.Error(err)
	}
	return ""
}

// Each file of a node is in the manual, and is taken away, cut short and damaged: the node
// starts and has made it again, or refuses with a sentence.
func TestLosingAnyOneFile(t *testing.T) {
	w := newTown(t)
	w.all()
	w.decided("jovana")
	for _, name := range []string{demo.Supervisor, demo.Registers, demo.City} {
		w.witnessedWhere(name)
	}
	patterns := listed(t)
	for _, name := range []string{demo.Supervisor, demo.Registers, demo.City} {
		for _, file := range w.kept(name) {
			found := false
			for _, pattern := range patterns {
				match, err := path.Match(pattern, file)
				if err != nil {
					t.Fatal(err)
				}
				folder, all := strings.CutSuffix(pattern, "/*")
				found = found || match || all && strings.HasPrefix(file, folder+"/")
			}
			if !found {
				t.Errorf("the manual does not list %s of %s", file, name)
			}
		}
	}

	w.stop(demo.City)
	whole := filepath.Join(w.dir, "whole")
	data := filepath.Join(w.dir, demo.City, "data")
	if err := os.CopyFS(whole, os.DirFS(withoutSockets(t, data))); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(path string, raw []byte) error{
		"lost": func(path string, _ []byte) error { return os.Remove(path) },
		"cut":  func(path string, raw []byte) error { return os.WriteFile(path, raw[:len(raw)/2], 0o600) },
		"damaged": func(path string, raw []byte) error {
			flipped := append([]byte{}, raw...)
			flipped[len(raw)/2] ^= 1
			return os.WriteFile(path, flipped, 0o600)
		},
	}
	for file, want := range map[string]map[string]string{
		"dobosh.db":                       {"lost": "database-lost"},
		"journal/0000000000000000000.seg": {"lost": "journal-damaged", "cut": "journal-damaged", "damaged": "journal-damaged"},
		"journal/keys":                    {"lost": "journal-keys-lost", "cut": "journal-keys-lost"},
		"journal/hashes":                  {"lost": "", "damaged": ""},
		"journal/offsets":                 {"lost": ""},
		"journal/marked":                  {"lost": "", "cut": "", "damaged": ""},
		"cosigned":                        {"lost": "", "cut": "", "damaged": ""},
	} {
		for way, code := range want {
			at := filepath.Join(data, filepath.FromSlash(file))
			raw, err := os.ReadFile(at)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if err := ways[way](at, raw); err != nil {
				t.Fatal(err)
			}
			if got := w.opens(demo.City); got != code {
				t.Errorf("%s %s: the node says %q, want %q", file, way, got, code)
			}
			if err := os.RemoveAll(data); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.CopyFS(data, os.DirFS(whole)), os.Chmod(data, 0o700)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.start(demo.City)
}

// withoutSockets removes the operator's door, which is made again and cannot be copied.
func withoutSockets(t *testing.T, dir string) string {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, "operator.sock")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// witnessedWhere waits for the witness of a node, where it has one.
func (w *town) witnessedWhere(name string) {
	cfg, err := station.Load(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	if len(cfg.Node.Witnesses) > 0 {
		w.witnessed(name)
	}
}
