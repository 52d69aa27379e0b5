package demo_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/law"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/browser"
)

// mostKeys an officer presses for a case, the opening of the first included.
const mostKeys = 3

// TestTwentyCasesByKeyboard: four people ask for five rights over their data each. An officer opens the queue and
// settles all twenty with keys alone: one brings a case to its outcome, one chooses the usual reason where there are
// several, Enter confirms and leads to the next. Each decision can be taken back until two minutes are over, and then
// everybody is told.
func TestTwentyCasesByKeyboard(t *testing.T) {
	b := browser.Start(t)
	for width, tag := range map[int64]lang.Tag{360: lang.SrCyrl, 1200: lang.SrLatn} {
		t.Run(fmt.Sprintf("%d pixels", width), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, false)
			var numbers []string
			for _, who := range []string{"jovana", "ana", "mila", "ivana"} {
				numbers = append(numbers, s.asksForRights(who)...)
			}
			p := s.b.Visitor(s.t, browser.Options{Width: width}).Tab()
			p.Open(s.demo.URL(demo.City))
			s.inLanguage(p)
			s.signIn(p, s.say("welcome.city.sign-in"), s.staff("officer"), "desk-home")
			s.follow(p, "nav.desk-cases")
			p.Says(numbers...)
			p.Check("desk-keys-queue", s.tag)

			s.time.stop() // or the first would hold before the last is decided
			p.Press('n')
			for i := range numbers {
				s.settlesByKeys(p, i == 0)
			}
			t.Logf("%d keys for %d cases", p.Keys(), len(numbers))
			if p.Keys() > mostKeys*len(numbers) {
				t.Errorf("%d keys for %d cases, more than %d a case", p.Keys(), len(numbers), mostKeys)
			}
			p.Check("desk-keys-after", s.tag)
			p.Says(numbers...)
			if n := strings.Count(p.Text(), s.say("cases.queue.draft.undoable")); n != len(numbers) {
				t.Errorf("%d of %d decisions can be taken back:\n%s", n, len(numbers), p.Text())
			}
			if told := s.toldOfOutcome(); len(told) != 0 {
				t.Errorf("told before the decision holds: %v", told)
			}

			s.time.goOn(cases.UndoFor)
			p.Eventually("every decision holds", func() bool {
				p.Open(s.demo.URL(demo.City) + "/desk/cases?state=ended")
				text := p.Text()
				return !slices.ContainsFunc(numbers, func(number string) bool { return !strings.Contains(text, number) })
			})
			told := s.toldOfOutcome()
			for _, number := range numbers {
				if told[number] != 1 {
					t.Errorf("of case %s somebody was told %d times", number, told[number])
				}
			}
			s.end()
		})
	}
}

// answered is how the officer answers a right: with an outcome, and its reason where there are several.
type answered struct {
	outcome string
	reason  int // in the pack; the only one is chosen already
}

func answersToRights() map[string]answered {
	return map[string]answered{
		"access": {"fulfilled", 0}, "rectification": {"fulfilled", 1}, "erasure": {"in-part", 0}, "restriction": {"fulfilled", 3}, "objection": {"fulfilled", 4},
	}
}

// settlesByKeys reads a case and settles it, by the keys that the pages name. With care the pages are looked at.
func (s *story) settlesByKeys(p *browser.Page, care bool) {
	s.t.Helper()
	kind, _ := s.pack.CaseKind("data-request")
	received, _ := kind.Status("received")
	for _, option := range s.rights() {
		answer, known := answersToRights()[option.Value]
		if !known || !strings.Contains(p.Text(), s.name(option.Says["sr"])) {
			continue
		}
		if care {
			p.Check("desk-keys-case", s.tag)
		}
		p.Press(s.keyBeside(p, "link", s.statusOf("data-request", answer.outcome)))
		move, _ := received.Move(answer.outcome)
		reason := move.Reasons[answer.reason].In(s.tag)
		p.Says(reason)
		if len(move.Reasons) > 1 {
			p.Type(s.keyBeside(p, "radio", reason))
		}
		if care {
			p.Check("desk-keys-reason", s.tag)
		}
		p.Press(browser.Enter)
		return
	}
	s.t.Fatalf("%s is no case of a right:\n%s", p.URL(), p.Text())
}

// keyBeside is the key that stands beside a link or an answer.
func (s *story) keyBeside(p *browser.Page, role, name string) rune {
	s.t.Helper()
	for _, all := range p.Names(role) {
		if key, ok := strings.CutPrefix(all, name+" "); ok && len(key) == 1 {
			return rune(key[0])
		}
	}
	s.t.Fatalf("%s: no key stands beside %s %q: %q", p.URL(), role, name, p.Names(role))
	return 0
}

// rights are those that people may ask for over their data.
func (s *story) rights() []law.FormOption {
	s.t.Helper()
	form, ok := s.pack.Form("data-request")
	if !ok {
		s.t.Fatal("no form of a data request")
	}
	return form.Fields[0].Options
}

// asksForRights has somebody sign in at the city and ask for each right that the story knows, by the form that the page
// sends, and gives the numbers of the cases.
func (s *story) asksForRights(who string) (numbers []string) {
	s.t.Helper()
	own := s.signsIn(who)
	for right := range answersToRights() {
		resp, err := own.PostForm(s.demo.URL(demo.City)+"/looks/request", url.Values{"right": {right}, "why": {why}})
		if err != nil {
			s.t.Fatal(err)
		}
		said := testkit.Must[[]byte](s.t)(io.ReadAll(resp.Body))
		_ = resp.Body.Close() // read only
		number, is := strings.CutPrefix(resp.Request.URL.Path, "/cases/")
		if !is || resp.StatusCode != http.StatusOK {
			s.t.Fatalf("%s asks for %s and is at %s: %d %s", who, right, resp.Request.URL, resp.StatusCode, said)
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// signsIn goes through the provider and gives whoever came back.
func (s *story) signsIn(who string) *http.Client {
	s.t.Helper()
	jar, _ := cookiejar.New(nil) // never fails
	own := &http.Client{Jar: jar, Timeout: testkit.Patience}
	resp, err := own.Get(s.demo.URL(demo.City) + "/sign-in?to=%2Fcases")
	if err != nil {
		s.t.Fatal(err)
	}
	page := testkit.Must[[]byte](s.t)(io.ReadAll(resp.Body))
	_ = resp.Body.Close() // read only
	visit := regexp.MustCompile(`name="id" value="([^"]+)"`).FindSubmatch(page)
	if visit == nil {
		s.t.Fatalf("nobody asks who signs in: %d %s", resp.StatusCode, page)
	}
	resp, err = own.PostForm(resp.Request.URL.String(), url.Values{"id": {string(visit[1])}, "subject": {who}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close() // only where it leads
	if resp.Request.URL.Path != "/cases" {
		s.t.Fatalf("signing in ended at %s with %d", resp.Request.URL, resp.StatusCode)
	}
	return own
}

// toldOfOutcome counts, by the number of its case, the notices that tell a person what was decided about their data.
func (s *story) toldOfOutcome() map[string]int {
	s.t.Helper()
	told := map[string]int{}
	db := testkit.Must[*sql.DB](s.t)(sql.Open("sqlite", "file:"+filepath.Join(s.dir, demo.City, "data", "dobosh.db")))
	defer func() { _ = db.Close() }() // read only
	rows := testkit.Must[*sql.Rows](s.t)(db.QueryContext(s.t.Context(), `select subject from notify_notices`))
	defer func() { _ = rows.Close() }()                                                              // read only
	number, outcome := regexp.MustCompile(`ZR-[0-9A-Z-]+`), s.subjectOf("data-request", "fulfilled") // that of the others is the same
	for rows.Next() {
		var raw string
		var subject lang.Text
		if err := rows.Scan(&raw); err != nil {
			s.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(raw), &subject); err != nil {
			s.t.Fatal(err)
		}
		if says := subject.In(lang.SrCyrl); outcome.MatchString(says) {
			told[number.FindString(says)]++
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return told
}

// hands move the clock of the nodes of a telling: it can stop, and go on later than it stopped.
type hands struct {
	mu      sync.Mutex
	stopped time.Time     // guarded by mu; zero while it goes
	off     time.Duration // guarded by mu; from the clock of the machine
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped.IsZero() {
		return h.stopped
	}
	return clock.System().Add(h.off)
}

func (h *hands) stop() {
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = now
}

// goOn lets the clock go on, so much later than it stopped.
func (h *hands) goOn(later time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.off, h.stopped = h.stopped.Add(later).Sub(clock.System()), time.Time{}
}
