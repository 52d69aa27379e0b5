package pages_test

import (
	"context"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/contracts"
	contractpages "dobosh/internal/contracts/pages"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// pacts are a desk that knows one service, described or not.
type pacts struct {
	mu        sync.Mutex
	err       error // of everything that signs
	empty     bool
	described bool
	crowded   bool // there are more services than fit on a page
	calls     []string
	signed    registry.Contract
	sought    contracts.Sought
}

func sys(text string) registry.ID {
	id, err := registry.ParseID(text)
	if err != nil {
		panic(err)
	}
	return id
}

func pact() registry.Contract {
	return registry.Contract{ID: "C-2026-AAAA-BBBB-C", Consumer: sys("RS-DEMO/GOV/ZRENJANIN/family"), Provider: sys("RS-DEMO/GOV/REGISTERS/civil"), Service: "births",
		Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}"}, Fields: []string{"/born", "/order"}, Subjects: []string{"path:birth", "query:p", "header:X-P", "body:/p", "/mother"},
		Purpose: "family-support", Provision: "zfpp/48", Sector: "family", Quota: 500, Rate: 5, Retention: 30, From: civil.Date(2026, 11, 1), To: civil.Date(2026, 12, 31),
		Delegates: []registry.ID{sys("RS-DEMO/GOV/REGISTERS/residence")}, Delay: registry.Delay{Days: 30, Provision: "zzpl/26/1"}, Events: []string{"rs.births.registered"}}
}

func proposalIn(state contracts.State) contracts.Proposal {
	p := contracts.Proposal{ID: id.New(), Contract: pact(), Author: contracts.Provider, State: state, Version: 3, Waits: state == contracts.Open, Opened: pages.Now, Changed: pages.Now,
		Steps: []contracts.Step{{N: 1, Act: contracts.Propose, Side: contracts.Asker, Officer: "dragana", At: pages.Now}, {N: 2, Act: contracts.Amend, Side: contracts.Provider, At: pages.Now}}}
	switch state {
	case contracts.Refused:
		p.Reason = "Тражите превише."
	case contracts.Failed:
		p.Reason = "statement-refused"
	case contracts.Approved:
		p.Carried = &contracts.Carried{Since: pages.Now, Tries: 4}
	case contracts.Withdrawn:
		p.Carried = &contracts.Carried{To: sys("RS-DEMO/GOV/REGISTERS"), Since: pages.Now, Tries: 1}
	}
	return p
}

func (f *pacts) note(call string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return f.err
}

func may(by act.Actor) error {
	if by.Has(identity.Contracts) || by.Has(identity.Auditor) {
		return nil
	}
	return problem.New(problem.Forbidden, "not-allowed")
}

func (f *pacts) Proposals(_ context.Context, by act.Actor, _ contracts.State, _ page.Key) (page.Page[contracts.Proposal], error) {
	var all []contracts.Proposal
	for _, s := range contracts.States() {
		all = append(all, proposalIn(s))
	}
	if f.empty {
		all = nil
	}
	return page.Page[contracts.Proposal]{Items: all, Next: page.KeyOf("next", "x")}, may(by)
}

// Proposal takes the state for the id.
func (f *pacts) Proposal(_ context.Context, by act.Actor, id string) (contracts.Proposal, error) {
	if id == "none" {
		return contracts.Proposal{}, problem.New(problem.NotFound, "proposal-unknown")
	}
	p := proposalIn(contracts.State(strings.TrimSuffix(id, "-mine")))
	p.ID = id
	if strings.HasSuffix(id, "-mine") {
		p.Author, p.Waits = contracts.Asker, false
	}
	return p, may(by)
}

func (f *pacts) Contracts(_ context.Context, by act.Actor, sought contracts.Sought, _ page.Key) (page.Page[contracts.Standing], int, error) {
	f.sought = sought
	if f.empty {
		return page.Page[contracts.Standing]{}, 0, may(by)
	}
	soon, _ := f.Contract(context.Background(), by, "soon")
	stopped, err := f.Contract(context.Background(), by, "stopped")
	ever, _ := f.Contract(context.Background(), by, "ever")
	return page.Page[contracts.Standing]{Items: []contracts.Standing{stopped, soon, ever}}, 3, err
}

func (f *pacts) Contract(_ context.Context, by act.Actor, id string) (contracts.Standing, error) {
	s := contracts.Standing{Contract: pact()}
	s.Contract.ID = id
	switch id {
	case "soon":
		s.Stops, s.Because, s.Proposal = civil.Date(2027, 1, 1), "zfpp/48", "in-force"
	case "ending":
		s.Ending, s.Stops = true, civil.Date(2028, 1, 1)
	case "stopped":
		s.Stopped = problem.New(problem.Forbidden, "contract-ended", "contract", id, "day", "2026-11-01")
	case "none":
		return s, problem.New(problem.NotFound, "contract-unknown", "contract", id)
	}
	return s, may(by)
}

func (f *pacts) Mine(contracts.Proposal) []contracts.Side { return []contracts.Side{contracts.Asker} }

func (f *pacts) Check(context.Context, registry.Contract) error { return f.err }

func (f *pacts) Propose(_ context.Context, _ act.Actor, token string, c registry.Contract) (contracts.Proposal, error) {
	f.signed = c
	return contracts.Proposal{ID: token}, f.note("propose " + token)
}

func (f *pacts) act(name, id string, version int, more string) (contracts.Proposal, error) {
	return contracts.Proposal{ID: id}, f.note(strings.TrimSpace(name + " " + id + " " + strconv.Itoa(version) + " " + more))
}

func (f *pacts) Approve(_ context.Context, _ act.Actor, id string, version int) (contracts.Proposal, error) {
	return f.act("approve", id, version, "")
}

func (f *pacts) Refuse(_ context.Context, _ act.Actor, id string, version int, reason string) (contracts.Proposal, error) {
	return f.act("refuse", id, version, reason)
}

func (f *pacts) Amend(_ context.Context, _ act.Actor, id string, version int, c registry.Contract) (contracts.Proposal, error) {
	f.signed = c
	return f.act("amend", id, version, "")
}

func (f *pacts) Withdraw(_ context.Context, _ act.Actor, id string, version int) (contracts.Proposal, error) {
	return f.act("withdraw", id, version, "")
}

func (f *pacts) End(_ context.Context, _ act.Actor, contract, reason string) error {
	return f.note("end " + contract + " " + reason)
}

func (f *pacts) PutGroup(_ context.Context, _ act.Actor, g registry.Group) error {
	return f.note("group " + g.ID.String() + " " + members(g))
}

func members(g registry.Group) string {
	names := make([]string, len(g.Members))
	for i, m := range g.Members {
		names[i] = m.String()
	}
	return strings.Join(names, ",")
}

func (f *pacts) Services(words string, _ int) ([]contracts.Choice, bool) {
	if f.empty || words == "nothing" {
		return nil, false
	}
	return []contracts.Choice{{ID: sys("RS-DEMO/GOV/REGISTERS/civil/births"), Title: pages.Both("Матична књига рођених", "Register of births"), Body: pages.Both("Државни регистри", "State registers")}}, f.crowded
}

func (f *pacts) Known(id registry.ID) bool { return id.Class == "GOV" && id.Member != "OTHERS" }

func (f *pacts) Askers() ([]registry.ID, []registry.Group) {
	group := registry.Group{ID: sys("RS-DEMO/GOV/ZRENJANIN/schools"), Title: pages.Both("Школе", "Schools")}
	return []registry.ID{sys("RS-DEMO/GOV/ZRENJANIN/family"), sys("RS-DEMO/GOV/ZRENJANIN/tax")}, []registry.Group{group}
}

func (f *pacts) Groups(_ context.Context, by act.Actor) (own, others []registry.Group, err error) {
	if f.empty {
		return nil, nil, may(by)
	}
	_, own = f.Askers()
	return own, []registry.Group{{ID: sys("RS-DEMO/GOV/SUPERVISOR/all"), Title: pages.Both("Све општине", "All municipalities"), Members: []registry.ID{sys("RS-DEMO/GOV/ZRENJANIN/tax")}}}, may(by)
}

func (f *pacts) Operations(context.Context, registry.ID) ([]contracts.Operation, bool) {
	if !f.described {
		return nil, false
	}
	return []contracts.Operation{{Method: "GET", Path: "/v1/births/{birth}", Says: pages.Both("Једно рођење", "One birth"),
		Fields: []contracts.Pointer{{At: "/born", Says: pages.Both("дан рођења", "day of birth")}, {At: "/order"}, {At: "/weight", Says: pages.Both("тежина", "weight")}}}}, true
}

func (f *pacts) Title(id registry.ID) lang.Text {
	return map[string]lang.Text{"ZRENJANIN": pages.Both("Град Зрењанин", "City of Zrenjanin"), "REGISTERS": pages.Both("Државни регистри", "State registers")}[id.Member]
}

func open(t testing.TB, f *pacts) http.Handler {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	return pages.Open(t, pages.Config(words), desk(t, contractpages.Deps{Contracts: f, Pack: pages.Serbia(t)}))
}

func desk(t testing.TB, d contractpages.Deps) portal.Room {
	t.Helper()
	room, err := contractpages.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return room
}

// expected is a page that somebody asks for, and what it comes with.
type expected struct {
	Who, Path string
	Status    int
}

func contractPages() []expected {
	pages := []expected{{"contracts", "/", 303}, {"contracts", "/desk/contracts", 200}, {"auditor", "/desk/contracts", 200}, {"officer", "/desk/contracts", 403}, {"", "/desk/contracts", 401},
		{"contracts", "/desk/contracts/in-force", 200}, {"contracts", "/desk/contracts/in-force/soon", 200}, {"contracts", "/desk/contracts/in-force/stopped", 200},
		{"auditor", "/desk/contracts/in-force/ever", 200}, {"contracts", "/desk/contracts/in-force/ending", 200}, {"contracts", "/desk/contracts/in-force/none", 404},
		{"contracts", "/desk/contracts/in-force/soon/end", 200}, {"contracts", "/desk/contracts/groups", 200}, {"auditor", "/desk/contracts/groups", 200},
		{"contracts", "/desk/contracts/groups/new", 200}, {"contracts", "/desk/contracts/groups/new?code=schools", 200},
		{"contracts", "/desk/contracts/new", 200}, {"officer", "/desk/contracts/new", 403}, {"contracts", "/desk/contracts/new?service=RS-DEMO/GOV/REGISTERS/civil/births", 200},
		{"contracts", "/desk/contracts/new?contract=soon", 200}, {"contracts", "/desk/contracts/proposals/none", 404}, {"contracts", "/desk/contracts/proposals/open-mine", 200},
		{"contracts", "/desk/contracts/proposals/open/refuse", 200}, {"contracts", "/desk/contracts/proposals/open/amend", 200}, {"contracts", "/desk/contracts/proposals/refused/amend", 409},
		{"contracts", "/desk/contracts/proposals/open-mine/withdraw", 200}, {"auditor", "/desk/contracts/proposals/open", 200}}
	for _, s := range contracts.States() {
		pages = append(pages, expected{"contracts", "/desk/contracts/proposals/" + string(s), 200})
	}
	return pages
}

func TestContractPagesInEveryLanguage(t *testing.T) {
	empty := []expected{{"contracts", "/desk/contracts", 200}, {"contracts", "/desk/contracts/in-force", 200}, {"contracts", "/desk/contracts/groups", 200}, {"contracts", "/desk/contracts/new", 200}}
	for name, node := range map[string]struct {
		handler http.Handler
		pages   []expected
	}{
		"described":   {open(t, &pacts{described: true}), contractPages()},
		"undescribed": {open(t, &pacts{crowded: true}), contractPages()},
		"empty":       {open(t, &pacts{empty: true}), empty},
	} {
		for _, tag := range lang.Tags() {
			for _, page := range node.pages {
				t.Run(name+" "+string(tag)+" "+page.Who+page.Path, func(t *testing.T) {
					w := pages.Request{Who: page.Who, Path: page.Path, Tag: tag}.To(node.handler)
					if w.Code != page.Status {
						t.Fatalf("status %d, want %d", w.Code, page.Status)
					}
					if w.Code != http.StatusSeeOther {
						pages.Check(t, w.Body.String(), tag)
					}
				})
			}
		}
	}
}

// asks begins the form.
func asks(t testing.TB, f *pacts, path string) *pages.Wizard {
	w := &pages.Wizard{T: t, Handler: open(t, f), Who: "contracts", Path: "/desk/contracts/new"}
	w.Begin(path)
	return w
}

func TestAContractIsAskedForOneQuestionAPage(t *testing.T) {
	f := &pacts{}
	c := asks(t, f, "/desk/contracts/new")
	c.Stays("Изаберите нешто са списка.")
	c.Stays("није познат", "service", "RS-DEMO/GOV/OTHERS/civil/births")
	c.Leads("asker", "service", "RS-DEMO/GOV/REGISTERS/civil/births")
	c.Stays("Изаберите свој подсистем или своју групу.", "consumer", "RS-DEMO/GOV/OTHERS/x")
	c.Stays("Не знамо", "consumer", "RS-DEMO/GOV/ZRENJANIN/family", "delegates", "RS-DEMO/GOV/OTHERS/x")
	c.Stays("Не знамо", "consumer", "RS-DEMO/GOV/ZRENJANIN/family", "delegates", "somebody")
	c.Leads("purpose", "consumer", "RS-DEMO/GOV/ZRENJANIN/family", "delegates", "RS-DEMO/GOV/REGISTERS/residence\n")
	c.Stays("Изаберите сврху са списка.", "purpose", "curiosity")
	c.Leads("provision", "purpose", "family-support")
	c.Stays("Изаберите нешто са списка.")
	c.Stays("није у пакету прописа", "provision", "none/1")
	c.Leads("questions", "provision", "zfpp/48")
	c.Stays("Изаберите нешто са списка.", "paths", "/v1/births/{birth}")
	c.Stays("није исправна", "methods", "GET", "paths", "v1/../births")
	c.Leads("fields", "methods", "GET", "paths", "/v1/births/{birth}\r\n\r\n")
	c.Stays("Изаберите бар једно поље.")
	c.Stays("није исправно", "fields", "born")
	c.Leads("person", "fields", "/born\n/order")
	c.Stays("Наведите где је особа означена")
	c.Stays("не може да се препозна", "body", "mother")
	c.Leads("often", "subjects", "path:birth", "answer", "/mother", "sector", "family")
	c.Stays("цео број", "quota", "many")
	c.Leads("long", "quota", "1.000", "rate", "")
	c.Stays("Упишите датум, на пример", "from", "soon", "retention", "30")
	c.Stays("Последњи дан је пре првог.", "from", "1.12.2026.", "until", "1.11.2026.", "retention", "30")
	c.Leads("check", "from", "1. 12. 2026.", "until", "", "retention", "365")
	c.Leads("often", "to", "often")
	c.Leads("check", "quota", "", "rate", "3")
	c.Leads("events", "to", "events")
	c.Leads("check", "events", "rs.births.registered\n", "area", "80438")
	c.Leads("carried", "to", "carried")
	c.Stays("није исправно", "passes", "X Reason")
	c.Leads("check", "parameters", "page\nsize\n", "passes", "X-Reason")
	c.Leads("size", "to", "size")
	c.Stays("цео број", "limit", "large")
	c.Leads("check", "limit", "200", "headers", "ETag")
	c.Leads("delay", "to", "delay")
	c.Stays("Изаберите нешто са списка.", "delay", "90")
	c.Stays("цео број", "delay", "4000", "delay_provision", "zfpp/48")
	c.Leads("check", "delay", "90", "delay_provision", "zfpp/48")
	status, to := c.Answer()
	if status != http.StatusSeeOther || !strings.HasPrefix(to, "/desk/contracts/proposals/") {
		t.Fatalf("signing: %d to %q", status, to)
	}
	if again, same := c.Answer(); again != status || same != to || f.calls[0] != f.calls[1] {
		t.Errorf("a doubled tap: %d to %q, %v", again, same, f.calls)
	}
	want := registry.Contract{Consumer: sys("RS-DEMO/GOV/ZRENJANIN/family"), Delegates: []registry.ID{sys("RS-DEMO/GOV/REGISTERS/residence")}, Provider: sys("RS-DEMO/GOV/REGISTERS/civil"), Service: "births",
		Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}"}, Fields: []string{"/born", "/order"}, Subjects: []string{"path:birth", "/mother"}, Sector: "family",
		Purpose: "family-support", Provision: "zfpp/48", Rate: 3, Retention: 365, Events: []string{"rs.births.registered"}, Area: "80438", Limit: 200 << 20, Headers: []string{"ETag"}, Parameters: []string{"page", "size"}, Passes: []string{"X-Reason"},
		Delay: registry.Delay{Days: 90, Provision: "zfpp/48"}, From: civil.Date(2026, 12, 1)}
	if f.signed.Digest() != want.Digest() {
		t.Errorf("signed %+v, want %+v", f.signed, want)
	}
}

func TestADescribedServiceOffersWhatItHas(t *testing.T) {
	f := &pacts{described: true}
	c := asks(t, f, "/desk/contracts/new")
	c.Leads("asker", "service", "RS-DEMO/GOV/REGISTERS/civil/births")
	c.Leads("purpose", "consumer", "group RS-DEMO/GOV/ZRENJANIN/schools")
	c.Leads("provision", "purpose", "family-support")
	c.Leads("questions", "provision", "zfpp/48")
	c.Stays("Сервис не одговара", "operations", "DELETE /v1/births")
	c.Stays("Изаберите нешто са списка.")
	c.Leads("fields", "operations", "GET /v1/births/{birth}")
	if !strings.Contains(c.HTML, "тежина") {
		t.Error("the words of the description are not there")
	}
	c.Leads("person", "fields", "/born")
	c.Leads("often", "nobody", "yes")
	c.Leads("long")
	c.Leads("check", "from", "1.12.2026.", "retention", "0")
	if status, _ := c.Answer(); status != http.StatusSeeOther || f.signed.Group.Subsystem != "schools" || f.signed.Consumer != (registry.ID{}) || len(f.signed.Subjects) != 0 {
		t.Errorf("%d, signed %+v", status, f.signed)
	}
}

func TestWhatCannotBeSignedIsSaidAtTheCheck(t *testing.T) {
	f := &pacts{err: problem.New(problem.Invalid, "contract-terms").At("provision", "provision-unknown", "provision", "zfpp/48")}
	c := asks(t, f, "/desk/contracts/new?contract=soon")
	c.Stays(`href="#provision"`)
	if status, _ := c.Answer("to", "service"); status != http.StatusUnprocessableEntity {
		t.Errorf("the sides of a contract that stands can be changed: %d", status)
	}
}

func TestAnAmendmentGoesToItsProposal(t *testing.T) {
	f := &pacts{}
	c := asks(t, f, "/desk/contracts/proposals/open/amend")
	c.Leads("fields", "to", "fields")
	c.Leads("check", "fields", "/live")
	if status, to := c.Answer(); status != http.StatusSeeOther || to != "/desk/contracts/proposals/open" || f.calls[0] != "amend open 3" || f.signed.Fields[0] != "/live" {
		t.Errorf("%d %q %v", status, to, f.calls)
	}
}

func TestContractsInForceAreSearchedSortedAndCounted(t *testing.T) {
	f := &pacts{}
	pages.Says(t, open(t, f), pages.Request{Who: "contracts", Path: "/desk/contracts/in-force?q=rodjenih&sort=newest"}, 200, "3 уговора", `value="rodjenih"`, `href="/desk/contracts/in-force?q=rodjenih&amp;sort=stops"`)
	if want := (contracts.Sought{Words: "rodjenih", Order: contracts.OrderNewest}); f.sought != want {
		t.Errorf("asked for %+v, want %+v", f.sought, want)
	}
}

func TestContractActions(t *testing.T) {
	f := &pacts{}
	h := open(t, f)
	for _, c := range []struct {
		path   string
		form   []string
		status int
		call   string
	}{
		{"/desk/contracts/proposals/open/approve", []string{"version", "3"}, 303, "approve open 3"},
		{"/desk/contracts/proposals/open/approve", []string{"version", "x"}, 422, ""},
		{"/desk/contracts/proposals/open/refuse", []string{"version", "3", "reason", "Превише."}, 303, "refuse open 3 Превише."},
		{"/desk/contracts/proposals/open/refuse", []string{"version", "3", "reason", ""}, 422, ""},
		{"/desk/contracts/proposals/open-mine/withdraw", []string{"version", "3"}, 303, "withdraw open-mine 3"},
		{"/desk/contracts/in-force/soon/end", []string{"reason", "Доста."}, 303, "end soon Доста."},
		{"/desk/contracts/in-force/soon/end", []string{"reason", " "}, 422, ""},
		{"/desk/contracts/groups/new", []string{"code", "cities", "title", "Градови", "members", "RS-DEMO/GOV/ZRENJANIN/tax"}, 303, "group RS-DEMO/GOV/ZRENJANIN/cities RS-DEMO/GOV/ZRENJANIN/tax"},
		{"/desk/contracts/groups/new", []string{"code", "", "title", "Градови"}, 422, ""},
		{"/desk/contracts/groups/new", []string{"code", "x", "title", "Градови", "members", "y"}, 422, ""},
	} {
		f.calls = nil
		w := pages.Request{Who: "contracts", Path: c.path, Form: pages.Form(c.form...)}.To(h)
		if w.Code != c.status || strings.Join(f.calls, "|") != c.call {
			t.Errorf("%s %v: status %d, calls %q", c.path, c.form, w.Code, f.calls)
		}
		if w.Code != http.StatusSeeOther {
			pages.Check(t, w.Body.String(), lang.SrCyrl)
		}
	}
	f.err = problem.New(problem.Invalid, "contract-terms").At("provision", "provision-unknown", "provision", "zfpp/48")
	w := pages.Request{Who: "contracts", Path: "/desk/contracts/proposals/open/approve", Form: pages.Form("version", "3")}.To(h)
	if w.Code != 422 || !strings.Contains(w.Body.String(), "Овако не може да се потпише") || strings.Contains(w.Body.String(), "/approve") {
		t.Errorf("what speaks against it: %d", w.Code)
	}
}

// What another room announces stands on the contract that it is about, and the desk
// counts it.
func TestWhatIsAnnouncedStandsAtTheDesk(t *testing.T) {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	catalogue := portal.Room{Pieces: map[string]portal.Piece{"announced-contract": func(_ *portal.Visit, about any) (template.HTML, error) {
		return template.HTML("<p>" + about.(registry.Contract).ID + " се мења.</p>"), nil
	}}}
	h := pages.Open(t, pages.Config(words), desk(t, contractpages.Deps{Contracts: &pacts{}, Pack: pages.Serbia(t), Announced: waiting(3)}), catalogue)
	pages.Says(t, h, pages.Request{Who: "contracts", Path: "/desk/contracts/in-force/soon"}, 200, "<p>soon се мења.</p>")
	pages.Says(t, h, pages.Request{Who: "contracts", Path: "/desk/contracts"}, 200, `href="/desk/contracts/announced"`, "3")
}

type waiting int

func (w waiting) Waiting() int { return int(w) }

func TestAContractPageIsSmall(t *testing.T) {
	h := open(t, &pacts{described: true})
	for _, path := range []string{"/desk/contracts", "/desk/contracts/proposals/open", "/desk/contracts/in-force"} {
		if n := (pages.Request{Who: "contracts", Path: path, Header: map[string]string{"Accept-Encoding": "gzip"}}).To(h).Body.Len(); n > 12<<10 {
			t.Errorf("%s takes %d bytes", path, n)
		}
	}
}
