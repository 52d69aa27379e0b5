package demo_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

const because = "Because 2"

// officer: at the desk of the city.
func (s *story) officer() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("officer"), "desk-home")
	s.follow(p, "nav.desk")
	p.Check("desk", s.tag)
	s.follow(p, "nav.offers")
	p.Says(s.service(allowance), s.service(grant), s.say("offer.state.accepted"))
	p.Check("desk-offers", s.tag)
	s.follow(p, "nav.decisions")
	p.Says(s.service(allowance), s.say("decision.granted.true"))
	p.Check("desk-decisions", s.tag)
	s.follow(p, "nav.assessments")
	p.Check("desk-assessments", s.tag)
	s.settle(p)
	s.answer(p)
	s.pay(p)
	s.leave(p)
}

// settle: the register does not know whether Ivana is a citizen, so somebody
// finds out.
func (s *story) settle(p *browser.Page) {
	s.t.Helper()
	waits := s.statusOf("application", "with-officer")
	s.follow(p, "nav.desk-cases")
	p.Click("link", s.say("cases.queue.state.free"))
	p.Eventually("the case of Ivana waits", func() bool {
		if strings.Contains(p.Text(), waits) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("desk-cases", s.tag)
	p.Click("link", s.service(allowance))
	p.Check("desk-case", s.tag)
	p.Click("link", s.say("case.settle"))
	p.Says(s.say("referral.why.fact-unknown"))
	p.Check("referral", s.tag)
	p.Fill(s.say("referral.source"), "123/2026")
	p.Click("button", s.say("referral.button"))
	p.Says(s.say("form.wrong"))
	p.Check("referral-incomplete", s.tag)
	p.Touch("radio", s.say("word.yes"))
	p.Click("button", s.say("referral.button"))
	p.Check("desk-cases-after", s.tag)
	p.Click("button", s.say("case.send"))
	s.follow(p, "nav.offers")
	p.Says(s.say("offer.state.open"))
}

// answer: the mother asked why, and her question is a case in the queue.
func (s *story) answer(p *browser.Page) {
	s.t.Helper()
	s.answerAt(p, s.demo.URL(demo.City))
}

// answerAt has an officer of a body answer the question in their queue.
func (s *story) answerAt(p *browser.Page, portal string) {
	s.t.Helper()
	p.Open(portal + "/desk/cases")
	kind, _ := s.pack.CaseKind("question")
	p.Click("link", kind.Title.In(s.tag))
	p.Says(why, s.say("looks.about"), s.statusOf("question", "received"))
	p.Check("desk-question", s.tag)
	p.Click("link", s.statusOf("question", "answered"))
	p.Check("desk-answer", s.tag)
	p.Fill(s.say("case.decide.text"), because)
	p.Click("button", s.say("case.decide-button"))
	p.Check("desk-question-after", s.tag)
	p.Click("button", s.say("case.send"))
}

// pay: what is due goes into a file, another officer releases it once, and it is XML.
func (s *story) pay(p *browser.Page) {
	s.t.Helper()
	s.follow(p, "nav.payments")
	p.Says(s.say("payment.state.due"))
	p.Check("desk-payments", s.tag)
	p.ClickTwice("button", s.say("files.prepare"))
	if !p.Has("link", s.say("files.second")+":") {
		s.follow(p, "nav.payments")
	}
	p.Check("desk-payments-prepared", s.tag)
	p.Click("link", s.say("files.second")+":")
	p.Says(s.say("release.second-lead"))
	p.Check("desk-release-second", s.tag)
	s.leave(p)

	p.Open(s.demo.URL(demo.City))
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("cashier"), "desk-home")
	s.follow(p, "nav.payments")
	p.Click("link", s.say("files.release")+":")
	p.Check("desk-release", s.tag)
	p.Click("button", s.say("release.button"))
	p.Says(s.say("payment.state.released"))
	p.Check("desk-payments-released", s.tag)
	s.wellFormed(p.Download("link", s.say("files.download")))
}

func (s *story) wellFormed(raw []byte) {
	s.t.Helper()
	elements, all := xml.NewDecoder(bytes.NewReader(raw)), 0
	for {
		if _, err := elements.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			s.t.Fatalf("the payment file: %v\n%s", err, raw)
		}
		all++
	}
	if !bytes.Contains(raw, []byte(s.amount().Decimal())) || !bytes.Contains(raw, []byte("pain.001")) || all < 20 {
		s.t.Errorf("the payment file does not pay %s:\n%s", s.amount().Decimal(), raw)
	}
}

// supervisor: everybody may look at members, contracts and journals.
func (s *story) supervisor() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Supervisor), "supervisor-welcome")
	s.registryPages(p, "")
	s.signIn(p, s.say("welcome.supervisor.sign-in"), s.staff("auditor"), "supervisor-home")
	s.registryPages(p, "signed-in-")
	s.leave(p)
}

func (s *story) registryPages(p *browser.Page, as string) {
	s.t.Helper()
	city, _ := s.pack.Body("RS-DEMO/GOV/ZRENJANIN")
	s.follow(p, "nav.members")
	p.Says(city.Title.In(s.tag))
	p.Check(as+"members", s.tag)
	s.follow(p, "nav.contracts")
	p.Says(s.say("contracts.in-force"))
	p.Check(as+"contracts", s.tag)
	s.follow(p, "nav.logs")
	p.Says("RS-DEMO/GOV/ZRENJANIN")
	p.Check(as+"logs", s.tag)
	s.follow(p, "nav.home")
}
