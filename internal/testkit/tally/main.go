// Command tally reads what "go test -json" prints and says it shorter: a line
// for each package, everything about what failed, the reason of every skip,
// and at the end how many tests ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of go test -json (see "go doc test2json").
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// tally counts, and keeps the output of what is not finished.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	output                  map[string][]string // by package and test
	broken                  bool                // a package failed without a test, for example to build
}

func main() {
	t := &tally{out: os.Stdout, output: map[string][]string{}}
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(2)
	}
	if !t.close() {
		os.Exit(1)
	}
}

func (t *tally) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			_, _ = fmt.Fprintln(t.out, lines.Text()) // not of the test runner
			continue
		}
		t.take(e)
	}
	return lines.Err()
}

func (t *tally) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		t.output[key] = append(t.output[key], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e, key)
		}
		delete(t.output, key)
	}
}

func (t *tally) endTest(e event, key string) {
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		t.print("SKIP", e, t.output[key])
	case "fail":
		t.failed++
		t.print("FAIL", e, t.output[key])
	}
}

func (t *tally) endPackage(e event) {
	name := strings.TrimPrefix(e.Package, "dobosh/")
	switch e.Action {
	case "pass":
		_, _ = fmt.Fprintf(t.out, "ok    %-36s %6.1f s\n", name, e.Elapsed)
	case "fail":
		t.broken = true
		t.print("FAIL", e, t.output[e.Package+" "])
	}
}

func (t *tally) print(what string, e event, lines []string) {
	_, _ = fmt.Fprintf(t.out, "%s  %s %s\n", what, strings.TrimPrefix(e.Package, "dobosh/"), e.Test)
	for _, line := range lines {
		if !strings.HasPrefix(line, "=== ") {
			_, _ = fmt.Fprint(t.out, "      ", line)
		}
	}
}

// close prints what never finished and the sum.
func (t *tally) close() bool {
	left := make([]string, 0, len(t.output))
	for key := range t.output {
		left = append(left, key)
	}
	slices.Sort(left)
	for _, key := range left {
		if name, test, _ := strings.Cut(key, " "); test == "" && t.broken {
			_, _ = fmt.Fprintf(t.out, "%s: %s", name, strings.Join(t.output[key], ""))
		}
	}
	_, _ = fmt.Fprintf(t.out, "\n%d tests ran\n%d passed, %d failed, %d skipped\n", t.passed+t.failed, t.passed, t.failed, t.skipped)
	return t.failed == 0 && !t.broken
}
