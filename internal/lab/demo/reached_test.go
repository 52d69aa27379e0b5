package demo_test

import (
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit/browser"
)

var mailedCode = regexp.MustCompile(`\d{4} \d{4}`)

// TestSignInByContactStory: on a phone without scripts somebody comes by a code that lies in the mailbox of the demonstration, fills a form that wants an
// electronic identity, signs in with one in the middle of it, and finds what they typed; what they began with the contact is theirs.
func TestSignInByContactStory(t *testing.T) {
	s := begin(t, browser.Start(t), lang.SrLatn, true)
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	code := func(to string) (code string) {
		t.Helper()
		p.Eventually("a code lies in the mailbox", func() bool {
			var found []string
			for _, m := range s.demo.Mail() {
				if digits := mailedCode.FindString(m.Subject); digits != "" && strings.Contains(strings.Join(m.To, " "), to) {
					found = append(found, digits)
				}
			}
			if len(found) > 0 {
				code = found[len(found)-1]
			}
			return len(found) > 0
		})
		return code
	}
	p.Click("link", s.say("sign-in.by-contact"))
	p.Check("identity-contact", s.tag)
	p.Fill(s.say("reached.address"), "gost@primer.example")
	p.Click("button", s.say("reached.button"))
	p.Fill(s.say("reached.code"), code("gost@primer.example"))
	p.Click("button", s.say("reached.code-button"))
	p.Open(s.demo.URL(demo.City) + "/me")
	p.Says(s.say("me.contact-only"), "gost@primer.example")

	p.Click("link", s.say("contact.add"))
	p.Fill(s.say("contact.add.address"), "nova@primer.example")
	p.Click("button", s.say("contact.add-button"))
	p.Says(s.say("held.kept"))
	p.Click("link", s.say("sign-in.button"))
	p.Click("button", s.name(s.person("ivana").Name()))
	p.Says(s.say("contact.add"))
	if !p.Holds(s.say("contact.add.address"), "nova@primer.example") {
		t.Fatalf("what was typed is gone: %s", p.Text())
	}
	p.Click("button", s.say("contact.add-button"))
	p.Fill(s.say("contact.confirm.code"), code("nova@primer.example"))
	p.Click("button", s.say("contact.confirm-button"))
	p.Says("nova@primer.example")
	p.Check("identity-me", s.tag)
	s.end()
}
