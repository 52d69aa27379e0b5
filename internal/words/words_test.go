package words

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/registers"
	"dobosh/internal/portal"
	"dobosh/internal/services/proof"
)

func kinds() []problem.Kind {
	return []problem.Kind{problem.Internal, problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict,
		problem.Gone, problem.TooLarge, problem.TooMany, problem.Unavailable, problem.BadGateway, problem.Timeout}
}

func words(t *testing.T) (sr, en map[string]string, all *lang.Catalogue) {
	t.Helper()
	all, err := Of(registers.Words(), demopages.Words())
	if err != nil {
		t.Fatal(err)
	}
	return maps.Collect(all.Written(lang.SrCyrl)), maps.Collect(all.Written(lang.En)), all
}

var place = regexp.MustCompile(`\{([a-z_]+)(:[^}]*)?\}`)

// places lists what a sentence wants filled in, each once.
func places(sentence string) []string {
	var names []string
	for _, m := range place.FindAllStringSubmatch(sentence, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestBothLanguagesFillTheSamePlaces(t *testing.T) {
	sr, en, _ := words(t)
	for key, s := range sr {
		if a, b := places(s), places(en[key]); !slices.Equal(a, b) {
			t.Errorf("%s: %v in Serbian, %v in English", key, a, b)
		}
		if strings.TrimSpace(s) == "" || strings.TrimSpace(en[key]) == "" {
			t.Errorf("%s says nothing", key)
		}
	}
}

func TestPluralsHaveTheirForms(t *testing.T) {
	sr, en, _ := words(t)
	for forms, sentences := range map[int]map[string]string{3: sr, 2: en} {
		for key, s := range sentences {
			for _, m := range place.FindAllStringSubmatch(s, -1) {
				if strings.Contains(m[2], "|") && strings.Count(m[2], "|") != forms-1 {
					t.Errorf("%s: %s has not %d forms", key, m[0], forms)
				}
			}
		}
	}
}

func TestNoLatinLetterHidesInACyrillicWord(t *testing.T) {
	mixed := regexp.MustCompile(`\p{Cyrillic}\p{Latin}|\p{Latin}\p{Cyrillic}`)
	sr, en, _ := words(t)
	name := regexp.MustCompile(`\{[a-z_]+`)
	for key, s := range sr {
		if found := mixed.FindString(name.ReplaceAllString(s, "")); found != "" {
			t.Errorf("%s mixes scripts: %q", key, found)
		}
	}
	for key, s := range en {
		if regexp.MustCompile(`\p{Cyrillic}`).MatchString(s) {
			t.Errorf("%s is Cyrillic in English", key)
		}
	}
}

// source gives every file of the tree whose name ends so, tests left out.
func source(t *testing.T, root, ext string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ext) || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every code that any room gives to a problem, or to a field of one, must have
// a sentence: an error without words helps nobody.
func TestEveryProblemHasASentence(t *testing.T) {
	_, _, all := words(t)
	codes := []*regexp.Regexp{
		regexp.MustCompile(`problem\.New\(\s*(?:problem\.)?[A-Z]\w+,\s*"([a-z0-9-]+)"`),
		regexp.MustCompile(`\.(?:At|at)\([^,()]+,\s*"([a-z0-9-]+)"`),
		regexp.MustCompile(`return "((?:name|number|parent)-[a-z-]+)"`),
	}
	found := 0
	for path, content := range source(t, "..", ".go") {
		for _, pattern := range codes {
			for _, m := range pattern.FindAllStringSubmatch(content, -1) {
				found++
				if !all.Has("problem."+m[1]) && !strings.HasSuffix(m[1], "-") { // the end of the code is what was met
					t.Errorf("%s: the problem %q has no sentence", path, m[1])
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d codes found: the patterns no longer fit the source", found)
	}
}

func TestEveryKindOfProblemSaysWhoseTurnItIs(t *testing.T) {
	_, _, all := words(t)
	for kind := range 12 {
		for _, key := range []string{"turn.", "do."} {
			if key += portal.KindName(kinds()[kind]); !all.Has(key) {
				t.Errorf("no sentence %s", key)
			}
		}
	}
}

func TestEveryCheckOfAFileHasASentence(t *testing.T) {
	_, _, all := words(t)
	for _, key := range append(proof.Keys(), evidence.Keys()...) {
		if !all.Has(key) {
			t.Errorf("no sentence %s", key)
		}
	}
}

// shown gives every file of the frame, and of the pages and acts of all rooms.
func shown(t *testing.T) map[string]string {
	t.Helper()
	files := source(t, "..", ".html")
	maps.Copy(files, source(t, "..", ".go"))
	maps.DeleteFunc(files, func(path, _ string) bool {
		return !strings.Contains(path, "/pages/") && !strings.HasSuffix(path, "/acts.go") && !strings.HasPrefix(path, "../portal/") && !strings.HasPrefix(path, "../web/")
	})
	return files
}

func TestEveryKeyThatIsNamedExists(t *testing.T) {
	_, _, all := words(t)
	named := regexp.MustCompile(`[sS]ay\(?\s*"([a-z][a-z0-9.-]+)"`)
	for path, content := range shown(t) {
		for _, m := range named.FindAllStringSubmatch(content, -1) {
			if !strings.HasSuffix(m[1], ".") && !all.Has(m[1]) {
				t.Errorf("%s: no sentence %s", path, m[1])
			}
		}
	}
}

// A sentence that nobody says any more is deleted. Keys that are put together
// are known by their beginnings.
func TestNoSentenceIsLeftOver(t *testing.T) {
	_, _, all := words(t)
	var text strings.Builder
	for _, files := range []map[string]string{source(t, "..", ".html"), source(t, "..", ".go")} {
		for _, content := range files {
			text.WriteString(content)
		}
	}
	joined := []string{"case.who.", "referral.correct.", "source.", "ordinal.", "queue.name.", "cite.", "paper.", "surface.", "contact.", "speech.", "passkey.", "problem.", "api.", "catalogue.sort-", "contracts.sort-", "turn.", "do.", "name.", "check.", "verdict.", "role.", "weekday.", "welcome.", "exit.",
		"offer.state.", "offer.after.", "assessment.state.", "payment.state.", "decision.granted.", "reason.", "referral.why.", "contract.state.", "contract.after.", "contract.act.", "contract.found.", "contract.at.", "contract.method.", "contract.often-", "alarm.", "hop.", "peer.", "evidence.", "operator.",
		"change.", "type.", "value.in.", "version.", "surface.", "roles.of.", "interface.kind.", "interface.most.", "unusual.", "cases.queue.state.", "search.sort.", "search.help.", "case.by.", "case.mover.", "case.ask.", "case.answer.", "case.decide.", "case.draft.", "cases.queue.draft.", "absence.leave.", "case.return.", "case.told.", "case.extend.", "case.appeal.", "cases.alarm.", "clock.then.", "clock.step.", "clock.unit.", "leader.", "case.delivered.", "case.delivery.", "notice.choose.", "notice.channel.", "notice.content.", "notice.lang.",
		"case.role.", "case.how.", "case.beyond.", "case.party-notice-", "case.party-ended-", "case.party-add.", "case.task-add.", "case.task-end.", "case.join.", "case.split.", "case.consult.", "case.note.",
		"copy.", "letter.sent.", "letter.queued.", "mail.state.", "mail.sign.", "mail.kind.", "voice.publish.", "voice.rate.", "voice.again.", "voice.stars-"}
	joined = append(joined, "notice.address.", "post.advise.", "post.became.", "post.table.", "case.try.")
	for _, key := range all.Keys() {
		// An act, a step of a form, a field and what one can do here are said by their name, with what stands above, below and on the button.
		said := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(key, "-lead"), "-button"), "-hint"), "-how")
		if !strings.Contains(text.String(), `"`+key+`"`) && !strings.Contains(text.String(), `"`+said+`"`) && !slices.ContainsFunc(joined, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("nobody says %s", key)
		}
	}
}
