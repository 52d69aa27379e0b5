package contracts

import (
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// each runs a test in a world on each engine.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) { test(t, newWorld(t, engine)) })
	}
}

func TestAProposalThatIsApprovedIsInForce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.proposed()
		theirs := w.at(state, p.ID)
		if p.State != Open || p.Waits || !theirs.Waits || theirs.Contract.Digest() != births().Digest() {
			t.Fatalf("asked: here %+v, there %+v", p, theirs)
		}
		got, err := w.desks[state].Approve(t.Context(), officer, p.ID, theirs.Version)
		ok(t, got, err)
		w.settle()
		w.both(p.ID, InForce)
		c, stands := w.authority.State().Contract("births")
		if !stands || c.Digest() != births().Digest() {
			t.Error("the registry does not hold it")
		}
		for _, member := range []registry.ID{city, state} {
			if n := len(w.journals[member].entries); n != 2 {
				t.Errorf("%s journaled %d letters", member.Member, n)
			}
			s, err := w.desks[member].Contract(t.Context(), auditor, "births")
			if err != nil || s.Proposal != p.ID || s.Stopped != nil || s.Ending {
				t.Errorf("%s sees %+v, %v", member.Member, s, err)
			}
		}
	})
}

func TestADoubledApprovalIsOne(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	version := w.at(state, p.ID).Version
	for range 3 {
		got, err := w.desks[state].Approve(t.Context(), officer, p.ID, version)
		ok(t, got, err)
	}
	w.settle()
	got, err := w.desks[state].Approve(t.Context(), officer, p.ID, version)
	ok(t, got, err)
	if n := len(w.at(state, p.ID).Steps); n != 2 || w.authority.State().Size != 10 {
		t.Errorf("%d steps, %d statements", n, w.authority.State().Size)
	}
	colleague := act.Actor{Account: "colleague", Grants: officer.Grants}
	if _, err := w.desks[state].Approve(t.Context(), colleague, p.ID, version); !problem.HasCode(err, "proposal-changed") {
		t.Errorf("a colleague: %v", err)
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.proposed()
		version := w.at(state, p.ID).Version
		for _, reason := range []string{"", "  ", strings.Repeat("x", 2001), "a\x00b"} {
			if _, err := w.desks[state].Refuse(t.Context(), officer, p.ID, version, reason); !problem.HasCode(err, "form-incomplete") {
				t.Errorf("%.10q: %v", reason, err)
			}
		}
		got, err := w.desks[state].Refuse(t.Context(), officer, p.ID, version, "Довољан је редослед рођења.")
		ok(t, got, err)
		w.settle()
		w.both(p.ID, Refused)
		if p := w.at(city, p.ID); p.Reason != "Довољан је редослед рођења." || p.Steps[1].Side != Provider || p.Steps[1].Officer != "" {
			t.Errorf("the asker sees %+v", p)
		}
	})
}

func TestAnAmendmentTurnsTheTable(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.proposed()
		less := births()
		less.Fields = []string{"/live"}
		got, err := w.desks[state].Amend(t.Context(), officer, p.ID, w.at(state, p.ID).Version, less)
		ok(t, got, err)
		w.settle()
		mine := w.at(city, p.ID)
		if !mine.Waits || mine.Contract.Fields[0] != "/live" || mine.respondent() != Asker {
			t.Fatalf("the asker sees %+v", mine)
		}
		got, err = w.desks[city].Approve(t.Context(), officer, p.ID, mine.Version)
		ok(t, got, err)
		w.settle()
		w.both(p.ID, InForce)
		if c, _ := w.authority.State().Contract("births"); c.Fields[0] != "/live" {
			t.Error("another text is in force")
		}
	})
}

func TestEitherSideEnds(t *testing.T) {
	for _, ender := range []registry.ID{city, state} {
		w := newWorld(t, "sqlite")
		p := w.proposed()
		got, err := w.desks[state].Approve(t.Context(), officer, p.ID, w.at(state, p.ID).Version)
		ok(t, got, err)
		w.settle()
		if err := w.desks[ender].End(t.Context(), officer, "births", "Није више потребно."); err != nil {
			t.Fatal(err)
		}
		if s, err := w.desks[ender].Contract(t.Context(), officer, "births"); err != nil || !s.Ending {
			t.Errorf("on its way: %+v, %v", s, err)
		}
		w.settle()
		w.both(p.ID, Ended)
		if _, err := w.desks[ender].Contract(t.Context(), officer, "births"); !problem.HasCode(err, "contract-unknown") {
			t.Errorf("afterwards: %v", err)
		}
		if err := w.desks[third].End(t.Context(), officer, "births", "x"); !problem.HasCode(err, "contract-unknown") {
			t.Errorf("by a third: %v", err)
		}
	}
}

func TestAStandingContractIsAmended(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	got, err := w.desks[state].Approve(t.Context(), officer, p.ID, w.at(state, p.ID).Version)
	ok(t, got, err)
	w.settle()
	if _, err := w.desks[state].Propose(t.Context(), officer, id.New(), births()); !problem.HasCode(err, "contract-terms") {
		t.Errorf("the same again: %v", err)
	}
	more := births()
	more.Quota = 5000
	second, err := w.desks[state].Propose(t.Context(), officer, id.New(), more) // the provider may ask for it too
	ok(t, second, err)
	w.settle()
	got, err = w.desks[city].Approve(t.Context(), officer, second.ID, w.at(city, second.ID).Version)
	ok(t, got, err)
	w.settle()
	w.both(second.ID, InForce)
	w.both(p.ID, Ended)
	if c, _ := w.authority.State().Contract("births"); c.Quota != 5000 {
		t.Errorf("quota %d", c.Quota)
	}
}

func TestAMemberAgreesWithItself(t *testing.T) {
	w := newWorld(t, "sqlite")
	c := births()
	c.ID, c.Consumer, c.Provider, c.Service, c.Paths, c.Subjects = "", system(state, "civil"), system(state, "residence"), "residents", []string{"/v1/residents/{person}"}, []string{"path:person"}
	p, err := w.desks[state].Propose(t.Context(), officer, id.New(), c)
	ok(t, p, err)
	if !p.Waits || p.Contract.ID == "" {
		t.Fatalf("%+v", p)
	}
	got, err := w.desks[state].Approve(t.Context(), officer, p.ID, p.Version)
	ok(t, got, err)
	w.settle()
	if p = w.at(state, p.ID); p.State != InForce {
		t.Errorf("%s: %s", p.State, p.Reason)
	}
}

func TestAProviderThatIsAwayGetsItLater(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.away[state] = true
		p := w.proposed()
		if p.Carried == nil || p.Carried.Fault != "node-away" || p.Carried.Tries < 5 || p.Carried.To != state {
			t.Fatalf("on its way: %+v", p.Carried)
		}
		w.away[state] = false
		w.settle()
		if w.at(city, p.ID).Carried != nil || !w.at(state, p.ID).Waits {
			t.Error("it did not arrive")
		}
	})
}

func TestWhenBothActAtOnceTheTurnCounts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.proposed()
		w.away[city], w.away[state] = true, true
		got, err := w.desks[city].Withdraw(t.Context(), officer, p.ID, p.Version)
		ok(t, got, err)
		got, err = w.desks[state].Approve(t.Context(), officer, p.ID, w.at(state, p.ID).Version)
		ok(t, got, err)
		w.settle()
		w.away[city], w.away[state] = false, false
		w.settle()
		w.both(p.ID, InForce)
		if s := w.at(city, p.ID).Steps; len(s) != 2 || s[1].Act != Approve {
			t.Errorf("the asker remembers %+v", s)
		}
	})
}

func TestWhatTheRegistryRefusesHasFailedOnBothSides(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	w.refuses = "statement-refused"
	got, err := w.desks[state].Approve(t.Context(), officer, p.ID, w.at(state, p.ID).Version)
	ok(t, got, err)
	w.settle()
	w.settle()
	w.both(p.ID, Failed)
	if p := w.at(city, p.ID); p.Reason != "statement-refused" {
		t.Errorf("why: %q", p.Reason)
	}
}

func TestOnlyWhoMaySign(t *testing.T) {
	w := newWorld(t, "sqlite")
	p, d := w.proposed(), w.desks[state]
	for _, by := range []act.Actor{{}, clerk, auditor} {
		code := "not-allowed"
		if !by.Known() {
			code = "sign-in-needed"
		}
		_, propose := d.Propose(t.Context(), by, id.New(), births())
		_, approve := d.Approve(t.Context(), by, p.ID, 1)
		_, refuse := d.Refuse(t.Context(), by, p.ID, 1, "no")
		_, amend := d.Amend(t.Context(), by, p.ID, 1, births())
		_, withdraw := d.Withdraw(t.Context(), by, p.ID, 1)
		end, group := d.End(t.Context(), by, "births", "no"), d.PutGroup(t.Context(), by, registry.Group{ID: system(state, "all")})
		for what, err := range map[string]error{"propose": propose, "approve": approve, "refuse": refuse, "amend": amend, "withdraw": withdraw, "end": end, "group": group} {
			if !problem.HasCode(err, code) {
				t.Errorf("%s by %q: %v", what, by.Account, err)
			}
		}
	}
	if _, err := d.Proposals(t.Context(), clerk, "", ""); !problem.HasCode(err, "not-allowed") {
		t.Errorf("a clerk reads: %v", err)
	}
	if list, err := d.Proposals(t.Context(), auditor, "", ""); err != nil || len(list.Items) != 1 {
		t.Errorf("an auditor reads %v, %v", list, err)
	}
}

func TestAStaleFormChangesNothing(t *testing.T) {
	w := newWorld(t, "sqlite")
	p := w.proposed()
	version := w.at(state, p.ID).Version
	less := births()
	less.Fields = []string{"/live"}
	got, err := w.desks[state].Amend(t.Context(), officer, p.ID, version, less)
	ok(t, got, err)
	for what, act := range map[string]func() error{
		"approve": func() error { _, err := w.desks[state].Approve(t.Context(), officer, p.ID, version); return err },
		"refuse": func() error {
			_, err := w.desks[state].Refuse(t.Context(), officer, p.ID, version, "no")
			return err
		},
		"withdraw": func() error { _, err := w.desks[state].Withdraw(t.Context(), officer, p.ID, version); return err },
	} {
		if err := act(); !problem.HasCode(err, "proposal-changed") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.desks[state].Approve(t.Context(), officer, p.ID, got.Version); !problem.HasCode(err, "proposal-not-your-turn") {
		t.Errorf("out of turn: %v", err)
	}
}

func TestTheJournalComesFirst(t *testing.T) {
	w := newWorld(t, "sqlite")
	w.journals[city].full = true
	if _, err := w.desks[city].Propose(t.Context(), officer, id.New(), births()); !problem.HasCode(err, "journal-away") {
		t.Errorf("%v", err)
	}
	if list, err := w.desks[city].Proposals(t.Context(), officer, "", ""); err != nil || len(list.Items) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestTheSameFormTwiceIsOneProposal(t *testing.T) {
	w := newWorld(t, "sqlite")
	token := id.New()
	for range 2 {
		p, err := w.desks[city].Propose(t.Context(), officer, token, births())
		ok(t, p, err)
	}
	w.settle()
	if list, err := w.desks[state].Proposals(t.Context(), officer, "", ""); err != nil || len(list.Items) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestTheListBeginsWithWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.desks[state]
		first := w.proposed()
		for i := range 30 {
			c := births()
			c.ID = "c" + string(rune('A'+i))
			p, err := w.desks[city].Propose(t.Context(), officer, id.New(), c)
			ok(t, p, err)
		}
		w.settle()
		w.settle()
		for range 3 {
			list, err := d.Proposals(t.Context(), officer, Open, "")
			if err != nil {
				t.Fatal(err)
			}
			p, err := d.Refuse(t.Context(), officer, list.Items[0].ID, list.Items[0].Version, "no")
			ok(t, p, err)
		}
		var seen []Proposal
		for after := page.Key(""); ; {
			list, err := d.Proposals(t.Context(), officer, "", after)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, list.Items...)
			if after = list.Next; after == "" {
				break
			}
		}
		if len(seen) != 31 || !seen[27].Waits || seen[28].Waits || seen[27].ID != first.ID || seen[27].State != Open || seen[28].State != Refused {
			t.Errorf("%d in the list: %+v", len(seen), seen[27:])
		}
	})
}

func TestWhatCannotBeEnforcedIsNotSigned(t *testing.T) {
	w := newWorld(t, "sqlite")
	w.desks[city].Descriptions = described{}
	many := make([]string, 65)
	for i := range many {
		many[i] = "/x"
	}
	for name, c := range map[string]struct {
		spoil func(*registry.Contract)
		field string
		code  string
	}{
		"an unknown service":   {func(c *registry.Contract) { c.Service = "deaths" }, "service", "provider-unknown"},
		"an unknown asker":     {func(c *registry.Contract) { c.Consumer.Subsystem = "none" }, "consumer", "client-unknown"},
		"an unknown group":     {func(c *registry.Contract) { c.Consumer, c.Group = registry.ID{}, system(city, "all") }, "group", "group-unknown"},
		"an unknown delegate":  {func(c *registry.Contract) { c.Delegates = []registry.ID{system(third, "none")} }, "delegates", "client-unknown"},
		"an unknown purpose":   {func(c *registry.Contract) { c.Purpose = "curiosity" }, "purpose", "purpose-unknown"},
		"an unknown provision": {func(c *registry.Contract) { c.Provision = "zzz/1" }, "provision", "provision-unknown"},
		"a provision not yet": {func(c *registry.Contract) {
			c.Provision, c.From = "zfpp/48", civil.Date(2018, 1, 1)
			c.Delay = registry.Delay{Days: 3, Provision: "none/1"}
		}, "delay", "provision-unknown"},
		"no first day":              {func(c *registry.Contract) { c.From = civil.Day{} }, "from", "day-malformed"},
		"backwards":                 {func(c *registry.Contract) { c.To = civil.Date(2020, 1, 1) }, "to", "period-backwards"},
		"over":                      {func(c *registry.Contract) { c.From, c.To = civil.Date(2020, 1, 1), civil.Date(2020, 2, 1) }, "to", "period-over"},
		"a negative quota":          {func(c *registry.Contract) { c.Quota = -1 }, "quota", "count-malformed"},
		"a method":                  {func(c *registry.Contract) { c.Methods = []string{"STEAL"} }, "methods", "method-unknown"},
		"a path":                    {func(c *registry.Contract) { c.Paths = []string{"/../x"} }, "paths", "path-malformed"},
		"a pointer":                 {func(c *registry.Contract) { c.Fields = []string{"born"} }, "fields", "pointer-malformed"},
		"a place nobody named":      {func(c *registry.Contract) { c.Subjects = []string{"path:person"} }, "subjects", "subject-malformed"},
		"too much":                  {func(c *registry.Contract) { c.Fields = many; c.Headers = many }, "headers", "terms-too-many"},
		"a path that is not there":  {func(c *registry.Contract) { c.Paths = []string{"/v1/deaths/{death}"} }, "paths", "path-not-offered"},
		"a method that is not":      {func(c *registry.Contract) { c.Methods = []string{"DELETE"} }, "paths", "path-not-offered"},
		"a field that is not there": {func(c *registry.Contract) { c.Fields = []string{"/born", "/weight"} }, "fields", "field-not-offered"},
		"a hiding without end":      {func(c *registry.Contract) { c.Delay = registry.Delay{Days: 99999, Provision: "zfpp/48"} }, "contract", "contract-malformed"},
	} {
		contract := births()
		c.spoil(&contract)
		_, err := w.desks[city].Propose(t.Context(), officer, id.New(), contract)
		found := false
		for _, f := range problem.Of(err).Fields {
			found = found || f.Name == c.field && f.Code == c.code
		}
		if !problem.HasCode(err, "contract-terms") || !found {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := births()
	foreign.Consumer = system(third, "portal")
	if _, err := w.desks[city].Propose(t.Context(), officer, id.New(), foreign); !problem.HasCode(err, "contract-foreign") {
		t.Errorf("for others: %v", err)
	}
	if _, err := w.desks[city].Propose(t.Context(), officer, "token", births()); !problem.HasCode(err, "token-malformed") {
		t.Errorf("a token of one's own: %v", err)
	}
}

// What is in force is found by words in either script, counted, and read page after
// page in either order.
func TestContractsAreFoundCountedAndSorted(t *testing.T) {
	w := newWorld(t, storage.SQLite)
	const n = 2*page.Size + 3
	for i := range n {
		c := births()
		c.ID, c.From, c.To = fmt.Sprintf("C-%03d", i), civil.Date(2026, 1, 1).AddDays(i/2), civil.Date(2027, 1, 1).AddDays((i*7)%n)
		if i == 5 {
			c.Service, c.Provider, c.Fields = "residents", system(state, "residence"), []string{"/citizen"}
		}
		text, err := c.Sign(signerOf(t, log(city)), signerOf(t, log(state)))
		if err != nil {
			t.Fatal(err)
		}
		w.say(registry.Statement{Contract: text})
	}
	for _, order := range []string{"", OrderStops, OrderNewest} {
		seen, before := map[string]bool{}, ""
		for after := page.Key(""); ; {
			found, total, err := w.desks[city].Contracts(t.Context(), auditor, Sought{Order: order}, after)
			if err != nil || total != n {
				t.Fatalf("%d, %v", total, err)
			}
			for _, s := range found.Items {
				place := s.Stops.String()
				if order == OrderNewest {
					place = fmt.Sprint(s.Contract.From.DaysUntil(civil.Date(2030, 1, 1))) // four digits
				}
				if seen[s.Contract.ID] || place < before {
					t.Errorf("%q: %s twice, or out of order", order, s.Contract.ID)
				}
				seen[s.Contract.ID], before = true, place
			}
			if after = found.Next; after == "" {
				break
			}
		}
		if len(seen) != n {
			t.Errorf("%q: %d of %d", order, len(seen), n)
		}
	}
	for words, want := range map[string]int{"residents": 1, "RESIDENTS state": 1, "births c-007": 1, "nothing": 0, "деца": 0, "roditeljskom": n, "родитељском": n} {
		found, total, err := w.desks[city].Contracts(t.Context(), officer, Sought{Words: words}, "")
		if err != nil || total != want || len(found.Items) != min(want, page.Size) {
			t.Errorf("%q: %d of %d, want %d (%v)", words, len(found.Items), total, want, err)
		}
	}
	if _, _, err := w.desks[city].Contracts(t.Context(), clerk, Sought{}, ""); !problem.HasCode(err, "not-allowed") {
		t.Errorf("a clerk: %v", err)
	}
}
