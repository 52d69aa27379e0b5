package registry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIdentifiersRead(t *testing.T) {
	for text, want := range map[string]ID{
		"RS/GOV/7000":                        {Instance: "RS", Class: "GOV", Member: "7000"},
		"RS/GOV/7000/civil":                  {Instance: "RS", Class: "GOV", Member: "7000", Subsystem: "civil"},
		"RS/GOV/7000/civil/births":           {Instance: "RS", Class: "GOV", Member: "7000", Subsystem: "civil", Service: "births"},
		"EE/BUSINESS/p/s%2Fub/%C3%B6":        {Instance: "EE", Class: "BUSINESS", Member: "p", Subsystem: "s/ub", Service: "ö"},
		"EE/BUSINESS/p/s%2fub":               {Instance: "EE", Class: "BUSINESS", Member: "p", Subsystem: "s/ub"},
		"RS/GOV/Град Зрењанин":               {Instance: "RS", Class: "GOV", Member: "Град Зрењанин"},
		"RS/GOV/a'()+,-.=?":                  {Instance: "RS", Class: "GOV", Member: "a'()+,-.=?"},
		"RS/GOV/a%252Fb":                     {Instance: "RS", Class: "GOV", Member: "a%2Fb"}, // decoded once, not twice
		"RS/GOV/...":                         {Instance: "RS", Class: "GOV", Member: "..."},
		"RS/GOV/" + strings.Repeat("ћ", 127): {Instance: "RS", Class: "GOV", Member: strings.Repeat("ћ", 127)},
	} {
		got, err := ParseID(text)
		if err != nil || got != want {
			t.Errorf("ParseID(%q) = %#v, %v", text, got, err)
		}
		if again, err := ParseID(got.String()); err != nil || again != got {
			t.Errorf("%q does not survive being written: %v, %v", text, again, err)
		}
	}
}

func TestIdentifiersRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "two parts": "RS/GOV", "six parts": "a/b/c/d/e/f", "empty part": "RS//7000", "leading slash": "/RS/GOV/7000", "trailing slash": "RS/GOV/7000/",
		"dot": "RS/GOV/.", "dots": "RS/GOV/..", "encoded dots": "RS/GOV/%2e%2E", "half encoded": "RS/GOV/%2", "no hex": "RS/GOV/%zz",
		"line end": "RS/GOV/a\nb", "encoded line end": "RS/GOV/a%0Ab", "nul": "RS/GOV/%00", "delete": "RS/GOV/%7F", "C1 control": "RS/GOV/%C2%85",
		"broken UTF-8": "RS/GOV/%FF", "replacement character": "RS/GOV/\uFFFD", "long part": "RS/GOV/" + strings.Repeat("a", 256),
		"long": strings.Repeat("a", 10_000),
	} {
		if id, err := ParseID(text); !errors.Is(err, ErrIdentifier) {
			t.Errorf("%s: %q gives %v, %v", name, text, id, err)
		}
	}
}

func TestIdentifierParts(t *testing.T) {
	id := ID{"RS", "GOV", "7000", "civil", "births"}
	if id.Owner() != (ID{"RS", "GOV", "7000", "", ""}) || id.System() != (ID{"RS", "GOV", "7000", "civil", ""}) || id.System().With("births") != id {
		t.Error("owner, subsystem or service of an identifier")
	}
	raw, err := json.Marshal(map[string]ID{"some": id, "none": {}})
	if err != nil {
		t.Fatal(err)
	}
	var again map[string]ID
	if err := json.Unmarshal(raw, &again); err != nil || again["some"] != id || again["none"] != (ID{}) {
		t.Errorf("through JSON: %v, %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"a":"RS/GOV"}`), &again); err == nil {
		t.Error("a broken identifier was read from JSON")
	}
}

// Every identifier that can be made from names is written and read as itself.
func TestIdentifiersSurviveBeingWritten(t *testing.T) {
	part := rapid.StringN(1, 40, maxPart).Filter(func(s string) bool { return checkName(s) == nil })
	rapid.Check(t, func(t *rapid.T) {
		id := ID{Instance: part.Draw(t, "instance"), Class: part.Draw(t, "class"), Member: part.Draw(t, "member")}
		if rapid.Bool().Draw(t, "subsystem?") {
			id.Subsystem = part.Draw(t, "subsystem")
			if rapid.Bool().Draw(t, "service?") {
				id.Service = part.Draw(t, "service")
			}
		}
		if again, err := ParseID(id.String()); err != nil || again != id {
			t.Fatalf("%q became %#v, %v", id.String(), again, err)
		}
	})
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"RS/GOV/7000/civil/births", "EE/B/p/s%2Fub/%C3%B6", "a/b/%2e%2e", "a/b/%00", "a//b", "%/%/%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err != nil {
			if id != (ID{}) {
				t.Fatal("an identifier beside an error")
			}
			return
		}
		for _, part := range id.Parts() {
			if checkName(part) != nil {
				t.Fatalf("the part %q was let through", part)
			}
		}
		if again, err := ParseID(id.String()); err != nil || again != id {
			t.Fatalf("%q became %q: %v", text, id, err)
		}
	})
}
