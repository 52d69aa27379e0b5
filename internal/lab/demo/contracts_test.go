package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

// TestContractDesk plays how a contract comes to be and how it ends: the city
// asks one question a page, the registers amend, the city agrees, and later
// ends it. Every page is held to the rules of the house.
func TestContractDesk(t *testing.T) {
	b := browser.Start(t)
	for i, tag := range lang.Tags() {
		noScripts := i == 1
		t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, noScripts)
			city := s.at(demo.City, "welcome.city.sign-in", "contracts", "contracts-none")
			s.asks(city)
			registers := s.at(demo.Registers, "welcome.registers.sign-in", "keeper", "contracts-wait")
			s.amends(registers)
			s.agrees(city)
			s.ends(city)
			s.group(registers)
			s.end()
		})
	}
}

// at signs an officer in who makes contracts.
func (s *story) at(node, button, who, page string) *browser.Page {
	s.t.Helper()
	p := s.arrive(s.demo.URL(node), "welcome-"+who)
	s.signIn(p, s.say(button), s.staff(who), page)
	p.Says(s.say("contracts.title"))
	return p
}

// next answers a question and goes on.
func (s *story) next(p *browser.Page, page string) {
	s.t.Helper()
	p.Click("button", s.say("form.next"))
	s.status(p, 200)
	p.Check(page, s.tag)
}

func (s *story) asks(p *browser.Page) {
	s.t.Helper()
	p.Click("link", s.say("contracts.ask"))
	p.Eventually("the registry has come", func() bool {
		if p.Has("radio", s.registerName("Евиденција пребивалишта", "Register of residence")+" — "+s.registerName("Државни регистри", "State registers")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("contract-service", s.tag)
	p.Click("button", s.say("form.next"))
	s.status(p, 422)
	p.Check("contract-service-missing", s.tag)
	p.Touch("radio", s.registerName("Евиденција пребивалишта", "Register of residence"))
	s.next(p, "contract-asker")
	s.next(p, "contract-purpose")
	purpose, _ := s.pack.Purpose("family-support")
	p.Touch("radio", purpose.Title.In(s.tag))
	s.next(p, "contract-provision")
	s.next(p, "contract-questions")
	p.Click("button", s.say("form.next"))
	s.status(p, 422)
	p.Check("contract-questions-wrong", s.tag)
	s.ticks(p)
	p.Touch("checkbox", s.say("contract.person-at"))
	p.Choose(s.say("contract.sector"), "family")
	s.next(p, "contract-often")
	p.Fill(s.say("contract.often-day"), "500")
	s.next(p, "contract-long")
	s.next(p, "contract-check")
	s.special(p)
	p.ClickTwice("button", s.say("contract.sign"))
	p.Says(s.say("contract.leaves"), "/citizen")
	p.Check("contract-asked", s.tag)
}

// special sets what most contracts leave as it is: events, size, and when the
// person learns of a question.
func (s *story) special(p *browser.Page) {
	s.t.Helper()
	change := func(row, page string) {
		s.t.Helper()
		p.Click("button", s.say("form.change")+" "+s.say(row))
		p.Check(page, s.tag)
	}
	change("contract.row-events", "contract-events")
	p.Fill(s.say("contract.events-label"), "rs.residence.moved")
	p.Fill(s.say("contract.events-area"), "80152")
	s.next(p, "contract-check-events")
	change("contract.row-size", "contract-size")
	p.Fill(s.say("contract.size-limit"), "2")
	p.Fill(s.say("contract.size-headers"), "X-Edition")
	s.next(p, "contract-check-size")
	change("contract.row-delay", "contract-delay")
	p.Fill(s.say("contract.delay-days"), "30")
	p.Click("button", s.say("form.next"))
	s.status(p, 422)
	p.Check("contract-delay-wrong", s.tag)
	provision, ok := s.pack.Provision("zfpp/22/1")
	if !ok {
		s.t.Fatal("the pack has no provision for a delay")
	}
	p.Choose(s.say("contract.provision-label"), provision.Cite(s.tag)+" · "+provision.Title.In(s.tag))
	s.next(p, "contract-check-special")
	p.Says("rs.residence.moved", "X-Edition", provision.Cite(s.tag))
}

// ticks chooses the question and the field that the description offers.
func (s *story) ticks(p *browser.Page) {
	s.t.Helper()
	p.Touch("checkbox", s.registerName("Пребивалиште и држављанство особе", "Residence and citizenship of a person")+" GET /v1/residents/{person}")
	s.next(p, "contract-fields")
	p.Touch("checkbox", s.registerName("Да ли је држављанин", "Whether they are a citizen")+" /citizen")
	s.next(p, "contract-person")
}

// registerName is the name of a register in the language of the story.
func (s *story) registerName(sr, en string) string { return lang.Text{"sr": sr, "en": en}.In(s.tag) }

func (s *story) amends(p *browser.Page) {
	s.t.Helper()
	p.Eventually("the proposal has come", func() bool {
		if p.Has("link", s.say("contract.look")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("contracts-waiting", s.tag)
	p.Click("link", s.say("contract.look"))
	p.Check("contract-proposal", s.tag)
	p.Click("link", s.say("contract.refuse-link"))
	p.Check("contract-refuse", s.tag)
	p.Click("link", s.say("contract.back"))
	p.Click("link", s.say("contract.amend"))
	p.Check("contract-amend", s.tag)
	p.Click("button", s.say("form.change")+" "+s.say("contract.row-often"))
	p.Fill(s.say("contract.often-day"), "300")
	p.Click("button", s.say("form.next"))
	p.Click("button", s.say("contract.sign"))
	p.Says(s.say("contract.act.amend"))
	p.Check("contract-amended", s.tag)
}

func (s *story) agrees(p *browser.Page) {
	s.t.Helper()
	s.follow(p, "nav.our-contracts")
	p.Eventually("the amendment has come", func() bool {
		if p.Has("link", s.say("contract.look")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Click("link", s.say("contract.look"))
	p.Check("contract-your-turn", s.tag)
	p.Click("button", s.say("contract.approve"))
	p.Eventually("the contract is in force", func() bool {
		if p.Has("link", s.say("contract.see-standing")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("contract-agreed", s.tag)
}

func (s *story) ends(p *browser.Page) {
	s.t.Helper()
	p.Click("link", s.say("contract.see-standing"))
	p.Check("contract-standing", s.tag)
	s.follow(p, "nav.our-contracts")
	p.Click("link", s.say("contracts.tab-in-force"))
	p.Check("contract-in-force", s.tag)
	p.Back()
	p.Back()
	p.Click("link", s.say("contract.end-link"))
	p.Check("contract-end", s.tag)
	p.Fill(s.say("contract.reason"), "Test.")
	p.Click("button", s.say("contract.end-button"))
	p.Check("contract-ending", s.tag)
	p.Click("link", s.say("contracts.tab-proposals"))
	p.Eventually("the contract has ended", func() bool {
		if strings.Contains(p.Text(), s.say("contract.state.ended")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("contracts-after", s.tag)
}

func (s *story) group(p *browser.Page) {
	s.t.Helper()
	s.follow(p, "nav.our-contracts")
	p.Click("link", s.say("contracts.tab-groups"))
	p.Check("groups-none", s.tag)
	p.Click("link", s.say("groups.new"))
	p.Check("group-new", s.tag)
	p.Fill(s.say("groups.code"), "cities")
	p.Fill(s.say("groups.name"), s.registerName("Градови", "Cities"))
	p.Fill(s.say("groups.members"), "RS-DEMO/GOV/ZRENJANIN/family")
	p.Click("button", s.say("groups.save"))
	p.Says("RS-DEMO/GOV/REGISTERS/cities")
	p.Check("groups", s.tag)
}
