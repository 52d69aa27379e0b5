package testkit_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// rooms gives the words of every room of the house, the laboratory left out.
func rooms(t *testing.T) (all []lang.Words) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if path == "../lab" || path == "../testkit" {
			return filepath.SkipDir
		}
		if entry.Name() == "words" && path != "../words" { // that room gathers them
			all = append(all, lang.Words{Room: strings.TrimPrefix(filepath.Dir(path), "../"), Files: os.DirFS(filepath.Dir(path))})
		}
		return nil
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d rooms with words: %v", len(all), err)
	}
	return all
}

// TestWordsKeepToTheTerms: a thing has one word in a language.
func TestWordsKeepToTheTerms(t *testing.T) {
	allowed := map[string]string{
		"referral.until": "the deadline for deciding, not that of a decision",
	}
	raw, err := os.ReadFile("terms/terms.json")
	if err != nil {
		t.Fatal(err)
	}
	var terms []struct {
		ID  string
		Not []string
	}
	if err := json.Unmarshal(raw, &terms); err != nil {
		t.Fatal(err)
	}
	words, err := lang.Load(rooms(t)...)
	if err != nil {
		t.Fatal(err)
	}
	inPlace := regexp.MustCompile(`\{[a-z_]+`)
	for _, term := range terms {
		for _, not := range term.Not {
			wrong := regexp.MustCompile(not)
			for _, tag := range []lang.Tag{lang.SrCyrl, lang.En} {
				for key, sentence := range words.Written(tag) {
					if _, ok := allowed[key]; !ok && wrong.MatchString(inPlace.ReplaceAllString(sentence, "")) {
						t.Errorf("%s says %q: the term is %s", key, sentence, term.ID)
					}
				}
			}
		}
	}
}

// TestEverySentenceCanBeFilled fills every sentence of every language with
// numbers that take each form, with days and with names, and looks for what a
// reader must not see.
func TestEverySentenceCanBeFilled(t *testing.T) {
	words, err := lang.Load(rooms(t)...)
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{([a-z_]+)`)
	day := civil.Date(2026, time.November, 24)
	for _, tag := range words.Tags() {
		for _, key := range slices.Sorted(maps.Keys(maps.Collect(words.Written(tag)))) {
			sentence := maps.Collect(words.Written(tag))[key]
			for _, number := range []string{"0", "1", "2", "5", "11", "21", "1.5"} {
				values := lang.Values{}
				for _, m := range place.FindAllStringSubmatch(sentence, -1) {
					switch {
					case slices.Contains([]string{"day", "from", "until"}, m[1]):
						values[m[1]] = day
					case strings.Contains(sentence, "{"+m[1]+":"):
						values[m[1]] = number
					default:
						values[m[1]] = "Ана"
					}
				}
				said := words.Tell(tag, key, values).Text
				if strings.Contains(strings.ReplaceAll(said, "...", ""), "..") || strings.Contains(said, "{") || strings.Contains(said, ".,") || strings.Contains(said, ".;") {
					t.Errorf("%s in %s with %s: %q", key, tag, number, said)
				}
			}
		}
	}
}

// TestEveryQueueHasAName: the operator's page says in words what a queue does.
func TestEveryQueueHasAName(t *testing.T) {
	words, err := lang.Load(rooms(t)...)
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`work\.Queue\[[^{]*\{\s*Name:\s*"([^"]+)"|work\.(?:Every|Daily)\("([^"]+)"`)
	found := 0
	for path, text := range source(t) {
		if strings.HasPrefix(path, "lab/") {
			continue
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			found++
			if key := "queue.name." + m[1] + m[2]; !words.Has(key) {
				t.Errorf("%s: no room says %s", path, key)
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d queues were found", found)
	}
}
