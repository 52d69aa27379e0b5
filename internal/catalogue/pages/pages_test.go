package pages_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	cataloguepages "dobosh/internal/catalogue/pages"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
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
	authority, registers := pages.Registry(t), pages.ID("RS-DEMO/GOV/REGISTERS")
	room, err := catalogue.New(t.Context(), catalogue.Config{
		Member: registers, Node: "a", State: authority.State, Submit: authority.Submitter(registers, pages.Signer(t, registers.String()+"/a")),
		DB: testkit.Database(t, "sqlite")(catalogue.Migrations()), Event: shelfEvent, Now: func() time.Time { return pages.Now }, Log: slog.New(slog.DiscardHandler),
	})
	testkit.OK(t, err)
	s := &shelf{t: t, room: room}
	if services {
		s.publish("1.0", births.Description())
		testkit.OK(t, authority.Append(t.Context(), pages.Agreed(t, pages.Births())))
		plain := registry.Service{ID: pages.ID("RS-DEMO/GOV/REGISTERS/residence/residents"), Title: pages.Both("Евиденција пребивалишта", "Register of residence"), Disabled: pages.Both("Селимо се.", "We are moving.")}
		testkit.OK(t, authority.Append(t.Context(), registry.Statement{Service: &plain}))
	}
	room.Refresh()
	s.h = pages.Open(t, pages.Config(sentences(t)), testkit.Must[portal.Room](t)(cataloguepages.New(cataloguepages.Deps{DataServices: room, Pack: pages.Serbia(t), Contracts: true})), desk())
	return s
}

func sentences(t testing.TB) *lang.Catalogue {
	t.Helper()
	all, err := words.Of()
	testkit.OK(t, err)
	return all
}

// desk is a page of another room that says what is announced: about one contract,
// and at all.
func desk() portal.Room {
	return portal.Room{
		Templates: fstest.MapFS{"templates/coming.html": {Data: []byte("<h1>1</h1>{{.Contract}}{{.All}}")}},
		Pages: []portal.Page{{Pattern: "GET /coming", Right: act.SignedIn(), Do: func(v *portal.Visit) (err error) {
			var coming struct{ Contract, All template.HTML }
			if coming.Contract, err = v.Piece("announced-contract", pages.Births()); err != nil {
				return err
			}
			if coming.All, err = v.Piece("announced", nil); err != nil {
				return err
			}
			return v.Show("coming", "1", coming)
		}}},
	}
}

func shelfEvent(code string) (lang.Text, bool) {
	return pages.Both("Рођење детета", "A child is born"), code == "birth"
}

// publish publishes a description of the births directly.
func (s *shelf) publish(version string, raw []byte) catalogue.Plan {
	s.t.Helper()
	by := act.As("oliver", identity.Operator)
	p, err := s.room.Publish(s.t.Context(), by, catalogue.Draft{Service: pages.ID("RS-DEMO/GOV/REGISTERS/civil/births"), Raw: bytes.ReplaceAll(raw, []byte(`version: "1.0"`), []byte(`version: "`+version+`"`)), Tags: []string{"birth"}})
	testkit.OK(s.t, err)
	s.room.Refresh()
	return p
}

// withoutPlace is a version that breaks the contract of the city.
func withoutPlace() []byte {
	return bytes.ReplaceAll(births.Description(), []byte("        place: {"), []byte("        town: {"))
}

// expected is a page that somebody asks for, and what it comes with.
type expected struct {
	Who, Path string
	Status    int
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
		{"operator", "/desk/services/withdraw?service=RS-DEMO/GOV/REGISTERS/civil/births", 200}, {"contracts", "/desk/services/withdraw?service=RS-DEMO/GOV/REGISTERS/civil/births", 403},
		{"contracts", "/desk/contracts/announced", 200}, {"auditor", "/desk/contracts/announced", 200}, {"mother", "/desk/contracts/announced", 403}, {"contracts", "/coming", 200},
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
				t.Run(name+" "+string(tag)+" "+page.Who+page.Path, func(t *testing.T) {
					w := pages.Request{Who: page.Who, Path: page.Path, Tag: tag, Header: map[string]string{"Accept-Encoding": "gzip"}}.To(node.handler)
					if w.Code != page.Status {
						t.Fatalf("status %d, want %d", w.Code, page.Status)
					}
					if w.Body.Len() > 20<<10 { // style and script come to that
						t.Errorf("%d bytes on the wire", w.Body.Len())
					}
					content := unzipped(t, w)
					pages.Check(t, content, tag)
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
	testkit.OK(t, err)
	raw, err := io.ReadAll(z)
	testkit.OK(t, err)
	return string(raw)
}

func TestAServiceIsFoundInEitherScript(t *testing.T) {
	s := newShelf(t, true)
	for _, words := range []string{"рођених", "rođenih", "rodjenih", "Rodjenih", "births", "матична"} {
		if w := (pages.Request{Path: "/catalogue?q=" + url.QueryEscape(words)}).To(s.h); !strings.Contains(w.Body.String(), `href="`+birthsAt+`"`) {
			t.Errorf("%s finds nothing", words)
		}
	}
}

func TestADescriptionIsTakenAway(t *testing.T) {
	s := newShelf(t, true)
	w := pages.Request{Path: birthsAt + "/description"}.To(s.h)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), births.Description()) || w.Header().Get("Content-Disposition") != `attachment; filename="births-1.0.yaml"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var doc map[string]any
	w = pages.Request{Path: "/catalogue.jsonld"}.To(s.h)
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
		testkit.OK(s.t, m.WriteField(more[i], more[i+1]))
	}
	testkit.OK(s.t, m.WriteField("service", service))
	part, err := m.CreateFormFile("file", "openapi.yaml")
	testkit.OK(s.t, err)
	_, err = part.Write(raw)
	testkit.OK(s.t, err)
	testkit.OK(s.t, m.Close())
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
	all := sentences(t)
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
			pages.Check(t, w.Body.String(), lang.SrCyrl)
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
	page := pages.Request{Who: "operator", Path: draft}.To(s.h).Body.String()
	for _, says := range []string{"C-2026-AAAA-BBBB-C", "Прекида:", "/place", "Најави"} {
		if !strings.Contains(page, says) {
			t.Errorf("the page before does not say %s", says)
		}
	}
	pages.Check(t, page, lang.SrCyrl)
	publish := func(pairs ...string) *httptest.ResponseRecorder {
		values := pages.Form(append([]string{"service", service, "digest", openapi.Digest(raw), "tags", "birth"}, pairs...)...)
		return pages.Request{Who: "operator", Path: "/desk/services/draft", Form: values}.To(s.h)
	}
	for _, wrong := range [][]string{{"title", ""}, {"title", "Рођења", "from", "сутра"}, {"title", "Рођења", "from", "24.11.2026."}} {
		if w := publish(wrong...); w.Code != 422 {
			t.Errorf("%v: %d", wrong, w.Code)
		} else {
			pages.Check(t, w.Body.String(), lang.SrCyrl)
		}
	}
	if w := publish("title", "Рођења", "title-en", "Births", "from", "1.3.2027."); w.Code != http.StatusSeeOther || w.Header().Get("Location") != birthsAt {
		t.Fatalf("publishing: %d %s", w.Code, w.Body)
	}
	sv, err := s.room.Service(pages.ID(service))
	if err != nil || sv.Next == nil || sv.Next.From != civil.Date(2027, time.March, 1) || sv.Version != "1.0" || sv.Title["en"] != "Births" {
		t.Errorf("%+v, %v", sv, err)
	}
	if w := (pages.Request{Who: "operator", Path: "/desk/services/withdraw", Form: pages.Form("service", service)}).To(s.h); w.Code != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", w.Code)
	}
	if sv, _ := s.room.Service(pages.ID(service)); sv.Next != nil {
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
	page := pages.Request{Who: "operator", Path: w.Header().Get("Location")}.To(s.h).Body.String()
	hidden := regexp.MustCompile(`name="(service|digest)" value="([^"]*)"`).FindAllStringSubmatch(page, -1)
	values := pages.Form("title", "Матична књига")
	for _, m := range hidden {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	if w := (pages.Request{Who: "operator", Path: "/desk/services/draft", Form: values}).To(s.h); w.Header().Get("Location") != birthsAt {
		t.Fatalf("publishing: %d %s", w.Code, w.Body)
	}
	if _, err := s.room.Description(context.Background(), pages.ID("RS-DEMO/GOV/REGISTERS/civil/births")); err != nil {
		t.Error(err)
	}
}

func TestOwnServicesArePaged(t *testing.T) {
	s := newShelf(t, false)
	by := act.As("oliver", identity.Operator)
	for i := range 60 {
		_, err := s.room.Publish(t.Context(), by, catalogue.Draft{Service: pages.ID(fmt.Sprintf("RS-DEMO/GOV/REGISTERS/civil/s%02d", i)), Raw: births.Description()})
		testkit.OK(t, err)
	}
	seen, count := map[string]bool{}, 0
	for path := "/desk/services"; path != ""; count++ {
		content := pages.Request{Who: "operator", Path: path}.To(s.h).Body.String()
		pages.Check(t, content, lang.SrCyrl)
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
	if len(seen) != 60 || count != 3 {
		t.Errorf("%d services on %d pages", len(seen), count)
	}
}

// What is configured behind the node is what the pages offer: to fetch its description,
// and to publish it without one.
func TestWhatIsBehindTheNodeIsOffered(t *testing.T) {
	s := newShelf(t, false)
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(births.Description()) }))
	defer system.Close()
	described, bare := pages.ID("RS-DEMO/GOV/REGISTERS/civil/deaths"), pages.ID("RS-DEMO/GOV/REGISTERS/civil/marriages")
	s.room.Behind, s.room.Sources = []registry.ID{described, bare}, map[registry.ID]string{described: system.URL}
	own := pages.Says(t, s.h, pages.Request{Who: "operator", Path: "/desk/services"}, 200, described.String(), bare.String(), "није објављен")
	if strings.Contains(own, "Још немате") {
		t.Error("it says that there is no service, and two are configured")
	}
	describe := "/desk/services/describe?service=" + url.QueryEscape(described.String())
	pages.Says(t, s.h, pages.Request{Who: "operator", Path: "/desk/services/describe"}, 200, html.EscapeString(describe))
	pages.Says(t, s.h, pages.Request{Who: "operator", Path: describe}, 200, "/desk/services/fetch")
	w := pages.Request{Who: "operator", Path: "/desk/services/fetch", Form: pages.Form("service", described.String())}.To(s.h)
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/desk/services/draft?") {
		t.Errorf("fetched for a new service: %d to %q", w.Code, w.Header().Get("Location"))
	}
	publish := "/desk/services/publish"
	pages.Says(t, s.h, pages.Request{Who: "operator", Path: publish + "?service=" + url.QueryEscape(bare.String())}, 200, `value="`+bare.String()+`"`)
	pages.Says(t, s.h, pages.Request{Who: "operator", Path: publish, Form: pages.Form("service", "marriages", "title", "Бракови")}, 422, "marriages није ознака сервиса", `value="Бракови"`)
	pages.Sends(t, s.h, "operator", publish, "/desk/services", "service", bare.String(), "title", "Бракови", "title_en", "Marriages")
	if sv, err := s.room.Service(bare); err != nil || sv.Title["en"] != "Marriages" || sv.Kind != registry.ServiceREST {
		t.Errorf("published: %+v, %v", sv, err)
	}
	pages.Walk(t, s.h, []pages.Expected{{Who: "operator", Path: "/desk/services", Status: 200}, {Who: "operator", Path: publish, Status: 200}, {Who: "contracts", Path: publish, Status: 403}, {Path: publish, Status: 401}})
}
