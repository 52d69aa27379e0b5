package demo_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/testkit/browser"
)

// TestCaseStory: nobody knows whether a mother is a citizen, so an officer has her case, asks her,
// refuses, and somebody else decides on her appeal. She reads each step on her phone.
func TestCaseStory(t *testing.T) {
	b := browser.Start(t)
	for tag, noScripts := range map[lang.Tag]bool{lang.SrCyrl: true, lang.SrLatn: false} {
		t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, noScripts)
			s.showBirths()
			officer := s.asksParty()
			mother := s.answersOfficer()
			s.refuses(officer)
			number := s.appeals(mother)
			s.decides(number)
			mother.Reload()
			mother.Says(s.statusOf("appeal", "upheld"), because)
			mother.Check("case-upheld", s.tag)
			s.end()
		})
	}
}

// statusOf is what a kind of case calls a status.
func (s *story) statusOf(kind, status string) string {
	s.t.Helper()
	k, ok := s.pack.CaseKind(kind)
	if !ok {
		s.t.Fatalf("no kind of case %s", kind)
	}
	st, ok := k.Status(status)
	if !ok {
		s.t.Fatalf("kind %s has no status %s", kind, status)
	}
	return st.Title.In(s.tag)
}

// showBirths: the registrar has two births shown, and confirms them.
func (s *story) showBirths() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Registers), "registers-welcome")
	s.signIn(p, s.say("welcome.registers.sign-in"), s.staff("registrar"), "registers-home")
	for _, mother := range []string{"jovana", "ivana"} {
		p.Open(s.demo.URL(demo.Registers) + "/births")
		p.Click("button", s.say("births.invented"))
		p.Says(s.name(s.person(mother).Name()))
		p.Check("birth-invented", s.tag)
		p.Click("button", s.say("birth.record"))
		p.Check("birth-recorded", s.tag)
	}
}

// asksParty: the officer takes the case and asks.
func (s *story) asksParty() *browser.Page {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("officer"), "desk-home")
	s.follow(p, "nav.desk-cases")
	waits := s.statusOf("application", "with-officer")
	p.Eventually("a case waits for an officer", func() bool {
		if strings.Contains(p.Text(), waits) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("desk-cases", s.tag)
	p.Click("link", s.say("cases.queue.state.in-handling"))
	p.Click("link", s.service(allowance))
	p.Check("desk-case", s.tag)
	at := p.URL()
	p.Click("button", s.say("case.claim"))
	p.Check("desk-case-claimed", s.tag)
	p.Click("link", s.say("case.who"))
	p.Says(s.say("case.who.unnamed"), "ivana@primer.example")
	p.Check("desk-case-who", s.tag)
	for name, path := range map[string]string{"desk-tasks": "/desk/tasks", "desk-mail": "/desk/mail", "desk-search": "/search?q=dodatak"} {
		p.Open(s.demo.URL(demo.City) + path)
		p.Check(name, s.tag)
	}
	p.Open(s.demo.URL(demo.City) + "/desk/cases/person")
	p.Check("desk-person", s.tag)
	p.Fill(s.say("cases.person.name"), "Ivana")
	p.Click("button", s.say("cases.person-button"))
	p.Says(s.say("problem.name-parts"))
	p.Check("desk-person-parts", s.tag)
	p.Open(at)
	p.Click("link", s.say("case.ask"))
	p.Check("desk-case-ask", s.tag)
	p.Fill(s.say("case.ask.text"), "Question 1")
	p.Click("button", s.say("case.ask-button"))
	p.Check("desk-case-next", s.tag)
	p.Click("button", s.say("case.send"))
	p.Open(at)
	p.Says("Question 1", s.statusOf("application", "asked"))
	p.Check("desk-case-asked", s.tag)
	return p
}

// answersOfficer: the mother is told by mail that there is a question, answers the mail, and finds both in her case.
func (s *story) answersOfficer() *browser.Page {
	s.t.Helper()
	mail := s.b.Visitor(s.t, browser.Options{NoScripts: s.noScripts}).Tab()
	mail.Open(s.demo.Mailbox() + "/?to=ivana@primer.example&lang=" + string(s.tag))
	subject := s.subjectOf("application", "asked")
	mail.Eventually("word of the question is in the mailbox", func() bool {
		for _, m := range s.demo.Mail() {
			if subject.MatchString(m.Subject) {
				mail.Reload()
				mail.Click("link", m.Subject)
				return true
			}
		}
		return false
	})
	mail.Fill(s.sink("answer"), "Answer 1")
	mail.Check("mail-answer", s.tag)
	mail.Click("button", s.sink("answer.button"))
	mail.Says(s.sink("answer.sent"))
	mail.Check("mail-answered", s.tag)

	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.person("ivana").Name(), "home-cases")
	s.follow(p, "nav.cases")
	p.Check("cases", s.tag)
	p.Click("link", s.service(allowance))
	p.Eventually("the answer is in the case", func() bool {
		if strings.Contains(p.Text(), "Answer 1") {
			return true
		}
		p.Reload()
		return false
	})
	p.Says("Question 1", s.statusOf("application", "with-officer"), s.say("case.until"), s.say("case.mail-unchecked"))
	p.Check("case-answered", s.tag)
	return p
}

// subjectOf finds what people are told of a status by mail, which they want in Cyrillic.
func (s *story) subjectOf(kind, status string) *regexp.Regexp {
	s.t.Helper()
	k, _ := s.pack.CaseKind(kind)
	st, ok := k.Status(status)
	if !ok || st.Notice == nil {
		s.t.Fatalf("nobody is told of %s, %s", kind, status)
	}
	return regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(st.Notice.Subject.In(lang.SrCyrl)), ".+") + "$")
}

// sink is a sentence of the page of the mailbox.
func (s *story) sink(key string) string {
	s.t.Helper()
	said, err := lang.Load(mailsink.Words())
	if err != nil {
		s.t.Fatal(err)
	}
	return said.Say(s.tag, key)
}

// refuses: the officer ends the case with a reason, and is led to the next.
func (s *story) refuses(p *browser.Page) {
	s.t.Helper()
	p.Reload()
	p.Says("Answer 1", "ivana@primer.example", s.say("case.unread"))
	p.Check("desk-case-answered", s.tag)
	p.Click("link", s.say("case.settle"))
	p.Click("link", s.say("referral.dismiss"))
	p.Check("referral-dismiss", s.tag)
	form, ok := s.pack.Form("dismissal")
	if !ok {
		s.t.Fatal("no form of a dismissal")
	}
	p.Fill(form.Fields[0].Label.In(s.tag), "Reason 1")
	p.Click("button", s.say("referral.dismiss-button"))
	if !strings.Contains(p.URL(), "/desk/cases") {
		s.t.Errorf("after a case the officer is at %s", p.URL())
	}
	p.Check("desk-case-refused", s.tag)
	p.Click("button", s.say("case.send"))
}

// appeals: the mother reads the decision and says what she has against it.
func (s *story) appeals(p *browser.Page) (number string) {
	s.t.Helper()
	p.Reload()
	p.Says(s.statusOf("application", "refused"))
	p.Check("case-refused", s.tag)
	p.Click("link", s.say("offer.to-decision"))
	p.Says("Reason 1")
	p.Check("decision-refused", s.tag)
	p.Click("link", s.say("decision.appeal"))
	p.Check("appeal", s.tag)
	form, ok := s.pack.Form("appeal")
	if !ok {
		s.t.Fatal("no form of an appeal")
	}
	p.Fill(form.Fields[0].Label.In(s.tag), "Appeal 1")
	p.Click("button", s.say("appeal.make-button"))
	p.Says("Appeal 1", s.statusOf("appeal", "received"))
	p.Check("case-appeal", s.tag)
	return p.URL()[strings.LastIndex(p.URL(), "/")+1:]
}

// decides: another officer passes the appeal on and decides on it.
func (s *story) decides(number string) {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("cashier"), "desk-home")
	for _, to := range []string{"with-second", "upheld"} {
		p.Open(s.demo.URL(demo.City) + "/desk/cases?q=" + number)
		p.Click("link", s.service(allowance))
		p.Says("Appeal 1")
		p.Check("desk-appeal-"+to, s.tag)
		p.Click("link", s.statusOf("appeal", to))
		p.Check("desk-appeal-decide", s.tag)
		p.Fill(s.say("case.decide.text"), because)
		p.Click("button", s.say("case.decide-button"))
		p.Click("button", s.say("case.send"))
	}
}
