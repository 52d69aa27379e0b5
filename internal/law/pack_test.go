package law_test

import (
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
)

func load(t testing.TB) *law.Pack {
	t.Helper()
	p, err := law.Load(copyOfSerbia(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCite(t *testing.T) {
	p := load(t)
	for ref, want := range map[law.Ref][3]string{
		"zfpp/22/1": {"чл. 22. ст. 1. Закона о финансијској подршци породици са децом", "čl. 22. st. 1. Zakona o finansijskoj podršci porodici sa decom", "Art. 22(1) of the Law on Financial Support to Families with Children"},
		"zfpp/25d":  {"чл. 25д Закона о финансијској подршци породици са децом", "čl. 25d Zakona o finansijskoj podršci porodici sa decom", "Art. 25d of the Law on Financial Support to Families with Children"},
	} {
		pr, ok := p.Provision(ref)
		if !ok {
			t.Fatalf("no provision %s", ref)
		}
		for i, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn, lang.En} {
			if got := pr.Cite(tag); got != want[i] {
				t.Errorf("%s in %s: %q", ref, tag, got)
			}
		}
	}
}

func TestInForceNamesTheProvision(t *testing.T) {
	p, err := law.Load(change(t, copyOfSerbia(t), "instruments/zfpp.yaml", "      en: use of data\n    from: 2018-07-01\n", "      en: use of data\n    from: 2018-07-01\n    to: 2026-11-30\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.InForce("zfpp/48", civil.Date(2026, 11, 30)); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	err = p.InForce("zfpp/48", civil.Date(2026, 12, 1))
	if !problem.HasCode(err, "provision-not-in-force") {
		t.Fatalf("after its last day: %v", err)
	}
	args := problem.Of(err).Args
	if args["provision"] != "zfpp/48" || !strings.HasPrefix(args["cite"], "чл. 48. Закона") || args["to"] != "2026-11-30" {
		t.Errorf("the problem does not name it: %v", args)
	}
	if err := p.InForce("zfpp/48", civil.Date(2018, 6, 30)); !problem.HasCode(err, "provision-not-in-force") {
		t.Errorf("before its first day: %v", err)
	}
	if err := p.InForce("zfpp/999", civil.Date(2026, 1, 1)); !problem.HasCode(err, "provision-unknown") {
		t.Errorf("unknown: %v", err)
	}
}

func TestAnInstrumentEndsItsProvisions(t *testing.T) {
	p, err := law.Load(change(t, copyOfSerbia(t), "instruments/zfpp.yaml", "  from: 2018-07-01\n", "  from: 2018-07-01\n  to: 2026-12-31\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.InForce("zfpp/22/1", civil.Date(2027, 1, 1)); !problem.HasCode(err, "provision-not-in-force") {
		t.Errorf("got %v", err)
	}
}

func TestParametersOnBothSidesOfEachChange(t *testing.T) {
	p := load(t)
	for _, tt := range []struct {
		day  civil.Day
		want string
	}{
		{civil.Date(2018, 7, 1), "100000.00"}, {civil.Date(2021, 6, 30), "100000.00"}, {civil.Date(2021, 7, 1), "106412.94"},
		{civil.Date(2021, 12, 31), "106412.94"}, {civil.Date(2022, 1, 1), "300000.00"}, {civil.Date(2022, 12, 31), "321900.00"},
		{civil.Date(2023, 1, 1), "345398.70"}, {civil.Date(2023, 12, 31), "366122.62"}, {civil.Date(2024, 1, 1), "500000.00"},
	} {
		first, ok := p.Parameter("zfpp.first", tt.day)
		if !ok || first.Money().Decimal() != tt.want {
			t.Errorf("%s: %s", tt.day, first.Money().Decimal())
		}
	}
	if _, ok := p.Parameter("zfpp.first", civil.Date(2018, 6, 30)); ok {
		t.Error("a value before the law")
	}
	if _, ok := p.Parameter("zfpp.fifth", civil.Date(2024, 1, 1)); ok {
		t.Error("a value without a name")
	}
}

func TestZrenjaninHasItsSettlements(t *testing.T) {
	p := load(t)
	names := map[string]bool{}
	for _, place := range p.Places() {
		if place.Within == "80152" {
			names[place.Name["sr"]] = true
		}
	}
	if len(names) != 22 || !names["Зрењанин"] || !names["Јанков Мост"] || !names["Чента"] {
		t.Errorf("settlements: %v", names)
	}
	if zr, ok := p.Place("80152"); !ok || zr.Kind != "municipality" {
		t.Errorf("the city: %+v", zr)
	}
}

func TestEverythingSaysWhatItRestsOn(t *testing.T) {
	p := load(t)
	for _, s := range p.Services() {
		if err := p.InForce(s.Provision, s.From); err != nil {
			t.Errorf("service %s: %v", s.ID, err)
		}
		if _, ok := p.Body(s.Body); !ok {
			t.Errorf("service %s has no body", s.ID)
		}
		if _, ok := p.Purpose(s.Purpose); !ok {
			t.Errorf("service %s has no purpose", s.ID)
		}
	}
	if len(p.Contracts()) < 6 || len(p.Instruments()) < 4 || len(p.Terms()) < 3 || len(p.Bodies()) != 3 || len(p.Purposes()) < 3 {
		t.Error("the pack is not complete")
	}
	for _, name := range p.Parameters() {
		for _, v := range p.Values(name) {
			if v.Source == "" || v.Value <= 0 {
				t.Errorf("%s from %s: %+v", name, v.From, v)
			}
		}
	}
}

func TestDigestIsOfTheContent(t *testing.T) {
	a, b := load(t), load(t)
	changed, err := law.Load(change(t, copyOfSerbia(t), "pack.yaml", "2026-11-23", "2026-11-24"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Digest != b.Digest || a.Digest == changed.Digest || !strings.HasPrefix(a.Digest, "sha256:") {
		t.Errorf("digests %s %s %s", a.Digest, b.Digest, changed.Digest)
	}
}

// next raises the amount for the first child from a day, as an author would.
const oldAmount = "      - from: 2024-01-01\n        value: 500000\n"

func raised(t testing.TB) *law.Pack {
	t.Helper()
	files := change(t, copyOfSerbia(t), "parameters/zfpp.yaml", oldAmount,
		"      - from: 2026-12-01\n        value: 550000\n        provision: zfpp/23\n        source: a test\n        verified: false\n"+
			"      - from: 2024-01-01\n        to: 2026-11-30\n        value: 500000\n")
	p, err := law.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompareParameters(t *testing.T) {
	d := law.Compare(load(t), raised(t))
	if len(d.Parameters) != 1 || len(d.Ended)+len(d.Stopped)+len(d.Added)+len(d.Removed) != 0 {
		t.Fatalf("%+v", d)
	}
	c := d.Parameters[0]
	if c.From != civil.Date(2026, 12, 1) || !c.To.IsZero() || money.Para(c.Old) != money.Dinars(500_000) || money.Para(c.New) != money.Dinars(550_000) {
		t.Errorf("%+v", c)
	}
	if got := d.String(); got != "parameter zfpp.first from 2026-12-01: 500000.00 becomes 550000.00\n" {
		t.Errorf("%q", got)
	}
	if same := law.Compare(load(t), load(t)); same.String() != "" || len(same.Days()) != 0 {
		t.Errorf("a pack differs from itself: %v", same)
	}
}

func TestCompareEndings(t *testing.T) {
	ended, err := law.Load(change(t, copyOfSerbia(t), "instruments/zfpp.yaml", "      en: use of data\n    from: 2018-07-01\n", "      en: use of data\n    from: 2018-07-01\n    to: 2026-11-30\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := law.Compare(load(t), ended)
	if len(d.Ended) != 1 || d.Ended[0].ID != "zfpp/48" || len(d.Stopped) != 3 {
		t.Fatalf("%+v", d)
	}
	want := "contract allowance-births is not in force from 2026-12-01; it rests on zfpp/48\n"
	if !strings.Contains(d.String(), want) {
		t.Errorf("%s", d)
	}
}

func TestCompareGoneAndNew(t *testing.T) {
	without := change(t, copyOfSerbia(t), "contracts.yaml", "  - id: grant-births", "  - id: newborn-births")
	p, err := law.Load(without)
	if err != nil {
		t.Fatal(err)
	}
	text := law.Compare(load(t), p).String()
	for _, want := range []string{"contract grant-births is gone", "new: contract newborn-births", "gone: contract grant-births"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	files := copyOfSerbia(b)
	for b.Loop() {
		if _, err := law.Load(files); err != nil {
			b.Fatal(err)
		}
	}
}
