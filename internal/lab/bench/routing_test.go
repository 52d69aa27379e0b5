package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRoutingReadsTheDataOfOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data.csv")
	for content, fault := range map[string]string{
		"\ufefflabel,text\na,one\nb,\"two\nlines\"\n": "",
		"label,words\na,one\n":                        "text and label must be among them",
		"text,label\none\n":                           "wrong number of fields",
		"":                                            "EOF",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		all, _, err := routingData(file)
		if fault == "" && (err != nil || len(all) != 2 || all[1].Text != "two\nlines" || all[1].Category != "b") {
			t.Errorf("%q: %v, %v", content, all, err)
		}
		if fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%q: %v", content, err)
		}
	}
}
