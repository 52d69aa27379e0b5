package pages

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// listed finds the keys of the list that "?" opens, queued the cases of the queue.
var (
	listed = regexp.MustCompile(`<dt><kbd>([^<]+)</kbd></dt>`)
	queued = regexp.MustCompile(`href="/desk/cases/(ZR-[^"]+)"`)
)

// found are the parts of a page that fit, in its order.
func found(pattern *regexp.Regexp, html string) (all []string) {
	for _, m := range pattern.FindAllStringSubmatch(html, -1) {
		all = append(all, m[1])
	}
	return all
}

// The list of keys is true: each of it does what it says, and there is no other than that of a room that decides
// by itself.
func TestEveryKeyOfTheList(t *testing.T) {
	h, room, _ := desk(t)
	appeals(t, room, 3)
	list := pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases"}, http.StatusOK)
	keys, numbers := found(listed, list), found(queued, list)
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	say := func(key string) string { return said.Say(lang.SrCyrl, key) }
	p, front := atDesk(t, h)
	queue, first := front+"/desk/cases", front+"/desk/cases/"+numbers[0]
	at := func(expected string) {
		t.Helper()
		if address, _, _ := strings.Cut(p.URL(), "?"); address != expected {
			t.Errorf("at %s, expected %s", address, expected)
		}
	}
	focused := func(expected string) {
		t.Helper()
		if on := p.Focused(); on != expected {
			t.Errorf("keys go to %q, expected %q", on, expected)
		}
	}
	does := map[string]func(){
		"j": func() { p.Open(queue); p.Type('j'); p.Type('j'); focused("/desk/cases/" + numbers[1]) },
		"k": func() { p.Open(queue); p.Type('j'); p.Type('j'); p.Type('k'); focused("/desk/cases/" + numbers[0]) },
		"/": func() { p.Open(queue); p.Type('/'); focused("q"); p.Type('n'); focused("q") },
		"n": func() { p.Open(queue); p.Press('n'); at(first) },
		"l": func() { p.Open(first); p.Press('l'); at(queue) },
		"a": func() { p.Open(first); p.Press('a'); at(first + "/ask") },
		"c": func() {
			p.Open(first)
			p.Press('c')
			p.Says(say("case.release"))
			p.Press('c')
			p.Says(say("case.claim"))
		},
		"x": func() {
			p.Open(queue)
			p.Type('j')
			p.Type('x')
			p.Click("button", say("case.claim-button"))
			p.Says(numbers[0], say("cases.several.done"))
			if strings.Contains(p.Text(), numbers[1]) {
				t.Error("another row was chosen too")
			}
		},
		"1": func() { p.Open(first); p.Press('1'); at(first + "/to/with-second") },
		"Enter": func() {
			p.Open(first + "/to/with-second")
			p.Type('1')
			p.Press(browser.Enter)
			p.Says(say("case.saved-number"), numbers[0])
		},
		"u": func() {
			p.Press('u') // right after the decision
			at(first)
			p.Says(say("case.decide"))
		},
		"p": func() {
			p.Press('1')
			p.Press(browser.Enter)
			p.Press('p')
			p.Says(say("case.claim")) // it is with another unit, where nobody has it
		},
		"o": func() {
			p.Open(front + "/desk/cases/" + numbers[2])
			p.Press('o')
			at(front + "/desk/cases/" + numbers[2] + "/confirm")
		},
		"r": func() {
			p.Open(front + "/desk/cases/" + numbers[2])
			p.Press('r')
			at(front + "/desk/cases/" + numbers[2] + "/return")
		},
		"s": nil, // the piece of the room of services has it
	}
	colleague := act.Actor{Account: "nada", Name: "Нада Колегић", Grants: []act.Grant{{Role: identity.Officer}}}
	if err := room.Decide(t.Context(), colleague, numbers[2], 1, "replaced", "У праву је."); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if _, known := does[key]; !known {
			t.Errorf("the list has a key %s, which does nothing", key)
		}
	}
	for _, key := range []string{"j", "k", "/", "n", "l", "a", "c", "x", "1", "Enter", "u", "p", "o", "r", "s"} {
		if !slices.Contains(keys, key) {
			t.Errorf("the list has no key %s", key)
		}
		if do := does[key]; do != nil {
			do()
		}
	}
}

// Whoever dictates, or rests a hand on the keyboard, turns single keys off: then none does anything, on any page, until
// they are turned on again.
func TestKeysAreTurnedOff(t *testing.T) {
	h, room, _ := desk(t)
	number := appeals(t, room, 1)[0]
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	say := func(key string) string { return said.Say(lang.SrCyrl, key) }
	p, front := atDesk(t, h)
	p.Open(front + "/desk/cases")
	p.Type('?')
	p.Says(say("keys.n"))
	p.Check("desk-keys-list", lang.SrCyrl)
	p.Touch("checkbox", say("keys.off"))
	p.Type('j')
	if on := p.Focused(); on != "keys-off" {
		t.Errorf("keys are off, and one led to %s", on)
	}
	p.Open(front + "/desk/cases/" + number)
	p.Type('?')
	if strings.Contains(p.Text(), say("keys.n")) {
		t.Error("keys are off, and one opened their list")
	}
	p.Open(front + "/desk/cases/" + number + "/to/late")
	if reasons := p.Names("radio"); len(reasons) != 1 || strings.HasSuffix(reasons[0], "1") {
		t.Errorf("keys are off, and one stands beside a reason: %q", reasons)
	}
	p.Open(front + "/desk/cases")
	p.Touch("DisclosureTriangle", say("keys"))
	p.Touch("checkbox", say("keys.off"))
	p.Press('n')
	if !strings.Contains(p.URL(), number) {
		t.Errorf("keys are on again, and n led to %s", p.URL())
	}
}

// atDesk is the page of an officer, and the address of the portal.
func atDesk(t *testing.T, h http.Handler) (*browser.Page, string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "who", Value: "officer"})
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := browser.Start(t).Visitor(t, browser.Options{}).Tab()
	p.Open(server.URL + "/desk/cases?lang=" + string(lang.SrCyrl))
	return p, server.URL
}
