package testkit_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors is the order of the rooms from the top of the house to the ground.
// Imports point down; rooms on one floor do not import each other. The pages of a
// room are a room of their own, above all that they show.
func floors() [][]string {
	return [][]string{
		{"lab", "command"},
		{"node"},
		{"pages"},
		{"words"},
		{"services", "receipts", "participation", "city", "village"},
		{"cases"},
		{"exchange", "rules", "notify", "papers", "paymentfile"},
		{"catalogue", "contracts", "admission", "backup"},
		{"registry", "identity"},
		{"law", "journal"},
		{"portal"},
		{"work", "api"},
		{"act", "keys"},
		{"storage", "bus", "files", "security", "search"},
		{"kit"},
	}
}

// TestImportsPointDown keeps the house in order. The exceptions are written
// here with their reason.
func TestImportsPointDown(t *testing.T) {
	allowed := map[string]string{
		"bus → storage": "an event leaves in the transaction of its room, so the outbox is a table",
	}
	floorOf := map[string]int{}
	for i, floor := range floors() {
		for _, room := range floor {
			floorOf[room] = i
		}
	}
	for from, imports := range production(t) {
		for _, to := range imports {
			a, b := room(from), room(to)
			if a == b || a == "" || b == "" {
				continue
			}
			if b == "testkit" {
				t.Errorf("%s imports %s, which is for tests only", from, to)
				continue
			}
			fa, known := floorOf[a]
			fb, also := floorOf[b]
			if !known || !also {
				t.Errorf("%s or %s is a room without a floor", a, b)
				continue
			}
			if _, ok := allowed[a+" → "+b]; fb <= fa && !ok {
				t.Errorf("%s imports %s: %s is not below %s", from, to, b, a)
			}
		}
	}
}

// TestKitStandsAlone: the leaf packages need nothing but the standard library
// and each other. Canonical JSON, composed text and names of domains ask a library for what they do
// not do themselves.
func TestKitStandsAlone(t *testing.T) {
	allowed := map[string][]string{
		"dobosh/internal/kit/canonical": {"github.com/gowebpki/jcs"},
		"dobosh/internal/kit/text":      {"golang.org/x/text/unicode/norm", "golang.org/x/net/idna"},
	}
	for from, imports := range production(t) {
		if room(from) != "kit" {
			continue
		}
		for _, to := range imports {
			if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") && !slices.Contains(allowed[from], to) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}

// TestSortingStandsAlone: what sorts texts, finds similar ones and sees surges is arithmetic. It needs the
// leaf packages and itself, and no room to tell it what a case is.
func TestSortingStandsAlone(t *testing.T) {
	found := 0
	for from, imports := range production(t) {
		name, within := strings.CutPrefix(from, "dobosh/internal/participation/")
		if !within || !slices.Contains([]string{"wording", "routing", "similar", "surge"}, name) {
			continue
		}
		found++
		for _, to := range imports {
			if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") || first == "dobosh" && room(to) != "kit" && to != "dobosh/internal/participation/wording" {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
	if found != 4 {
		t.Errorf("%d of its four packages found", found)
	}
}

// production lists the imports of every package, without those of its tests.
func production(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "dobosh/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		if room(names[0]) != "testkit" {
			packages[names[0]] = names[1:]
		}
	}
	if len(packages) < 20 {
		t.Fatalf("only %d packages found", len(packages))
	}
	return packages
}

// room is the part of the house that a package belongs to; empty for what is
// not of the house. What is in the laboratory stays there.
func room(path string) string {
	rest, ours := strings.CutPrefix(path, "dobosh/internal/")
	if !ours {
		return ""
	}
	name, within, _ := strings.Cut(rest, "/")
	if name != "lab" && name != "testkit" && (within == "pages" || strings.HasPrefix(within, "pages/")) {
		return "pages"
	}
	return name
}
