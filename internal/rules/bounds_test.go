package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/rules"
)

// A pack whose rules are out of bounds is refused with the file and the line of what is.
func TestWhatIsOutOfBoundsIsNotRead(t *testing.T) {
	for name, when := range map[string]string{
		"brackets":   strings.Repeat("[", 200) + strings.Repeat("]", 200) + "==[]",
		"round ones": strings.Repeat("(", 13) + "true" + strings.Repeat(")", 13),
		"maps":       strings.Repeat("{1:", 13) + "1" + strings.Repeat("}", 13) + "!={}",
		"choices":    strings.Repeat("true ? true : ", 13) + "true",
		"nots":       strings.Repeat("!", 14) + "true",
		"minuses":    strings.Repeat("- ", 13) + "1 < 2",
	} {
		t.Run(name, func(t *testing.T) {
			found := rules.Check(with(t, "rules/newborn-grant.yaml", "when: child.live", "when: '"+when+"'"))
			if len(found) == 0 {
				t.Fatal("nothing is wrong with it")
			}
			for _, f := range found {
				if at := f.At; at.Line == 0 || !strings.Contains(at.File, "newborn-grant.yaml") {
					t.Errorf("found at %v: %s", at, f.Says)
				}
			}
			if says := fmt.Sprint(found); !strings.Contains(says, "at most") {
				t.Errorf("found %s", says)
			}
		})
	}
}
