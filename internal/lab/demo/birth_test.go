package demo_test

import (
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/testkit/browser"
)

// recordBirths: the registrar records the child of Jovana, page by page, and
// that of Ivana, whose citizenship no register knows.
func (s *story) recordBirths() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Registers), "registers-welcome")
	s.signIn(p, s.say("welcome.registers.sign-in"), s.staff("registrar"), "registers-home")
	if p.Has("link", s.say("nav.births")) {
		s.follow(p, "nav.births")
	}
	p.Check("births-none", s.tag)
	s.recordBirth(p, s.person("jovana"), 0, true)
	s.recordBirth(p, s.person("ivana"), 1, false)
	p.Click("link", s.say("recorded.list"))
	p.Says(s.name("Милица"), s.name("Јована Примерић"), s.name("Марко Примерић"), s.name("Ивана"))
	p.Check("births", s.tag)
	s.leave(p)
	p.Check("registers-left", s.tag)
}

// recordBirth records the i-th child. With care every page is looked at, and
// something goes wrong first.
func (s *story) recordBirth(p *browser.Page, mother people.Person, i int, care bool) {
	s.t.Helper()
	look := func(page string) {
		s.t.Helper()
		if care {
			p.Check("birth-"+page, s.tag)
		}
	}
	button := s.say("births.new")
	if !care {
		button = s.say("recorded.again")
	}
	p.Click("link", button)
	look("mother")
	if care {
		s.wrongNumbers(p, mother)
	}
	p.Fill(s.say("birth.mother-number"), mother.Number.String())
	p.Click("button", s.say("form.next"))
	p.Says(s.name(mother.Name()))
	look("mother-found")
	p.Click("button", s.say("birth.found-yes"))
	look("father")
	s.father(p, care)
	look("number")
	p.Fill(s.say("birth.number-label"), people.Newborn(i, civil.Of(time.Now())).String())
	p.Click("button", s.say("form.next"))
	look("birth")
	s.childsDay(p, care)
	look("name")
	p.Fill(s.say("birth.given"), s.name("Милица"))
	p.Fill(s.say("birth.family"), s.name(mother.FamilyName))
	p.Click("button", s.say("form.next"))
	look("place")
	p.Choose(s.say("birth.place-label"), s.name("Зрењанин"))
	p.Click("button", s.say("form.next"))
	look("order")
	p.Fill(s.say("birth.order-label"), strconv.Itoa(0))
	p.Click("button", s.say("form.next"))
	p.Says(s.name("Милица "+mother.FamilyName), s.name(mother.Name()))
	look("check")
	p.ClickTwice("button", s.say("birth.record"))
	p.Says(s.say("recorded.title"))
	look("recorded")
}

// wrongNumbers: a control digit that does not fit, and a number that nobody has.
func (s *story) wrongNumbers(p *browser.Page, mother people.Person) {
	s.t.Helper()
	number := []byte(mother.Number.String())
	number[12] = '0' + (number[12]-'0'+1)%10
	p.Fill(s.say("birth.mother-number"), string(number))
	p.Click("button", s.say("form.next"))
	s.status(p, http.StatusUnprocessableEntity)
	p.Says(s.say("form.wrong"), s.say("problem.number-check"))
	p.Check("birth-wrong-number", s.tag)
	p.Fill(s.say("birth.mother-number"), people.Newborn(400, civil.Of(time.Now())).String())
	p.Click("button", s.say("form.next"))
	s.status(p, http.StatusUnprocessableEntity)
	p.Says(s.say("problem.person-unknown"))
	p.Check("birth-unknown-number", s.tag)
}

func (s *story) father(p *browser.Page, known bool) {
	s.t.Helper()
	if !known {
		p.Click("button", s.say("birth.father-none"))
		return
	}
	p.Fill(s.say("birth.father-number"), s.person("marko").Number.String())
	p.Click("button", s.say("form.next"))
	p.Says(s.name("Марко Примерић"))
	p.Check("birth-father-found", s.tag)
	p.Click("button", s.say("birth.found-yes"))
}

// childsDay confirms what the number says; with care a day that will come is
// tried first, and what is refused at the end leads back to its question.
func (s *story) childsDay(p *browser.Page, care bool) {
	s.t.Helper()
	if care {
		p.Fill(s.say("birth.born"), "31. 2. 2026.")
		p.Click("button", s.say("form.next"))
		s.status(p, http.StatusUnprocessableEntity)
		p.Says(s.say("problem.day-malformed"))
		p.Check("birth-no-day", s.tag)
		today := civil.Of(time.Now())
		p.Fill(s.say("birth.born"), strconv.Itoa(today.Dom())+"."+strconv.Itoa(int(today.Month()))+"."+strconv.Itoa(today.Year())+".")
	}
	p.Click("button", s.say("form.next"))
}
