package demo_test

import (
	"strings"
	"time"

	"dobosh/internal/demo"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// operator: whoever runs the node of the city sees how it is, finds an exchange
// and what it was about, and never a person.
func (s *story) operator() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "operator-welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("operator"), "operate")
	p.Says(s.say("operate.services"))
	s.nobody(p)
	p.Click("link", s.say("nav.exchanges"))
	p.Says(s.say("exchange.answered"))
	p.Check("exchanges", s.tag)
	s.nobody(p)
	p.Fill(s.say("exchanges.party"), "no/such/body")
	p.Click("button", s.say("exchanges.search"))
	p.Says(s.say("exchanges.none-found"))
	p.Check("exchanges-none", s.tag)
	p.Fill(s.say("exchanges.party"), "civil/births")
	p.Click("button", s.say("exchanges.search"))
	p.Says(s.say("exchange.answered"))
	p.Click("link", lang.Day(civil.Of(time.Now()), s.tag))
	p.Says(s.say("exchange.answered-means"), s.say("exchange.fields"))
	p.Check("exchange", s.tag)
	s.nobody(p)
	p.Click("link", s.say("nav.hidden"))
	p.Says(s.say("hidden.none"))
	p.Check("hidden", s.tag)
	p.Click("button", s.say("nav.sign-out"))
}

// nobody looks for the mother and her child on a page where they must not be.
func (s *story) nobody(p *browser.Page) {
	s.t.Helper()
	text := p.Text()
	for _, subject := range []string{"jovana", "ivana"} {
		person := s.person(subject)
		for _, secret := range []string{s.name(person.FamilyName), person.Number.String()} {
			if secret != "" && strings.Contains(text, secret) {
				s.t.Errorf("%s names %s:\n%s", p.URL(), subject, text)
			}
		}
	}
}
