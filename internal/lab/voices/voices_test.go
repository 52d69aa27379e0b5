package voices

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the file anew")

const file = "../../participation/routing/testdata/labelled.csv"

func TestTheFileIsWhatIsMade(t *testing.T) {
	var made bytes.Buffer
	if err := Write(&made, Texts(1)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, made.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, made.Bytes()) {
		t.Errorf("%s is not what the sentences make: go test ./internal/lab/voices -update", file)
	}
}

func TestThereIsEnoughOfEach(t *testing.T) {
	categories, scripts := map[string]int{}, map[string]int{}
	for _, text := range Texts(1) {
		categories[text.Category]++
		scripts[text.Script]++
	}
	if len(categories) < 12 || scripts[Cyrillic] < 200 || scripts[Latin] < 200 || scripts[ASCII] < 200 {
		t.Errorf("%d categories, %v", len(categories), scripts)
	}
	for category, n := range categories {
		if n < 40 {
			t.Errorf("%s has %d texts", category, n)
		}
	}
}
