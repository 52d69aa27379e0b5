package demo_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit/browser"
)

// TestOperatorsStory plays what those do who run the nodes: at the supervisor a
// new node is let in and its token withdrawn; at the city and the registers they
// see which system reads events, and how far it has come. Every page is held to
// the rules of the house.
func TestOperatorsStory(t *testing.T) {
	b := browser.Start(t)
	for i, tag := range []lang.Tag{lang.SrCyrl, lang.En} {
		noScripts := i == 1
		t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, noScripts)
			s.admits()
			s.readsEvents(demo.City, "operator", "registry-office")
			s.readsEvents(demo.Registers, "engineer", "civil-register")
			s.end()
		})
	}
}

// admits makes a token for the node of a new member, and withdraws it.
func (s *story) admits() {
	s.t.Helper()
	p := s.arrive(s.demo.URL(demo.Supervisor), "supervisor-welcome")
	s.signIn(p, s.say("welcome.supervisor.sign-in"), s.staff("steward"), "supervisor-operate")
	s.follow(p, "nav.tokens")
	p.Says(s.say("tokens.none"))
	p.Check("tokens-none", s.tag)
	p.Click("link", s.say("newcomer.title"))
	p.Check("newcomer", s.tag)
	p.Fill(s.say("newcomer.member"), "Ada")
	p.Click("button", s.say("newcomer.button"))
	s.status(p, http.StatusUnprocessableEntity)
	p.Check("newcomer-wrong", s.tag)
	p.Fill(s.say("newcomer.member"), "RS-DEMO/GOV/ADA")
	p.Fill(s.say("newcomer.name"), s.registerName("Општина Ада", "Municipality of Ada"))
	p.Click("button", s.say("newcomer.button"))
	p.Says("RS-DEMO/GOV/ADA", "dobosh join ")
	p.Check("newcomer-made", s.tag)
	p.Click("link", s.say("tokens.title"))
	p.Says("RS-DEMO/GOV/ADA")
	p.Check("tokens", s.tag)
	p.Click("button", s.say("tokens.withdraw")+": RS-DEMO/GOV/ADA n1")
	p.Says(s.say("tokens.none"), s.say("tokens.ended"))
	p.Check("tokens-withdrawn", s.tag)
	s.leave(p)
}

// readsEvents looks at the events of a node before anybody reads them, and after
// a system has subscribed.
func (s *story) readsEvents(name, operator, system string) {
	s.t.Helper()
	p := s.arrive(s.demo.URL(name), name+"-welcome")
	s.signIn(p, s.say("welcome."+name+".sign-in"), s.staff(operator), name+"-operate")
	s.follow(p, "nav.events")
	p.Says(s.say("events.no-subscriptions"), s.say("events.no-holes"))
	p.Check(name+"-events-none", s.tag)
	s.subscribes(name)
	p.Reload()
	p.Says(system)
	p.Check(name+"-events", s.tag)
	p.Click("link", system)
	p.Says(s.say("subscription.no-letters"))
	p.Check(name+"-subscription", s.tag)
	s.leave(p)
}

// subscribes asks a node for births, as the system of its member does.
func (s *story) subscribes(name string) {
	s.t.Helper()
	cfg, err := node.Load(filepath.Join(s.dir, name, "dobosh.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := os.ReadFile(cfg.Events.Systems[0].TokenFile)
	if err != nil {
		s.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+cfg.Listen.Systems+"/events/subscriptions", strings.NewReader(`{"filter":{"types":["rs.births.registered"]},"from":"beginning"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		said, _ := io.ReadAll(answer.Body)
		s.t.Fatalf("subscribing: %d %s", answer.StatusCode, said)
	}
}
