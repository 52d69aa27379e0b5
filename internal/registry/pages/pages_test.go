package pages_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	registrypages "dobosh/internal/registry/pages"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// repealed is a law of which one provision is gone.
type repealed struct{ ref law.Ref }

func (l repealed) InForce(ref law.Ref, day civil.Day) error {
	if ref == l.ref {
		return problem.New(problem.Forbidden, "provision-not-in-force", "cite", "чл. 48", "cite_en", "Art. 48", "day", day.String())
	}
	return nil
}

// witness has seen the journal of the registers.
type witness struct{}

func (witness) Newest(origin string) ([]byte, error) {
	if !strings.Contains(origin, "REGISTERS") {
		return nil, nil
	}
	return []byte(origin + "\n120431\n" + strings.Repeat("A", 43) + "=\n\n— x y\n"), nil
}

func (witness) SeenAt(string) time.Time { return pages.Now }

func open(t *testing.T, l repealed) http.Handler {
	t.Helper()
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	authority := pages.Registry(t)
	if err := authority.Append(t.Context(), pages.Agreed(t, pages.Births())); err != nil {
		t.Fatal(err)
	}
	cfg := pages.Config(words)
	cfg.Kind, cfg.Help = "supervisor", portal.Help{Counter: pages.Both("Трг слободе 10, радним данима од 8 до 15.", "Trg slobode 10, on weekdays from 8 to 15.")}
	return pages.Open(t, cfg, registrypages.New(registrypages.Deps{State: authority.State, Law: l, Pack: pages.Serbia(t), Witness: witness{}}))
}

func TestEverybodyReadsTheRegistry(t *testing.T) {
	h := open(t, repealed{})
	for path, says := range map[string][]string{
		"/":          nil,
		"/members":   {"RS-DEMO/GOV/REGISTERS", "civil, residence", "127.0.0.1:1"},
		"/contracts": {"RS-DEMO/GOV/ZRENJANIN/family", "RS-DEMO/GOV/REGISTERS/civil", "/born, /place", `class="tag ok"`},
		"/logs":      {"RS-DEMO/GOV/REGISTERS/a"},
	} {
		for _, tag := range lang.Tags() {
			html := pages.Says(t, h, pages.Request{Path: path, Tag: tag}, 200)
			for _, s := range says {
				if !strings.Contains(html, s) {
					t.Errorf("%s in %s does not say %q", path, tag, s)
				}
			}
		}
	}
	logs := pages.Says(t, h, pages.Request{Path: "/logs", Tag: lang.En}, 200, "120,431")
	if strings.Contains(logs, "ZRENJANIN") {
		t.Error("a journal that the witness has not seen is listed")
	}
}

func TestAContractSaysWhatStopsIt(t *testing.T) {
	h := open(t, repealed{"zfpp/48"})
	for tag, says := range map[lang.Tag]string{lang.SrCyrl: "чл. 48 није на снази на дан 23. новембра 2026.", lang.SrLatn: "čl. 48 nije na snazi na dan 23. novembra 2026.", lang.En: "Art. 48 is not in force on 23 November 2026"} {
		pages.Says(t, h, pages.Request{Path: "/contracts", Tag: tag}, 200, says)
	}
}

func TestAnEmptyRegistryIsPages(t *testing.T) {
	words, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	h := pages.Open(t, pages.Config(words), registrypages.New(registrypages.Deps{State: pages.Registry(t).State, Law: repealed{}}))
	for _, path := range []string{"/contracts", "/logs"} {
		pages.Says(t, h, pages.Request{Path: path}, 200)
	}
	if bytes.Contains(pages.Request{Path: "/contracts"}.To(h).Body.Bytes(), []byte("<article")) {
		t.Error("a contract of nobody")
	}
}
