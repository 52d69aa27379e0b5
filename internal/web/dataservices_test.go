package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

const birthsAt = "/catalogue/RS-DEMO/GOV/REGISTERS/civil/births"

// shelf is a real catalogue over a real registry: the registers of a node with
// one contract of the city.
type shelf struct {
	t    testing.TB
	room *catalogue.Room
	h    http.Handler
}

// newShelf makes a catalogue. Without services it has members only.
func newShelf(t testing.TB, services bool) *shelf {
	t.Helper()
	clock := func() time.Time { return now }
	registryKey, err := journal.NewKey("RS-DEMO/registry", testkit.Key("RS-DEMO/registry").Public().(ed25519.PublicKey))
	must(t, err)
	authority, err := registry.NewAuthority(t.Context(), testkit.Database(t, "sqlite")(registry.Migrations()), signer(t, "RS-DEMO/registry"), registryKey, clock)
	must(t, err)
	registers := sys("RS-DEMO/GOV/REGISTERS/civil").Owner()
	must(t, authority.Append(t.Context(), shelfMembers(t)...))
	room, err := catalogue.New(t.Context(), catalogue.Config{
		Member: registers, Node: "a", State: authority.State, Submit: authority.Submitter(registers, signer(t, registers.String()+"/a")),
		DB: testkit.Database(t, "sqlite")(catalogue.Migrations()), Event: shelfEvent, Now: clock, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	s := &shelf{t: t, room: room}
	if services {
		s.publish("1.0", births.Description())
		c := pact()
		c.Delay, c.Delegates, c.Subjects, c.Events, c.Fields = registry.Delay{}, nil, []string{"/mother"}, nil, []string{"/born", "/place"}
		signed, err := c.Sign(signer(t, "RS-DEMO/GOV/REGISTERS/a"), signer(t, "RS-DEMO/GOV/ZRENJANIN/a"))
		must(t, err)
		must(t, authority.Append(t.Context(), registry.Statement{Contract: signed}))
		plain := registry.Service{ID: sys("RS-DEMO/GOV/REGISTERS/residence/residents"), Title: both("Евиденција пребивалишта", "Register of residence"), Disabled: both("Селимо се.", "We are moving.")}
		must(t, authority.Append(t.Context(), registry.Statement{Service: &plain}))
	}
	room.Refresh()
	d := contracting(t, &pacts{described: true})
	d.DataServices = room
	s.h = open(t, d)
	return s
}

func shelfMembers(t testing.TB) (all []registry.Statement) {
	titles := map[string]lang.Text{"REGISTERS": both("Државни регистри", "State registers"), "ZRENJANIN": both("Град Зрењанин", "City of Zrenjanin")}
	for code, systems := range map[string][]string{"REGISTERS": {"civil", "residence"}, "ZRENJANIN": {"family"}} {
		id := registry.ID{Instance: "RS-DEMO", Class: "GOV", Member: code}
		all = append(all, registry.Statement{Member: &registry.Member{ID: id, Title: titles[code], Subsystems: systems}})
		log := id.String() + "/a"
		key, err := note.NewEd25519VerifierKey(log, testkit.Key(log).Public().(ed25519.PublicKey))
		must(t, err)
		pin := sha256.Sum256([]byte(log))
		all = append(all, registry.Statement{Node: &registry.Node{Member: id, Name: "a", Address: "127.0.0.1:1", TLS: hex.EncodeToString(pin[:]), Log: key}})
	}
	return all
}

func shelfEvent(code string) (lang.Text, bool) {
	return both("Рођење детета", "A child is born"), code == "birth"
}

func signer(t testing.TB, name string) note.Signer {
	t.Helper()
	s, err := journal.NewSigner(name, testkit.Key(name))
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// publish publishes a description of the births directly.
func (s *shelf) publish(version string, raw []byte) catalogue.Plan {
	s.t.Helper()
	by := act.As("oliver", identity.Operator)
	p, err := s.room.Publish(s.t.Context(), by, catalogue.Draft{Service: sys("RS-DEMO/GOV/REGISTERS/civil/births"), Raw: bytes.ReplaceAll(raw, []byte(`version: "1.0"`), []byte(`version: "`+version+`"`)), Tags: []string{"birth"}})
	must(s.t, err)
	s.room.Refresh()
	return p
}

// withoutPlace is a version that breaks the contract of the city.
func withoutPlace() []byte {
	return bytes.ReplaceAll(births.Description(), []byte("        place: {"), []byte("        town: {"))
}

func shelfPages() []expected {
	return []expected{
		{"", "/catalogue", 200}, {"", "/catalogue?q=rodjenih", 200}, {"", "/catalogue?q=qqqq", 200}, {"", "/catalogue?event=birth", 200}, {"", "/catalogue?body=RS-DEMO/GOV/REGISTERS", 200},
		{"contracts", "/catalogue", 200}, {"", birthsAt, 200}, {"contracts", birthsAt, 200}, {"operator", birthsAt, 200}, {"", birthsAt + "?version=2.0", 200}, {"", birthsAt + "?version=9", 404},
		{"", birthsAt + "/question?method=GET&path=/v1/births/%7Bbirth%7D", 200}, {"", birthsAt + "/question?method=POST&path=/v1/births", 200}, {"", birthsAt + "/question?method=GET&path=/x", 404},
		{"", birthsAt + "/changes?from=1.0&to=2.0", 200}, {"", birthsAt + "/changes?from=2.0&to=1.0", 200}, {"", birthsAt + "/changes?from=1.0&to=1.0", 200}, {"", birthsAt + "/changes?from=1.0&to=7", 404},
		{"", "/catalogue/RS-DEMO/GOV/REGISTERS/residence/residents", 200}, {"operator", "/catalogue/RS-DEMO/GOV/REGISTERS/residence/residents", 200}, {"", "/catalogue/RS-DEMO/GOV/X/y/z", 404},
		{"operator", "/desk/services", 200}, {"contracts", "/desk/services", 403}, {"", "/desk/services", 401}, {"operator", "/desk/services/describe", 200}, {"contracts", "/desk/services/describe", 403},
		{"operator", "/desk/services/describe?service=RS-DEMO/GOV/REGISTERS/civil/births", 200}, {"operator", "/desk/services/draft?service=RS-DEMO/GOV/REGISTERS/civil/births&digest=x", 404},
		{"operator", "/desk/services/withdraw?service=RS-DEMO/GOV/REGISTERS/civil/births", 200}, {"contracts", "/desk/services/withdraw?service=RS-DEMO/GOV/REGISTERS/civil/births", 409},
		{"contracts", "/desk/contracts/announced", 200}, {"auditor", "/desk/contracts/announced", 200}, {"mother", "/desk/contracts/announced", 403}, {"contracts", "/desk/contracts/in-force/soon", 200},
	}
}

func TestCataloguePagesInEveryLanguage(t *testing.T) {
	full, none := newShelf(t, true), newShelf(t, false)
	full.publish("2.0", withoutPlace())
	empty := []expected{{"", "/catalogue", 200}, {"operator", "/desk/services", 200}, {"contracts", "/desk/contracts/announced", 200}}
	for name, node := range map[string]struct {
		handler http.Handler
		pages   []expected
	}{"full": {full.h, shelfPages()}, "empty": {none.h, empty}} {
		for _, tag := range lang.Tags() {
			for _, page := range node.pages {
				t.Run(name+" "+string(tag)+" "+page.who+page.path, func(t *testing.T) {
					w := request{who: page.who, path: page.path, tag: tag, header: map[string]string{"Accept-Encoding": "gzip"}}.to(node.handler)
					if w.Code != page.status {
						t.Fatalf("status %d, want %d", w.Code, page.status)
					}
					if w.Body.Len() > 20<<10 { // style and script come to that
						t.Errorf("%d bytes on the wire", w.Body.Len())
					}
					content := unzipped(t, w)
					checkPage(t, content, string(tag))
					checkScript(t, content, tag)
				})
			}
		}
	}
}

func unzipped(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.String()
	}
	z, err := gzip.NewReader(w.Body)
	must(t, err)
	raw, err := io.ReadAll(z)
	must(t, err)
	return string(raw)
}

func TestAServiceIsFoundInEitherScript(t *testing.T) {
	s := newShelf(t, true)
	for _, words := range []string{"рођених", "rođenih", "rodjenih", "Rodjenih", "births", "матична"} {
		if w := (request{path: "/catalogue" + queryOf("q", words)}).to(s.h); !strings.Contains(w.Body.String(), `href="`+birthsAt+`"`) {
			t.Errorf("%s finds nothing", words)
		}
	}
}

func TestADescriptionIsTakenAway(t *testing.T) {
	s := newShelf(t, true)
	w := request{path: birthsAt + "/description"}.to(s.h)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), births.Description()) || w.Header().Get("Content-Disposition") != `attachment; filename="births-1.0.yaml"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var doc map[string]any
	w = request{path: "/catalogue.jsonld"}.to(s.h)
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc["@context"] == nil || w.Header().Get("Content-Type") != "application/ld+json" {
		t.Errorf("export: %d %v %v", w.Code, err, w.Header())
	}
	if !strings.Contains(w.Body.String(), `"endpointDescription": "https://zrenjanin.example`+birthsAt+`/description"`) {
		t.Errorf("the export does not lead to the description: %s", w.Body.String())
	}
}

// describe uploads a description.
func (s *shelf) describe(who, service string, raw []byte, more ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(more); i += 2 {
		must(s.t, m.WriteField(more[i], more[i+1]))
	}
	must(s.t, m.WriteField("service", service))
	part, err := m.CreateFormFile("file", "openapi.yaml")
	must(s.t, err)
	_, err = part.Write(raw)
	must(s.t, err)
	must(s.t, m.Close())
	r := httptest.NewRequest(http.MethodPost, "/desk/services/describe", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "who", Value: who})
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

// TestBadDescriptionsAreRefusedOnThePage: whatever is uploaded, the page says
// what is wrong and nothing is asked of anybody.
func TestBadDescriptionsAreRefusedOnThePage(t *testing.T) {
	s := newShelf(t, true)
	_, _, all := words(t)
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("%c: &%c [%s*%c]\n", 'b'+i, 'b'+i, strings.Repeat(fmt.Sprintf("*%c, ", 'a'+i), 9), 'a'+i)
	}
	remote := bytes.Replace(births.Description(), []byte(`"#/components/schemas/Birth"`), []byte(`"http://127.0.0.1:1/secrets.yaml"`), 1)
	for what, test := range map[string]struct {
		raw    []byte
		status int
		code   string
	}{
		"fifty megabytes":  {bytes.Repeat([]byte("a: b\n"), 10<<20), 413, "description-too-large"},
		"three megabytes":  {bytes.Repeat([]byte("a"), 3<<20), 413, "description-too-large"},
		"remote reference": {remote, 422, "description-remote"},
		"bomb of YAML":     {[]byte(bomb), 422, "description-too-complex"},
		"bomb of JSON":     {[]byte(`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}"), 422, "description-too-complex"},
		"picture":          {[]byte("\x89PNG\x00\xff"), 422, "description-not-text"},
		"the same":         {births.Description(), 409, "description-known"},
		"version again":    {withoutPlace(), 409, "version-again"},
	} {
		t.Run(what, func(t *testing.T) {
			w := s.describe("operator", "RS-DEMO/GOV/REGISTERS/civil/births", test.raw)
			if says := all.Say(lang.SrCyrl, "problem."+test.code); w.Code != test.status || !strings.Contains(w.Body.String(), says) {
				t.Errorf("status %d, want %d and %q", w.Code, test.status, says)
			}
			checkPage(t, w.Body.String(), "sr-Cyrl")
		})
	}
	for who, want := range map[string]int{"contracts": 403, "mother": 403} {
		if w := s.describe(who, "RS-DEMO/GOV/REGISTERS/civil/births", withoutPlace()); w.Code != want {
			t.Errorf("%s describes: %d", who, w.Code)
		}
	}
	if w := s.describe("operator", "RS-DEMO/GOV/ZRENJANIN/family/x", births.Description()); w.Code != 403 {
		t.Errorf("a service of another member: %d", w.Code)
	}
}

func TestADescriptionThatBreaksIsAnnounced(t *testing.T) {
	s := newShelf(t, true)
	raw := bytes.ReplaceAll(withoutPlace(), []byte(`version: "1.0"`), []byte(`version: "2.0"`))
	const service = "RS-DEMO/GOV/REGISTERS/civil/births"
	w := s.describe("operator", service, raw)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	draft := w.Header().Get("Location")
	page := request{who: "operator", path: draft}.to(s.h).Body.String()
	for _, says := range []string{"C-2026-AAAA-BBBB-C", "Прекида:", "/place", "Најави"} {
		if !strings.Contains(page, says) {
			t.Errorf("the page before does not say %s", says)
		}
	}
	checkPage(t, page, "sr-Cyrl")
	publish := func(pairs ...string) *httptest.ResponseRecorder {
		values := form(append([]string{"service", service, "digest", openapi.Digest(raw), "tags", "birth"}, pairs...)...)
		return request{who: "operator", path: "/desk/services/draft", form: values}.to(s.h)
	}
	for _, wrong := range [][]string{{"title", ""}, {"title", "Рођења", "from", "сутра"}, {"title", "Рођења", "from", "24.11.2026."}} {
		if w := publish(wrong...); w.Code != 422 {
			t.Errorf("%v: %d", wrong, w.Code)
		} else {
			checkPage(t, w.Body.String(), "sr-Cyrl")
		}
	}
	if w := publish("title", "Рођења", "title-en", "Births", "from", "1.3.2027."); w.Code != http.StatusSeeOther || w.Header().Get("Location") != birthsAt {
		t.Fatalf("publishing: %d %s", w.Code, w.Body)
	}
	sv, err := s.room.Service(sys(service))
	if err != nil || sv.Next == nil || sv.Next.From != civil.Date(2027, time.March, 1) || sv.Version != "1.0" || sv.Title["en"] != "Births" {
		t.Errorf("%+v, %v", sv, err)
	}
	if w := (request{who: "operator", path: "/desk/services/withdraw", form: form("service", service)}).to(s.h); w.Code != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", w.Code)
	}
	if sv, _ := s.room.Service(sys(service)); sv.Next != nil {
		t.Error("the announcement stands after it was withdrawn")
	}
}

func TestANewServiceIsDescribed(t *testing.T) {
	s := newShelf(t, false)
	if w := s.describe("operator", "", births.Description(), "system", "RS-DEMO/GOV/REGISTERS/civil", "code", ""); w.Code != 422 {
		t.Errorf("without a code: %d", w.Code)
	}
	w := s.describe("operator", "", births.Description(), "system", "RS-DEMO/GOV/REGISTERS/civil", "code", "births")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	page := request{who: "operator", path: w.Header().Get("Location")}.to(s.h).Body.String()
	hidden := regexp.MustCompile(`name="(service|digest)" value="([^"]*)"`).FindAllStringSubmatch(page, -1)
	values := form("title", "Матична књига")
	for _, m := range hidden {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	if w := (request{who: "operator", path: "/desk/services/draft", form: values}).to(s.h); w.Header().Get("Location") != birthsAt {
		t.Fatalf("publishing: %d %s", w.Code, w.Body)
	}
	if _, err := s.room.Description(context.Background(), sys("RS-DEMO/GOV/REGISTERS/civil/births")); err != nil {
		t.Error(err)
	}
}

func TestOwnServicesArePaged(t *testing.T) {
	s := newShelf(t, false)
	by := act.As("oliver", identity.Operator)
	for i := range 60 {
		_, err := s.room.Publish(t.Context(), by, catalogue.Draft{Service: sys(fmt.Sprintf("RS-DEMO/GOV/REGISTERS/civil/s%02d", i)), Raw: births.Description()})
		must(t, err)
	}
	seen, pages := map[string]bool{}, 0
	for path := "/desk/services"; path != ""; pages++ {
		content := request{who: "operator", path: path}.to(s.h).Body.String()
		checkPage(t, content, "sr-Cyrl")
		for _, m := range regexp.MustCompile(`href="/catalogue/[^"]*/(s\d\d)"`).FindAllStringSubmatch(content, -1) {
			if seen[m[1]] {
				t.Errorf("%s stands twice", m[1])
			}
			seen[m[1]] = true
		}
		path = ""
		if m := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(content); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	if len(seen) != 60 || pages != 3 {
		t.Errorf("%d services on %d pages", len(seen), pages)
	}
}
