package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

// TestQuestionStory: a mother asks the registers, which are another institution with a node of its own, why they looked
// at her data. Her question is a case there, under a term; an officer of theirs answers, and she reads it where she asked.
func TestQuestionStory(t *testing.T) {
	b := browser.Start(t)
	for tag, noScripts := range map[lang.Tag]bool{lang.SrCyrl: false, lang.SrLatn: true} {
		t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, noScripts)
			s.showBirths()
			mother := s.asksRegisters()
			clerk := s.arrive(s.demo.URL(demo.Registers), "registers-welcome")
			s.signIn(clerk, s.say("welcome.registers.sign-in"), s.staff("clerk"), "registers-home-officer")
			s.answerAt(clerk, s.demo.URL(demo.Registers))
			mother.Eventually("the answer of the registers is with the question", func() bool {
				if strings.Contains(mother.Text(), because) {
					return true
				}
				mother.Reload()
				return false
			})
			mother.Says(why)
			mother.Check("messages-registers-answered", s.tag)
			s.end()
		})
	}
}

// asksRegisters: she sees that a registrar looked, and asks why.
func (s *story) asksRegisters() *browser.Page {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.person("jovana").Name(), "home-parent")
	s.follow(p, "nav.looks")
	body, ok := s.pack.Body("RS-DEMO/GOV/REGISTERS")
	purpose, known := s.pack.Purpose("birth-registration")
	if !ok || !known {
		s.t.Fatal("the pack has no such body or purpose")
	}
	detail := s.say("looks.detail") + ": " + purpose.Title.In(s.tag) + ", " + body.Title.In(s.tag)
	p.Eventually("the registers say that a registrar looked", func() bool {
		if strings.Contains(p.Text(), purpose.Title.In(s.tag)) {
			return true
		}
		p.Reload()
		return false
	})
	p.Touch("DisclosureTriangle", detail)
	p.Check("looks-registers", s.tag)
	p.Click("link", s.say("looks.ask")+": ")
	p.Fill(s.say("why.label"), why)
	p.Click("button", s.say("why.button"))
	p.Says(why, body.Title.In(s.tag), s.statusOf("question", "received"), s.say("look.say"), s.say("messages.unchecked"))
	p.Check("messages-registers", s.tag)
	return p
}
