package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/command"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/script"
	"dobosh/internal/lab/demo"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers"
	"dobosh/internal/law"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/words"
)

// story is one telling, with a demonstration of its own.
type story struct {
	t         *testing.T
	b         *browser.Browser
	tag       lang.Tag
	noScripts bool
	way       wayOut
	dir       string
	demo      *demo.Demo
	stop      func()
	time      hands
	words     *lang.Catalogue
	pack      *law.Pack
	people    people.Population

	mother   *browser.Page // the mother's tab, after she signed in
	decision string        // address of the decision about the first offer
	code     string        // of that decision
	file     []byte        // the same, to check
}

const why = "Why? 1"

func begin(t *testing.T, b *browser.Browser, tag lang.Tag, noScripts bool) *story {
	t.Helper()
	s := &story{t: t, b: b, tag: tag, noScripts: noScripts, dir: t.TempDir()}
	var err error
	if s.words, err = words.Of(registers.Words(), demopages.Words()); err != nil {
		t.Fatal(err)
	}
	s.pack = laws.Serbia(t)
	if s.people, err = people.Stories(s.pack); err != nil {
		t.Fatal(err)
	}
	s.demo, s.stop = run(t, s.dir, s.time.now)
	return s
}

// run starts a demonstration. Stopping it twice does no harm.
func run(t *testing.T, dir string, now clock.Now) (*demo.Demo, func()) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithCancel(context.Background())
	d, err := demo.Start(ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:0", Log: log, Now: now})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-done, d.Close()); err != nil {
			t.Errorf("the demonstration ended with %v", err)
		}
	}
	t.Cleanup(stop)
	for _, node := range []string{demo.City, demo.Registers, demo.Supervisor} {
		answers(t, d.URL(node))
	}
	return d, stop
}

func answers(t *testing.T, address string) {
	t.Helper()
	testkit.Succeeds(t, address+" answers", func() error {
		answer, err := http.Get(address)
		if err == nil {
			_ = answer.Body.Close() // only that there is one
		}
		return err
	})
}

// say is a sentence of the pages, as it stands in the accessibility tree.
func (s *story) say(key string, pairs ...string) string { return s.words.Say(s.tag, key, pairs...) }

// name writes a name as the pages of this telling do.
func (s *story) name(name string) string {
	if s.tag == lang.SrCyrl {
		return name
	}
	return script.Latin(name)
}

func (s *story) person(subject string) people.Person {
	s.t.Helper()
	p, ok := s.people.Find(subject)
	if !ok {
		s.t.Fatalf("nobody is %s", subject)
	}
	return p
}

func (s *story) staff(subject string) string {
	s.t.Helper()
	for _, staff := range s.people.Staff {
		if staff.Subject == subject {
			return staff.Name
		}
	}
	s.t.Fatalf("nobody is %s", subject)
	return ""
}

// service is the name of a public service.
func (s *story) service(id string) string {
	s.t.Helper()
	service, ok := s.pack.Service(id)
	if !ok {
		s.t.Fatalf("no service %s", id)
	}
	return service.Title.In(s.tag)
}

// arrive opens a portal as somebody new, in the language of the story.
func (s *story) arrive(address, page string) *browser.Page {
	s.t.Helper()
	p := s.b.Visitor(s.t, browser.Options{NoScripts: s.noScripts}).Tab()
	p.Open(address)
	s.inLanguage(p)
	p.Check(page, s.tag)
	return p
}

// inLanguage changes to the language of the story, by the link that says so.
func (s *story) inLanguage(p *browser.Page) {
	s.t.Helper()
	if p.Has("link", s.tag.Name()) {
		p.Click("link", s.tag.Name())
	}
}

// signIn picks somebody on the page of the identity provider.
func (s *story) signIn(p *browser.Page, button, name, page string) {
	s.t.Helper()
	p.Click("link", button)
	p.Check("provider", s.tag)
	p.Click("button", s.name(name))
	s.signedIn(p, name)
	p.Check(page, s.tag)
}

// signedIn looks for the name of whoever is signed in; on a phone it stands in a fold.
func (s *story) signedIn(p *browser.Page, name string) {
	s.t.Helper()
	folded := !strings.Contains(p.Text(), s.name(name))
	if folded {
		p.Touch("DisclosureTriangle", s.say("nav.more"))
	}
	p.Says(s.name(name))
	if folded {
		p.Touch("DisclosureTriangle", s.say("nav.more"))
	}
}

// status is what the server said about the page.
func (s *story) status(p *browser.Page, wanted int) {
	s.t.Helper()
	if p.Status() != wanted {
		s.t.Errorf("%s: status %d, wanted %d; it says:\n%s", p.URL(), p.Status(), wanted, p.Text())
	}
}

// end stops everything and asks every journal whether it is whole.
func (s *story) end() {
	s.t.Helper()
	s.stop()
	for _, node := range []string{demo.City, demo.Registers, demo.Supervisor} {
		var out, errOut strings.Builder
		if code := command.Main(s.t.Context(), []string{"journal", "check", "--config", filepath.Join(s.dir, node, "dobosh.yaml")}, &out, &errOut); code != 0 {
			s.t.Errorf("the journal of %s: code %d\n%s%s", node, code, out.String(), errOut.String())
		}
	}
}
