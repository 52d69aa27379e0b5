package demo_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/testkit/browser"
)

// TestCatalogueStory plays how a data service is found and asked for, and how
// it changes: somebody searches by a word, reads what is answered, asks for a
// contract from there; the provider's engineer announces a version that breaks,
// and those who have contracts see what hits them. Every page is held to the
// rules of the house.
func TestCatalogueStory(t *testing.T) {
	b := browser.Start(t)
	for i, tag := range lang.Tags() {
		noScripts := i == 1
		t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, noScripts)
			s.finds()
			s.asksFromThere()
			s.getsOpenAPI()
			s.announces()
			s.isTold()
			s.end()
		})
	}
}

// sought is a word that finds the register of births, as it may be typed.
func (s *story) sought() string {
	return map[lang.Tag]string{lang.SrCyrl: "рођење", lang.SrLatn: "rodjenje", lang.En: "birth"}[s.tag]
}

// finds looks for a service without signing in.
func (s *story) finds() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Supervisor), "welcome-supervisor")
	s.follow(p, "nav.services")
	p.Check("catalogue", s.tag)
	p.Fill(s.say("catalogue.words"), "qqqq")
	p.Click("button", s.say("list.find"))
	p.Says(s.say("catalogue.none-found"))
	p.Check("catalogue-nothing", s.tag)
	p.Fill(s.say("catalogue.words"), s.sought())
	p.Click("button", s.say("list.find"))
	p.Check("catalogue-found", s.tag)
	p.Click("link", s.registerName("Матична књига рођених", "Register of births"))
	s.described(p)
	p.Says(s.say("service.contracts"), "/born", "allowance-births")
	p.Check("catalogue-service", s.tag)
	p.Click("link", s.registerName("Рођење детета", "Birth of a child"))
	p.Says(s.registerName("Евиденција пребивалишта", "Register of residence"))
	p.Check("catalogue-event", s.tag)
}

// described waits until the provider has given the description: at the start
// its node may not be up yet.
func (s *story) described(p *browser.Page) {
	s.t.Helper()
	p.Eventually("the description has come", func() bool {
		if technical := s.say("service.technical"); !p.Has("link", s.say("service.download")) && p.Has("DisclosureTriangle", technical) {
			p.Touch("DisclosureTriangle", technical)
		}
		if p.Has("link", s.say("service.download")) {
			return true
		}
		p.Reload()
		return false
	})
}

// asksFromThere asks for a contract from the page of the service; questions and
// fields are offered by its description.
func (s *story) asksFromThere() {
	s.t.Helper()
	p := s.at(demo.City, "welcome.city.sign-in", "contracts", "contracts-none")
	s.follow(p, "nav.services")
	register := s.registerName("Евиденција пребивалишта", "Register of residence")
	p.Eventually("the city has heard of the register", func() bool { p.Reload(); return p.Has("link", register) })
	p.Click("link", register)
	s.described(p)
	p.Check("catalogue-service-asking", s.tag)
	p.Click("link", s.say("service.ask"))
	s.next(p, "contract-purpose")
	purpose, _ := s.pack.Purpose("family-support")
	p.Touch("radio", purpose.Title.In(s.tag))
	s.next(p, "contract-provision")
	s.next(p, "contract-questions-described")
	s.ticks(p)
}

// getsOpenAPI: X-Road's own way to the same description.
func (s *story) getsOpenAPI() {
	s.t.Helper()
	q, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.demo.Edge()+"/r1/RS-DEMO/GOV/REGISTERS/residence/getOpenAPI?serviceCode=residents", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("X-Road-Client", "RS-DEMO/GOV/ZRENJANIN/family")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(raw, []byte("/v1/residents/{person}")) {
		s.t.Errorf("getOpenAPI: %d %v %.300s", answer.StatusCode, err, raw)
	}
}

// announces publishes a version without the settlement: the grant of the city
// rests on it.
func (s *story) announces() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Registers), "welcome-engineer")
	s.signIn(p, s.say("welcome.registers.sign-in"), s.staff("engineer"), "registers-operate")
	s.follow(p, "nav.our-services")
	p.Check("describe-services", s.tag)
	p.Click("link", s.say("describe.again")+": "+s.registerName("Евиденција пребивалишта", "Register of residence"))
	p.Check("describe", s.tag)
	p.Upload(s.say("describe.file"), s.descriptionFile("remote.yaml", `"#/components/schemas/Search"`, `"https://example.org/a.yaml"`))
	p.Click("button", s.say("describe.see"))
	s.status(p, 422)
	p.Says(s.say("problem.description-remote"))
	p.Check("describe-wrong", s.tag)
	p.Upload(s.say("describe.file"), s.descriptionFile("next.yaml", `version: "1.0"`, `version: "2.0"`, "        settlement: {", "        quarter: {"))
	p.Click("button", s.say("describe.see"))
	p.Says("/settlement", "grant-residents")
	p.Check("describe-draft", s.tag)
	p.Click("button", s.say("describe.announce"))
	p.Says("2.0")
	p.Check("describe-announced", s.tag)
	p.Click("link", s.say("service.compare", "before", "1.0", "version", "2.0"))
	p.Says("/settlement", "/quarter")
	p.Check("catalogue-changes", s.tag)
}

// descriptionFile writes the description of the residence register with some
// text replaced.
func (s *story) descriptionFile(name string, pairs ...string) string {
	s.t.Helper()
	raw := residence.Description()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !bytes.Contains(raw, []byte(pairs[i])) {
			s.t.Fatalf("the description has no %s", pairs[i])
		}
		raw = bytes.ReplaceAll(raw, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// isTold: who signs for the city sees what is about to change, and which
// contract it hits.
func (s *story) isTold() {
	s.t.Helper()
	p := s.at(demo.City, "welcome.city.sign-in", "contracts", "contracts-none")
	p.Eventually("the announcement has come", func() bool {
		if p.Has("link", s.say("contracts.tab-announced", "n", "1")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Click("link", s.say("contracts.tab-announced", "n", "1"))
	p.Says("grant-residents", "/settlement")
	p.Check("announced", s.tag)
	p.Open(s.demo.URL(demo.City) + "/desk/contracts/in-force/grant-residents")
	p.Says(s.say("announced.coming"))
	p.Check("announced-contract", s.tag)
}
