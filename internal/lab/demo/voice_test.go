package demo_test

import (
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

// TestVoiceStory: somebody reports a dark lamp from a phone, in Latin letters without marks. An officer publishes it, a neighbour
// supports it, the answer does not help, it is rated badly, and another officer examines it again.
func TestVoiceStory(t *testing.T) {
	b := browser.Start(t)
	s := begin(t, b, lang.SrLatn, true)

	resident := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(resident, s.say("welcome.city.sign-in"), s.person("jovana").Name(), "home-voices")
	number := s.reports(resident)

	officer := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(officer, s.say("welcome.city.sign-in"), s.staff("officer"), "desk-home")
	s.publishes(officer, number)

	neighbour := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(neighbour, s.say("welcome.city.sign-in"), s.person("ivana").Name(), "home-voices")
	neighbour.Open(s.demo.URL(demo.City) + "/voices")
	neighbour.Check("voices", s.tag)
	neighbour.Click("link", lamp)
	neighbour.Check("voice", s.tag)
	neighbour.Click("button", s.say("voice.support"))
	neighbour.Says(s.say("voice.given"), s.say("voice.count", "n", "1"))
	neighbour.Check("voice-supported", s.tag)

	s.settles(officer, "report", number, "answered")
	next := s.isNotContent(resident, number)

	second := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(second, s.say("welcome.city.sign-in"), s.staff("cashier"), "desk-home")
	s.settles(second, "re-examination", next, "changed")
	resident.Open(s.demo.URL(demo.City) + "/cases/" + next)
	resident.Says(s.statusOf("re-examination", "changed"), because)
	resident.Check("case-reexamined", s.tag)
	s.end()
}

const lamp = "Ne radi svetiljka ispred skole"

// field is the label of a field of a form of the pack.
func (s *story) field(form, name string) string {
	s.t.Helper()
	f, ok := s.pack.Form(form)
	if !ok {
		s.t.Fatalf("no form %s", form)
	}
	for _, field := range f.Fields {
		if field.Name == name {
			return field.Label.In(s.tag)
		}
	}
	s.t.Fatalf("form %s has no field %s", form, name)
	return ""
}

// reports: the resident says what does not work and where, and has a number.
func (s *story) reports(p *browser.Page) (number string) {
	s.t.Helper()
	s.follow(p, "nav.raise")
	p.Check("raise", s.tag)
	form, _ := s.pack.Form("report")
	p.Click("link", form.Title.In(s.tag))
	p.Check("raise-report", s.tag)
	p.Fill(s.field("report", "subject"), lamp)
	p.Choose(s.field("report", "place"), s.name("Зрењанин"))
	p.Fill(s.field("report", "where"), "Glavna 3")
	p.Touch("checkbox", s.field("report", "public"))
	p.Click("button", s.say("voice.raise-button"))
	p.Says(s.statusOf("report", "received"), "Glavna 3", s.say("voice.waits"))
	p.Check("case-report", s.tag)
	return p.URL()[strings.LastIndex(p.URL(), "/")+1:]
}

// publishes: the officer reads the report and puts it before everybody.
func (s *story) publishes(p *browser.Page, number string) {
	s.t.Helper()
	p.Open(s.demo.URL(demo.City) + "/desk/cases/" + number)
	p.Says("Glavna 3", s.say("voice.agreed"))
	p.Check("desk-report", s.tag)
	p.Click("link", s.say("voice.publish"))
	p.Check("desk-publish", s.tag)
	p.Click("button", s.say("voice.publish-button"))
	p.Says(s.say("voice.public"))
}

// settles: an officer ends a case on its page.
func (s *story) settles(p *browser.Page, kind, number, to string) {
	s.t.Helper()
	p.Open(s.demo.URL(demo.City) + "/desk/cases/" + number)
	p.Click("link", s.statusOf(kind, to))
	p.Fill(s.say("case.decide.text"), because)
	p.Click("button", s.say("case.decide-button"))
	p.Click("button", s.say("case.send"))
}

// isNotContent: the resident rates the answer and asks for another one.
func (s *story) isNotContent(p *browser.Page, number string) (next string) {
	s.t.Helper()
	p.Open(s.demo.URL(demo.City) + "/cases/" + number)
	p.Says(s.statusOf("report", "answered"), because)
	p.Check("case-report-answered", s.tag)
	p.Click("link", s.say("voice.rate"))
	p.Check("rate", s.tag)
	p.Touch("radio", s.say("voice.stars-1"))
	p.Click("button", s.say("voice.rate-button"))
	p.Says(s.say("voice.rated", "stars", "1"))
	p.Click("link", s.say("voice.again"))
	p.Check("again", s.tag)
	p.Fill(s.say("voice.again.text"), "Mrak je.")
	p.Click("button", s.say("voice.again-button"))
	p.Says(s.statusOf("re-examination", "received"), "Mrak je.")
	p.Check("case-again", s.tag)
	return p.URL()[strings.LastIndex(p.URL(), "/")+1:]
}
