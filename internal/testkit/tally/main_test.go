package main

import (
	"bytes"
	"strings"
	"testing"
)

func run(t *testing.T, lines ...string) (out string, ok bool) {
	t.Helper()
	var b bytes.Buffer
	tally := &tally{out: &b, output: map[string][]string{}}
	if err := tally.read(strings.NewReader(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	ok = tally.close()
	return b.String(), ok
}

func TestCountsAndReasons(t *testing.T) {
	out, ok := run(t,
		`{"Action":"run","Package":"dobosh/a","Test":"TestOne"}`,
		`{"Action":"pass","Package":"dobosh/a","Test":"TestOne"}`,
		`{"Action":"output","Package":"dobosh/a","Test":"TestTwo","Output":"    no server here\n"}`,
		`{"Action":"skip","Package":"dobosh/a","Test":"TestTwo"}`,
		`{"Action":"pass","Package":"dobosh/a","Elapsed":1.5}`)
	if !ok || !strings.Contains(out, "1 passed, 0 failed, 1 skipped") || !strings.Contains(out, "no server here") {
		t.Errorf("ok %v, printed:\n%s", ok, out)
	}
}

func TestFailuresShowTheirOutput(t *testing.T) {
	out, ok := run(t,
		`{"Action":"output","Package":"dobosh/a","Test":"TestOne","Output":"    a_test.go:1: wrong\n"}`,
		`{"Action":"fail","Package":"dobosh/a","Test":"TestOne"}`,
		`{"Action":"fail","Package":"dobosh/a"}`)
	if ok || !strings.Contains(out, "a_test.go:1: wrong") || !strings.Contains(out, "0 passed, 1 failed") {
		t.Errorf("ok %v, printed:\n%s", ok, out)
	}
}

func TestAPackageThatDoesNotBuildFails(t *testing.T) {
	out, ok := run(t, `go: some note`, `{"Action":"output","Package":"dobosh/a","Output":"FAIL dobosh/a [build failed]\n"}`, `{"Action":"fail","Package":"dobosh/a"}`)
	if ok || !strings.Contains(out, "build failed") || !strings.Contains(out, "go: some note") {
		t.Errorf("ok %v, printed:\n%s", ok, out)
	}
}
