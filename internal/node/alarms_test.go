package node_test

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
)

// The rules that are shipped ask for figures that the node gives.
func TestRulesOfPrometheusAskForFiguresThatThereAre(t *testing.T) {
	raw, err := os.ReadFile("../../packaging/prometheus/dobosh.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t)
	w.all()
	figures := func() string {
		resp, err := http.Get("http://" + w.nodes[demo.City].Addresses()["operations"] + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	asked := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^ +expr: .*$`).FindAllString(string(raw), -1) {
		for _, figure := range regexp.MustCompile(`(dobosh|process)_[a-z_]+(\{part="[a-z]+")?`).FindAllString(line, -1) {
			asked[figure] = true
		}
	}
	if len(asked) < 15 {
		t.Fatalf("only %d figures found in the rules", len(asked))
	}
	for figure := range asked {
		testkit.Eventually(t, "the node gives "+figure, func() bool { return strings.Contains(figures(), "\n"+figure) })
	}
}
