package rules_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/laws"
	"dobosh/packs"
)

// with is the pack of Serbia with one text in one file changed.
func with(t testing.TB, file, old, new string) *law.Pack {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(packs.Serbia(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(packs.Serbia(), name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(files[file].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	files[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
	p, err := law.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// raised pays 550.000 for first children born from December.
func raised(t testing.TB) *law.Pack {
	return with(t, "parameters/zfpp.yaml", "      - from: 2024-01-01\n        value: 500000\n",
		"      - from: 2026-12-01\n        value: 550000\n        provision: zfpp/23\n        source: a test\n        verified: false\n"+
			"      - from: 2024-01-01\n        to: 2026-11-30\n        value: 500000\n")
}

func TestCheckFindsBadRules(t *testing.T) {
	const file = "rules/parental-allowance.yaml"
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown fact", "when: mother.citizen", "when: mother.citizens", `column 7 of "mother.citizens": undeclared reference`},
		{"wrong types", "when: child.order <= zfpp.last_order", "when: child.order <= mother.person", `column 13 of "child.order <= mother.person": found no matching overload`},
		{"syntax", "when: child.order <= zfpp.last_order", "when: child.order <=", "Syntax error"},
		{"no truth value", "when: mother.citizen", "when: child.order + 1", `"child.order + 1" gives int; a condition gives true or false`},
		{"a place that nothing fills", "Имате пребивалиште у Србији.", "Имате пребивалиште: {mother.home}.", `a sentence of "resident" names {mother.home}, which is not certain to be known there`},
		{"a place that may stay empty", "Имате пребивалиште у Србији.", "Имате пребивалиште од {child.born}.", "names {child.born}"},
		{"what is missing in a sentence of yes", "Имате пребивалиште у Србији.", "Имате {missing}.", "names {missing}"},
		{"a bad payment", "when: child.order == 2", "when: child.order == 'two'", "found no matching overload"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := law.Findings(rules.Check(with(t, file, tt.old, tt.new)))
			if len(found) == 0 || !strings.Contains(found.Error(), tt.want) || !strings.HasPrefix(found.Error(), file+":") || found[0].At.Line < 50 {
				t.Errorf("want %q, got %v", tt.want, found)
			}
		})
	}
}

func TestExamplesThatFail(t *testing.T) {
	const file = "rules/parental-allowance.yaml"
	for _, tt := range []struct{ name, old, new, want string }{
		{"total", "total: 500000", "total: 400000", "the total is 500000.00, not 400000.00"},
		{"result", "result: unknown", "result: yes", "the result is unknown, not yes"},
		{"what failed", "failed: [order]", "failed: [citizen]", "what failed is [order], not [citizen]"},
		{"instalment", `monthly: 25000`, `monthly: 24000`, "the instalment is 25000.00, not 24000.00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			report := rules.Test(with(t, file, tt.old, tt.new))
			if len(report.Failed) != 1 || !strings.Contains(report.String(), tt.want) || report.Failed[0].At.Line < 100 {
				t.Errorf("%v", report)
			}
		})
	}
}

func TestARaiseChangesOnlyBirthsFromItsDay(t *testing.T) {
	old, raised := laws.Serbia(t), raised(t)
	for day := civil.Date(2026, 11, 1); day.Before(civil.Date(2027, 1, 1)); day = day.AddDays(1) {
		for order := 1; order <= 4; order++ {
			before := allowance(t, old, day).Decide(family(day, order)).Plan.Total
			after := allowance(t, raised, day).Decide(family(day, order)).Plan.Total
			want := before
			if order == 1 && !day.Before(civil.Date(2026, 12, 1)) {
				want = money.Dinars(550_000)
			}
			if after != want {
				t.Errorf("child %d, born %s: %s, want %s", order, day, after.Decimal(), want.Decimal())
			}
		}
	}
}

func TestCompareSaysWhoGains(t *testing.T) {
	d := rules.Compare(laws.Serbia(t), raised(t))
	if len(d.Cases) == 0 {
		t.Fatal("nobody gains")
	}
	for _, c := range d.Cases {
		if c.Rule != "parental-allowance" || c.Day.Before(civil.Date(2026, 12, 1)) || !c.Gains || c.Loses || c.To-c.From != money.Dinars(50_000) {
			t.Errorf("%+v", c)
		}
	}
	if text := d.String(); !strings.Contains(text, "parameter zfpp.first from 2026-12-01: 500000.00 becomes 550000.00\n") || !strings.Contains(text, "born 2026-12-01, \"first child on the first day of the law\": gains 50000.00") {
		t.Errorf("%s", text)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
	back := rules.Compare(raised(t), laws.Serbia(t))
	if len(back.Cases) != len(d.Cases) || !back.Cases[0].Loses {
		t.Errorf("%+v", back.Cases)
	}
	if same := rules.Compare(laws.Serbia(t), laws.Serbia(t)); same.String() != "nothing changes\n" {
		t.Errorf("%s", same)
	}
}

func TestAnEndedProvisionStopsTheRuleByName(t *testing.T) {
	p := with(t, "instruments/zfpp.yaml", "      en: amount and payment of the parental allowance\n    from: 2018-07-01\n", "      en: amount and payment of the parental allowance\n    from: 2018-07-01\n    to: 2026-11-30\n")
	if _, err := rules.Compile(p, "parental-allowance", civil.Date(2026, 11, 30)); err != nil {
		t.Errorf("on the last day: %v", err)
	}
	_, err := rules.Compile(p, "parental-allowance", civil.Date(2026, 12, 1))
	if !problem.HasCode(err, "provision-not-in-force") || problem.Of(err).Args["provision"] != "zfpp/23" {
		t.Errorf("after it: %v", err)
	}
	d := rules.Compare(laws.Serbia(t), p)
	if len(d.Cases) == 0 || !strings.Contains(d.String(), "zfpp/23 (Art. 23 of the Law on Financial Support to Families with Children) is not in force on 2026-12-01") {
		t.Errorf("%s", d)
	}
}

// What two conditions of a plan make impossible to pay goes to a person.
func TestPlansThatAreNoPlan(t *testing.T) {
	const file = "rules/parental-allowance.yaml"
	for _, tt := range []struct{ name, old, new string }{
		{"two kinds of instalments", "when: child.order == 3\n", "when: child.order == 2\n"},
		{"no payment at all", "when: child.order == 2\n", "when: child.order == 7\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := with(t, file, tt.old, tt.new)
			day := civil.Date(2018, 7, 1) // before the one-off assistance
			out := allowance(t, p, day).Decide(family(day, 2))
			last := out.Steps[len(out.Steps)-1]
			if out.Result != rules.Unknown || len(out.Missing) != 0 || last.Condition != "plan" || !strings.Contains(last.Says["en"], "An officer will look at") {
				t.Errorf("%+v", out)
			}
		})
	}
}

// An expression that costs too much is not worth an answer.
func TestCostIsBounded(t *testing.T) {
	list := "[" + strings.Repeat("1,", 120) + "1]"
	when := "\"" + list + ".all(a, " + list + ".all(b, " + "a + b < 3 && child.live))\""
	p := with(t, "rules/parental-allowance.yaml", "when: child.live\n", "when: "+when+"\n")
	out := allowance(t, p, today()).Decide(family(today(), 1))
	if out.Result != rules.Unknown || len(out.Missing) != 0 || out.Steps[0].Result != rules.Unknown {
		t.Errorf("%+v", out.Steps[0])
	}
}
