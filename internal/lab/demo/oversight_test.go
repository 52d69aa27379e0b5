package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/command"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/node"
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
	s.follow(p, "nav.exchanges")
	answered := func() bool { // what was asked about a birth comes a moment after it
		p.Reload()
		return strings.Contains(strings.ToLower(p.Text()), strings.ToLower(s.say("exchange.answered")))
	}
	p.Eventually("exchanges are listed", answered)
	p.Check("exchanges", s.tag)
	s.nobody(p)
	p.Fill(s.say("exchanges.party"), "no/such/body")
	p.Click("button", s.say("exchanges.search"))
	p.Says(s.say("exchanges.none-found"))
	p.Check("exchanges-none", s.tag)
	p.Fill(s.say("exchanges.party"), "civil/births")
	p.Click("button", s.say("exchanges.search"))
	p.Eventually("those with the register are found", answered)
	p.Click("link", lang.Day(civil.Of(time.Now()), s.tag))
	p.Says(s.say("exchange.answered-means"), s.say("exchange.fields"))
	p.Check("exchange", s.tag)
	s.nobody(p)
	s.follow(p, "nav.hidden")
	p.Says(s.say("hidden.none"))
	p.Check("hidden", s.tag)
	s.leave(p)
}

// auditor: who audits the city finds the exchange, takes its evidence, and hands it
// to somebody who has nothing but the keys to believe.
func (s *story) auditor() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "auditor-welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), s.staff("reviewer"), "auditor-operate")
	s.follow(p, "nav.exchanges")
	p.Fill(s.say("exchanges.party"), "civil/births")
	p.Click("button", s.say("exchanges.search"))
	p.Click("link", lang.Day(civil.Of(time.Now()), s.tag))
	p.Says(s.say("exchange.evidence-means"))
	p.Check("auditor-exchange", s.tag)
	s.nobody(p)
	file := p.Download("link", s.say("exchange.evidence"))
	s.leave(p)
	s.handsOver(file)
	s.proved(file)
	s.seen(s.motherIn(file))
}

// motherIn finds out which of the mothers an evidence file is about.
func (s *story) motherIn(file []byte) people.Person {
	s.t.Helper()
	f, err := evidence.Parse(file)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg, err := node.Load(filepath.Join(s.dir, demo.City, "dobosh.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	sectors, err := identity.LoadSectors(cfg.Sectors)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, subject := range []string{"jovana", "ivana"} {
		person := s.person(subject)
		if name, err := sectors.Pseudonym("family", person.Number); err == nil && bytes.Contains(f.Response.Body, []byte(name)) {
			return person
		}
	}
	s.t.Fatalf("the evidence is about neither of the mothers: %s", f.Response.Body)
	return people.Person{}
}

// handsOver gives the file to somebody who puts it to the page that checks it,
// first as it is, then with another byte.
func (s *story) handsOver(file []byte) {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City)+"/verify", "verify")
	s.upload(p, file)
	p.Says(s.say("evidence.verdict.proved"), s.say("evidence.check.right.ok"))
	p.Check("verify-evidence", s.tag)
	changed := bytes.Clone(file)
	at := len(changed) / 2
	for !('a' <= changed[at] && changed[at] <= 'z') {
		at++
	}
	changed[at] ^= 'a' ^ 'A'
	s.upload(p, changed)
	p.Says(s.say("evidence.verdict.broken"))
	p.Check("verify-evidence-changed", s.tag)
}

// proved checks the file of an exchange as a stranger would: by the program, and
// with nothing but the keys.
func (s *story) proved(file []byte) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "exchange"+evidence.Ending)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		s.t.Fatal(err)
	}
	var out, errOut strings.Builder
	if code := command.Main(s.t.Context(), []string{"verify", "--trust", s.demo.Trust(), "--lang", string(s.tag), path}, &out, &errOut); code != 0 {
		s.t.Errorf("the evidence: code %d\n%s%s", code, out.String(), errOut.String())
	}
	for _, says := range []string{"evidence.verdict.proved", "evidence.check.right.ok"} {
		if !strings.Contains(out.String(), s.say(says)) {
			s.t.Errorf("the report does not say %s:\n%s", s.say(says), out.String())
		}
	}
	changed := bytes.Clone(file)
	changed[len(changed)/2] ^= 1
	if report := evidence.Verify(changed, evidence.Trust{}); report.Verdict != evidence.Broken {
		s.t.Errorf("a changed file: %+v", report)
	}
}

// seen: the mother whom it is about sees that an auditor looked, and by which right.
func (s *story) seen(mother people.Person) {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	s.signIn(p, s.say("welcome.city.sign-in"), mother.Name(), "home")
	s.follow(p, "nav.looks")
	purpose, ok := s.pack.Purpose("oversight")
	if !ok {
		s.t.Fatal("the pack has no oversight")
	}
	p.Eventually("the look of the auditor", func() bool {
		if strings.Contains(p.Text(), purpose.Title.In(s.tag)) {
			return true
		}
		p.Reload()
		return false
	})
	p.Check("looks-auditor", s.tag)
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
