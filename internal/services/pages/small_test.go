package pages

import (
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
	"dobosh/internal/portal"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/pages"
)

func TestAmountsInWords(t *testing.T) {
	v := speaking(t, lang.SrCyrl)
	for name, c := range map[string]struct {
		plan rules.Plan
		want amount
	}{
		"once":    {once(), amount{"300.000", "динара, једнократно", nil}},
		"one":     {rules.Plan{Once: 100, Total: 100}, amount{"1", "динар, једнократно", nil}},
		"para":    {rules.Plan{Once: 101, Total: 101}, amount{"1,01", "динара, једнократно", nil}},
		"monthly": {rules.Plan{Monthly: money.Dinars(10000), Last: money.Dinars(10000), Months: 24, Total: money.Dinars(240000)}, amount{"10.000", "динара месечно, у 24 рате", []string{"Месечно: 10.000 динара, 24 месеца.", "Укупно: 240.000 динара."}}},
		"both":    {monthly(), amount{"245.000,50", "динара укупно", []string{"Једнократно: 5.000 динара.", "Месечно: 10.000 динара, 24 месеца.", "Последња рата: 10.000,50 динара."}}},
	} {
		got := amountOf(v, c.plan)
		if got.Figure != c.want.Figure || got.Unit != c.want.Unit || strings.Join(got.Words, "|") != strings.Join(c.want.Words, "|") {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestQRCodesAreDark(t *testing.T) {
	html, err := qrSVG("https://zrenjanin.example/verify/"+code, `says "so"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`role="img"`, `aria-label="says &#34;so&#34;"`, `fill="#fff"`, `stroke="#000"`, "M4 4.5h7"} { // the finder pattern stands in the corner
		if !strings.Contains(string(html), want) {
			t.Errorf("no %s in %.200s", want, html)
		}
	}
	if _, err := pages.Parse("<!doctype html>" + string(html)); err != nil {
		t.Error(err)
	}
	if _, err := qrSVG(strings.Repeat("x", 5000), ""); err == nil {
		t.Error("a text too long for a code was drawn")
	}
}

// speaking is a page in a language, of nobody and nothing.
func speaking(t testing.TB, tag lang.Tag) *portal.Visit {
	return &portal.Visit{Speaker: portal.Speaker{Catalogue: config(t).Catalogue, Tag: tag, Zone: time.UTC}}
}
