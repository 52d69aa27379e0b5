package pages

import "testing"

func TestTheCheckerFindsFaults(t *testing.T) {
	for name, html := range map[string]string{
		"no doctype":  `<html lang="en"></html>`,
		"not closed":  `<!doctype html><html><p></html>`,
		"wrong order": `<!doctype html><b><i></b></i>`,
		"stray":       `<!doctype html><p>1 < 2</p>`,
		"twice":       `<!doctype html><p id="a" id="b"></p>`,
	} {
		if _, err := Parse(html); err == nil {
			t.Errorf("%s: no fault found", name)
		}
	}
}
