package rules_test

import (
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/laws"
)

// today is a day on which both rules are in force.
func today() civil.Day { return civil.Date(2026, 11, 23) }

func allowance(t testing.TB, p *law.Pack, day civil.Day) *rules.Rule {
	t.Helper()
	r, err := rules.Compile(p, "parental-allowance", day)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// family gives facts under which the allowance is granted.
func family(day civil.Day, order int) map[string]any {
	return map[string]any{
		"child.live": true, "child.born": day, "child.order": order, "child.given_name": "Милица",
		"mother.person": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "mother.citizen": true, "mother.resident": true, "grants.paid": false,
	}
}

func BenchmarkCompile(b *testing.B) {
	p := laws.Serbia(b)
	for b.Loop() {
		allowance(b, p, today())
	}
}

func BenchmarkDecide(b *testing.B) {
	r := allowance(b, laws.Serbia(b), today())
	known := family(today(), 2)
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Decide(known); out.Result != rules.Yes {
			b.Fatal(out)
		}
	}
}

func BenchmarkDecideUnknown(b *testing.B) {
	r := allowance(b, laws.Serbia(b), today())
	known := family(today(), 2)
	delete(known, "mother.resident")
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Decide(known); out.Result != rules.Unknown {
			b.Fatal(out)
		}
	}
}

func BenchmarkRecordJSON(b *testing.B) {
	r := allowance(b, laws.Serbia(b), today())
	known := family(today(), 2)
	for b.Loop() {
		rec, _ := r.Record(known)
		if _, err := rec.JSON(); err != nil {
			b.Fatal(err)
		}
	}
}
