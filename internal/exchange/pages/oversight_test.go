package pages_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange/oversight"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// watched is a node that operators and auditors look at.
type watched struct {
	filters  []oversight.Filter
	findings []string
}

func (w *watched) Figures(context.Context, act.Actor) ([]oversight.Figures, error) {
	return []oversight.Figures{{
		Asking: true, Service: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "REGISTERS", Subsystem: "civil", Service: "births"},
		Ended: 12_345, Refused: 41, P50: 1400 * time.Microsecond, P99: 2300 * time.Millisecond,
		Hops:   []oversight.HopFigures{{Name: "journal", P50: time.Millisecond}, {Name: "network"}, {Name: "provider-journal"}, {Name: "system", P50: 12 * time.Millisecond}},
		Causes: []oversight.Cause{{Code: "node-away", Count: 40, Last: pages.Now}, {Code: "made-up", Count: 1, Last: pages.Now}},
	}}, nil
}

func (w *watched) Condition(context.Context, act.Actor) (exchangepages.Condition, error) {
	return exchangepages.Condition{
		Journal: "stopped", Forked: true, Revoked: true, Entries: 120_345, Witnesses: true, Witnessed: 100_000, CosignedAt: pages.Now.Add(-time.Hour), Stamps: true, StampsFail: pages.Now.Add(-time.Hour),
		RegistryAt: pages.Now.Add(-time.Hour), StopsAt: pages.Now.Add(time.Hour), Certificate: pages.Now.Add(time.Hour), Hidden: 2,
		Quotas: []exchangepages.QuotaUse{{Contract: "family-births", Used: 81, Quota: 100}, {Contract: "rarely", Used: 1, Quota: 100}},
		Peers:  []exchangepages.PeerState{{Body: pages.Both("Државни регистри", "State registers"), Node: "one", Failing: true}, {Body: pages.Both("Државни регистри", "State registers"), Node: "two", State: "maintenance", Took: time.Millisecond}},
	}, nil
}

func (w *watched) Title(registry.ID) lang.Text {
	return pages.Both("Матична књига рођених", "Register of births")
}

func (w *watched) Exchanges(_ context.Context, _ act.Actor, f oversight.Filter, _ page.Key) (page.Page[oversight.Exchange], error) {
	w.filters = append(w.filters, f)
	if f.ID == "none" {
		return page.Page[oversight.Exchange]{}, nil
	}
	return page.Page[oversight.Exchange]{Items: []oversight.Exchange{exchangeAt(1), exchangeAt(2), exchangeAt(3)}, Next: page.KeyOf("7")}, nil
}

func exchangeAt(index int64) oversight.Exchange {
	x := oversight.Exchange{Index: index, ID: "01k9", At: pages.Now, Asking: true, Contract: "family-births", Purpose: "family-support", Provision: "zfpp/22/1", Status: 200, Fields: []string{"/born"}, Persons: 1}
	switch index {
	case 2:
		x.Code = "contract-ended"
	case 3:
		x.Open = true
	case 4:
		return oversight.Exchange{Index: index, Erased: true}
	}
	return x
}

func (w *watched) Exchange(_ context.Context, _ act.Actor, index int64) (oversight.Exchange, error) {
	if index > 4 {
		return oversight.Exchange{}, problem.New(problem.NotFound, "exchange-unknown")
	}
	return exchangeAt(index), nil
}

func (w *watched) CanExport() bool { return true }

func (w *watched) Evidence(context.Context, act.Actor, int64) (string, []byte, error) {
	return "01k9.evidence.json", []byte("{}"), nil
}

func (w *watched) Hidden(context.Context, act.Actor) ([]oversight.Hidden, error) {
	return []oversight.Hidden{{Contract: "court/1", Provision: "zfpp/22/1", Receipts: 2, Next: pages.Now, Last: pages.Now}}, nil
}

func (w *watched) ReviewHidden(_ context.Context, _ act.Actor, contract, finding string) error {
	w.findings = append(w.findings, contract+": "+finding)
	return nil
}

func open(t testing.TB, d exchangepages.Deps) *portal.Portal {
	t.Helper()
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	d.Pack = pages.Serbia(t)
	return pages.Open(t, pages.Config(words), exchangepages.New(d))
}

func watching(w *watched) exchangepages.Deps {
	return exchangepages.Deps{Oversight: w, Conditions: w}
}

// expected is a page that somebody asks for, and what it comes with.
type expected struct {
	Who, Path string
	Status    int
}

func TestOversightPagesInEveryLanguage(t *testing.T) {
	h := open(t, watching(&watched{}))
	for _, e := range []expected{
		{"operator", "/", 303}, {"operator", "/desk/operate", 200}, {"operator", "/desk/exchanges", 200}, {"operator", "/desk/exchanges?id=none", 200},
		{"operator", "/desk/exchanges?day=yesterday", 422}, {"operator", "/desk/exchanges/1", 200}, {"operator", "/desk/exchanges/2", 200}, {"operator", "/desk/exchanges/3", 200},
		{"operator", "/desk/exchanges/4", 200}, {"operator", "/desk/exchanges/5", 404}, {"operator", "/desk/exchanges/x", 404}, {"auditor", "/desk/hidden", 200},
		{"auditor", "/desk/hidden/court%2F1/review", 200}, {"", "/desk/operate", 401},
	} {
		for _, tag := range lang.Tags() {
			w := pages.Request{Who: e.Who, Path: e.Path, Tag: tag}.To(h)
			if w.Code != e.Status {
				t.Fatalf("%s %s: status %d, want %d", tag, e.Path, w.Code, e.Status)
			}
			if w.Code != 303 {
				pages.Check(t, w.Body.String(), tag)
			}
		}
	}
}

func TestAnOperatorSeesWhatIsWrongFirst(t *testing.T) {
	body := pages.Request{Who: "operator", Path: "/desk/operate", Tag: lang.En}.To(open(t, watching(&watched{}))).Body.String()
	for _, want := range []string{"9 things need your attention", "is not accepting entries", "two different histories", "The registry does not have this node", "81% of the daily requests under contract family-births have been used", "1.4\u00a0ms", "2.3\u00a0s", "12,345", "Some other cause"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "rarely") {
		t.Error("a quota that is hardly used takes the operator's time")
	}
}

func TestTheSearchReachesTheRoomAndAReviewIsWritten(t *testing.T) {
	node := &watched{}
	h := open(t, watching(node))
	pages.Request{Who: "operator", Path: "/desk/exchanges?id=01k9&party=civil&refused=1&day=23.11.2026", Tag: lang.SrLatn}.To(h)
	begin := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC) // the day begins in Belgrade
	if f := node.filters[0]; f.ID != "01k9" || f.Party != "civil" || !f.Refused || !f.From.Equal(begin) || !f.To.Equal(begin.Add(24*time.Hour-time.Microsecond)) {
		t.Errorf("searched for %+v", f)
	}
	if w := (pages.Request{Who: "auditor", Path: "/desk/hidden/court%2F1/review", Form: url.Values{"finding": {""}}}).To(h); w.Code != 422 {
		t.Errorf("an empty finding: %d", w.Code)
	}
	w := pages.Request{Who: "auditor", Path: "/desk/hidden/court%2F1/review", Form: url.Values{"finding": {"Постоји налог."}}}.To(h)
	if w.Code != 303 || len(node.findings) != 1 || node.findings[0] != "court/1: Постоји налог." {
		t.Errorf("%d %v", w.Code, node.findings)
	}
	if w := (pages.Request{Who: "auditor", Path: "/desk/exchanges/1/evidence"}).To(h); w.Code != 200 || w.Body.String() != "{}" {
		t.Errorf("evidence: %d %s", w.Code, w.Body)
	}
}
