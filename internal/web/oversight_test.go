package web

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
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
		Causes: []oversight.Cause{{Code: "node-away", Count: 40, Last: now}, {Code: "made-up", Count: 1, Last: now}},
	}}, nil
}

func (w *watched) Condition(context.Context, act.Actor) (Condition, error) {
	return Condition{
		Journal: "stopped", Forked: true, Revoked: true, Entries: 120_345, Witnesses: true, Witnessed: 100_000, CosignedAt: now.Add(-time.Hour), Stamps: true, StampsFail: now.Add(-time.Hour),
		RegistryAt: now.Add(-time.Hour), StopsAt: now.Add(time.Hour), Certificate: now.Add(time.Hour), Hidden: 2,
		Quotas: []QuotaUse{{"family-births", 81, 100}, {"rarely", 1, 100}},
		Peers:  []PeerState{{Body: both("Државни регистри", "State registers"), Node: "one", Failing: true}, {Body: both("Државни регистри", "State registers"), Node: "two", State: "maintenance", Took: time.Millisecond}},
	}, nil
}

func (w *watched) Title(registry.ID) lang.Text {
	return both("Матична књига рођених", "Register of births")
}

func (w *watched) Exchanges(_ context.Context, _ act.Actor, f oversight.Filter, _ page.Key) (page.Page[oversight.Exchange], error) {
	w.filters = append(w.filters, f)
	if f.ID == "none" {
		return page.Page[oversight.Exchange]{}, nil
	}
	return page.Page[oversight.Exchange]{Items: []oversight.Exchange{exchangeAt(1), exchangeAt(2), exchangeAt(3)}, Next: page.KeyOf("7")}, nil
}

func exchangeAt(index int64) oversight.Exchange {
	x := oversight.Exchange{Index: index, ID: "01k9", At: now, Asking: true, Contract: "family-births", Purpose: "family-support", Provision: "zfpp/22/1", Status: 200, Fields: []string{"/born"}, Persons: 1}
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
	return []oversight.Hidden{{Contract: "court/1", Provision: "zfpp/22/1", Receipts: 2, Next: now, Last: now}}, nil
}

func (w *watched) ReviewHidden(_ context.Context, _ act.Actor, contract, finding string) error {
	w.findings = append(w.findings, contract+": "+finding)
	return nil
}

func watchedNode(t testing.TB, w *watched) site {
	d := base(t)
	d.Oversight, d.Conditions = w, w
	return d
}

func TestOversightPagesInEveryLanguage(t *testing.T) {
	h := open(t, watchedNode(t, &watched{}))
	for _, e := range []expected{
		{"operator", "/", 303}, {"operator", "/desk/operate", 200}, {"operator", "/desk/exchanges", 200}, {"operator", "/desk/exchanges?id=none", 200},
		{"operator", "/desk/exchanges?day=yesterday", 422}, {"operator", "/desk/exchanges/1", 200}, {"operator", "/desk/exchanges/2", 200}, {"operator", "/desk/exchanges/3", 200},
		{"operator", "/desk/exchanges/4", 200}, {"operator", "/desk/exchanges/5", 404}, {"operator", "/desk/exchanges/x", 404}, {"auditor", "/desk/hidden", 200},
		{"auditor", "/desk/hidden/court%2F1/review", 200}, {"", "/desk/operate", 401},
	} {
		for _, tag := range lang.Tags() {
			w := request{who: e.who, path: e.path, tag: tag}.to(h)
			if w.Code != e.status {
				t.Fatalf("%s %s: status %d, want %d", tag, e.path, w.Code, e.status)
			}
			if w.Code != 303 {
				checkPage(t, w.Body.String(), string(tag))
				checkScript(t, w.Body.String(), tag)
			}
		}
	}
}

func TestAnOperatorSeesWhatIsWrongFirst(t *testing.T) {
	body := request{who: "operator", path: "/desk/operate", tag: lang.En}.to(open(t, watchedNode(t, &watched{}))).Body.String()
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
	h := open(t, watchedNode(t, node))
	request{who: "operator", path: "/desk/exchanges?id=01k9&party=civil&refused=1&day=23.11.2026", tag: lang.SrLatn}.to(h)
	begin := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC) // the day begins in Belgrade
	if f := node.filters[0]; f.ID != "01k9" || f.Party != "civil" || !f.Refused || !f.From.Equal(begin) || !f.To.Equal(begin.Add(24*time.Hour-time.Microsecond)) {
		t.Errorf("searched for %+v", f)
	}
	if w := (request{who: "auditor", path: "/desk/hidden/court%2F1/review", form: url.Values{"finding": {""}}}).to(h); w.Code != 422 {
		t.Errorf("an empty finding: %d", w.Code)
	}
	w := request{who: "auditor", path: "/desk/hidden/court%2F1/review", form: url.Values{"finding": {"Постоји налог."}}}.to(h)
	if w.Code != 303 || len(node.findings) != 1 || node.findings[0] != "court/1: Постоји налог." {
		t.Errorf("%d %v", w.Code, node.findings)
	}
	if w := (request{who: "auditor", path: "/desk/exchanges/1/evidence"}).to(h); w.Code != 200 || w.Body.String() != "{}" {
		t.Errorf("evidence: %d %s", w.Code, w.Body)
	}
}
