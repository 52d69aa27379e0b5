package cases_test

import (
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/law"
	"dobosh/internal/testkit"
)

// What was begun under a contact appears under the person to whom it was joined, beside their
// own, and to nobody else; who is joined decides it as little as their own.
func TestJoinedCasesAppearBesideTheirOwn(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		move := func(about, person string) cases.Case {
			c, _ := r.open(about, about)
			moved, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: person, Sector: "family"})
			must(t, err)
			return moved
		}
		own, joined, other := move("one", "p-1"), move("two", "contact-1"), move("three", "p-2")
		by := act.Actor{Account: "mother", Persons: map[string]string{"family": "p-1"}, Aliases: map[string][]string{"family": {"contact-1"}}}
		list, err := r.Own(t.Context(), by, "")
		must(t, err)
		if len(list.Items) != 2 || list.Items[0].Number != joined.Number || list.Items[1].Number != own.Number {
			t.Errorf("listed %+v", list.Items)
		}
		v, err := r.Case(t.Context(), by, joined.Number)
		must(t, err)
		want(t, "it is their own", v.Own, true)
		must(t, r.Answer(t.Context(), by, joined.Number, "An answer"))
		_, err = r.Case(t.Context(), by, other.Number)
		wantCode(t, err, "case-unknown")
		wantCode(t, r.Answer(t.Context(), by, other.Number, "An answer"), "case-unknown")

		before := act.Actor{Account: "mother", Persons: map[string]string{"family": "p-1"}}
		_, err = r.Case(t.Context(), before, joined.Number)
		wantCode(t, err, "case-unknown")
	})
}
