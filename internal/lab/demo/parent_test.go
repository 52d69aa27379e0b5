package demo_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

const (
	allowance = "parental-allowance"
	grant     = "newborn-grant"
)

// readMail: one message about both offers reaches the page of the mailbox.
func (s *story) readMail() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	for _, about := range []string{"about.help", "about.privacy", "about.accessibility"} {
		p.Click("link", s.say(about))
		p.Check(about, s.tag)
	}
	p.Open(s.demo.URL(demo.City))
	p.Click("link", s.say("demo.tour"))
	p.Says(s.say("demo.tour-end"), s.demo.URL(demo.Registers), s.demo.URL(demo.Supervisor))
	p.Check("tour", s.tag)
	for _, step := range []string{"looks.title", "nav.desk-cases", "nav.payments", "demo.to-exchanges"} {
		if p.Click("link", s.say(step)); p.Status() == http.StatusNotFound {
			s.t.Errorf("the tour leads to nothing at %s", p.URL())
		}
		p.Back()
	}
	p.Click("link", s.say("demo.to-mail"))
	s.inLanguage(p)
	p.Eventually("a message reaches the mailbox", func() bool {
		if len(s.demo.Mail()) >= 1 {
			return true
		}
		p.Reload()
		return false
	})
	p.Reload()
	p.Check("mailbox", s.tag)
	p.Click("link", s.demo.Mail()[0].Subject)
	p.Says(s.demo.Mail()[0].Subject)
	p.Check("message", s.tag)
}

// parent: the mother on her phone.
func (s *story) parent() {
	s.t.Helper()
	s.mother = s.arrive(s.demo.URL(demo.City), "welcome")
	p := s.mother
	s.signIn(p, s.say("welcome.city.sign-in"), s.person("jovana").Name(), "home")
	s.follow(p, "nav.inbox")
	p.Says(s.service(allowance), s.service(grant))
	p.Check("inbox", s.tag)
	s.secondOffer(p)
	s.accept(p)
	s.paper(p)
	s.verify(p)
	s.looks(p)
}

// follow goes to a part of the portal. On a phone only some stand in sight, the others in a fold.
func (s *story) follow(p *browser.Page, key string) {
	s.t.Helper()
	if !p.Has("link", s.say(key)) {
		p.Touch("DisclosureTriangle", s.say("nav.more"))
	}
	p.Click("link", s.say(key))
}

// leave signs out.
func (s *story) leave(p *browser.Page) {
	s.t.Helper()
	if !p.Has("button", s.say("nav.sign-out")) {
		p.Touch("DisclosureTriangle", s.say("nav.more"))
	}
	p.Click("button", s.say("nav.sign-out"))
}

func (s *story) offer(p *browser.Page, service string) {
	s.t.Helper()
	s.follow(p, "nav.inbox")
	p.Click("link", s.say("offer.look")+": "+s.service(service))
}

// accept: one tap, or two, or one more after going back, are one decision.
func (s *story) accept(p *browser.Page) {
	s.t.Helper()
	s.offer(p, allowance)
	provision, ok := s.pack.Provision("zfpp/22/1")
	if !ok {
		s.t.Fatal("the pack has no provision for the allowance")
	}
	p.Says(s.service(allowance), s.amount().In(s.tag), provision.Cite(s.tag), s.say("clock.until"), s.say("offer.then"), s.say("offer.affirms"))
	p.Check("offer", s.tag)
	p.Click("link", s.say("offer.why"))
	p.Says(s.say("amount.dated"), s.say("amount.asked"))
	p.Check("offer-amount", s.tag)
	p.Click("link", s.say("exit.back"))
	p.ClickTwice("button", s.say("offer.accept"))
	s.decision = p.URL()
	if !strings.Contains(s.decision, "/decisions/") {
		s.t.Fatalf("accepting leads to %s:\n%s", s.decision, p.Text())
	}
	p.Check("decision", s.tag)
	p.Back()
	if p.Has("button", s.say("offer.accept")) {
		p.Click("button", s.say("offer.accept"))
	} else {
		p.Check("offer-accepted", s.tag)
		p.Click("link", s.say("offer.to-decision"))
	}
	if p.URL() != s.decision {
		s.t.Errorf("accepting again leads to %s and not to %s", p.URL(), s.decision)
	}
}

// amount is what the law gives for a first child born today.
func (s *story) amount() money.Para {
	s.t.Helper()
	first, ok := s.pack.Parameter("zfpp.first", civil.Of(time.Now()))
	if !ok {
		s.t.Fatal("the pack has no amount for a first child")
	}
	return first.Money()
}

// secondOffer: while the offer stands open in one tab, the other offer is left
// in another way; what the first tab shows is stale then, and says so.
func (s *story) secondOffer(p *browser.Page) {
	s.t.Helper()
	s.offer(p, grant)
	p.Check("offer-grant", s.tag)
	stale := p.Beside()
	stale.Open(p.URL())
	p.Click("link", s.say(s.way.link()))
	p.Check("exit-"+s.way.name(), s.tag)
	p.Click("button", s.say("exit."+s.way.name()+".button"))
	p.Says(s.say(s.way.state()))
	p.Check("offer-left", s.tag)
	stale.Click("button", s.say("offer.accept"))
	s.status(stale, http.StatusConflict)
	stale.Check("offer-stale", s.tag)
	stale.Click("link", s.say("problem.back"))
	stale.Says(s.say(s.way.state()))
}

// paper: the decision as page, PDF and file.
func (s *story) paper(p *browser.Page) {
	s.t.Helper()
	p.Eventually("the decision is sealed", func() bool {
		p.Reload()
		return p.Has("link", s.say("decision.file")) && strings.Contains(p.Text(), s.say("decision.seal-means"))
	})
	p.Check("decision-sealed", s.tag)
	if pdf := p.Download("link", s.say("decision.pdf")); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		s.t.Errorf("the PDF begins with %q", pdf[:min(20, len(pdf))])
	}
	s.file = p.Download("link", s.say("decision.file"))
}

// verify: by the code, by the file, and a file with another byte.
func (s *story) verify(p *browser.Page) {
	s.t.Helper()
	p.Click("link", s.demo.URL(demo.City)+"/verify/")
	p.Says(s.say("verify.found"), s.say("verify.sealed"))
	p.Check("verify-code", s.tag)
	s.code = p.URL()[strings.LastIndex(p.URL(), "/")+1:]
	p.Fill(s.say("verify.code"), s.code)
	p.Click("button", s.say("verify.check"))
	p.Says(s.say("verify.found"))
	p.Fill(s.say("verify.code"), mistyped(s.code))
	p.Click("button", s.say("verify.check"))
	p.Says(s.say("problem.code-form"))
	p.Check("verify-wrong-code", s.tag)
	p.Eventually("the witness is in the file", func() bool {
		s.upload(p, s.file)
		if strings.Contains(p.Text(), s.say("verdict.verified")) {
			return true
		}
		p.Open(s.decision)
		s.file = p.Download("link", s.say("decision.file"))
		p.Open(s.demo.URL(demo.City) + "/verify")
		return false
	})
	p.Check("verify-file", s.tag)
	total := fmt.Sprintf(`"total":%d`, int64(s.amount()))
	changed := bytes.Replace(s.file, []byte(total), []byte(strings.Replace(total, ":5", ":6", 1)), 1)
	if bytes.Equal(changed, s.file) {
		s.t.Fatalf("the file does not say %s", total)
	}
	s.upload(p, changed)
	p.Says(s.say("verdict.broken"), s.say("check.content"), s.say("reason.no"))
	p.Check("verify-changed", s.tag)
	s.upload(p, []byte("a letter"))
	p.Says(s.say("verdict.broken"), s.say("check.form.json"))
	p.Check("verify-no-file", s.tag)
}

// mistyped changes the control character of a code.
func mistyped(code string) string {
	last := byte('2')
	if code[len(code)-1] == last {
		last = '3'
	}
	return code[:len(code)-1] + string(last)
}

func (s *story) upload(p *browser.Page, content []byte) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "decision.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	p.Upload(s.say("verify.file"), path)
	p.Click("button", s.say("verify.check-file"))
}

// looks: who looked, what for, by which provision; and a question why.
func (s *story) looks(p *browser.Page) {
	s.t.Helper()
	s.follow(p, "nav.looks")
	for _, body := range []string{"RS-DEMO/GOV/ZRENJANIN", "RS-DEMO/GOV/REGISTERS"} {
		b, ok := s.pack.Body(body)
		if !ok {
			s.t.Fatalf("no body %s", body)
		}
		p.Says(b.Title.In(s.tag))
	}
	p.Says(s.say("looks.from"))
	p.Eventually("every institution answers who looked", func() bool {
		if !strings.Contains(p.Text(), s.say("looks.silent")) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("looks", s.tag)
	city, _ := s.pack.Body("RS-DEMO/GOV/ZRENJANIN")
	purpose, _ := s.pack.Purpose("family-support")
	p.Touch("DisclosureTriangle", s.say("looks.detail")+": "+purpose.Title.In(s.tag)+", "+city.Title.In(s.tag))
	p.Says(s.say("looks.fields"))
	p.Check("looks-open", s.tag)
	p.Click("link", s.say("looks.ask")+": ")
	p.Check("looks-ask", s.tag)
	p.Fill(s.say("why.label"), why)
	p.Click("button", s.say("why.button"))
	s.follow(p, "nav.messages")
	p.Says(why, s.statusOf("question", "received"), s.say("messages.case"))
	p.Check("messages", s.tag)
}

// answered: the mother reads the answer, and leaves.
func (s *story) answered() {
	s.t.Helper()
	p := s.mother
	s.follow(p, "nav.messages")
	p.Says(why, because)
	p.Check("messages-answered", s.tag)
	s.requests(p)
	s.follow(p, "nav.home")
	p.Check("home-after", s.tag)
	s.leave(p)
	p.Check("left", s.tag)
	p.Open(s.decision)
	s.status(p, http.StatusUnauthorized)
	p.Says(s.say("problem.sign-in-needed"))
	p.Check("sign-in-needed", s.tag)
	p.Open(s.demo.URL(demo.City) + "/nowhere")
	s.status(p, http.StatusNotFound)
	p.Check("nowhere", s.tag)
}

// requests: the mother asks for the data about her; her request is a case.
func (s *story) requests(p *browser.Page) {
	s.t.Helper()
	form, ok := s.pack.Form("data-request")
	if !ok {
		s.t.Fatal("no form of a data request")
	}
	s.follow(p, "nav.looks")
	p.Click("link", s.say("data.request"))
	p.Check("data-request", s.tag)
	p.Touch("radio", form.Fields[0].Options[0].Says.In(s.tag))
	p.Fill(form.Fields[1].Label.In(s.tag), why)
	p.Click("button", s.say("data.request-button"))
	p.Says(s.statusOf("data-request", "received"), why)
	p.Check("case-data-request", s.tag)
}
