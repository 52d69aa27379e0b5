package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// frame is a page that keeps the rules; %s is its middle.
const frame = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>A page</title><link rel="icon" href="data:,"><style>body{overflow-wrap:anywhere}</style></head><body><main><h1>A page</h1>%s</main></body></html>`

const form = `<form method="post" action="/answer"><p><label for="n">Name</label> <input id="n" name="name" value="old"></p>
<p><label for="l">Place</label> <select id="l" name="place"><option value="">Choose</option><option value="m">Меленци</option><option value="z">Зрењанин</option></select></p>
<fieldset><legend>Sure</legend><label><input type="radio" name="sure" value="yes"> Yes</label></fieldset>
<button>Send</button></form><p><a href="/paper">The paper</a></p><p><a href="/clean">A place to go</a></p>
<details><summary>More</summary><p>hidden before</p></details>`

// site has a page for each thing that can be wrong.
func site(t *testing.T) string {
	pages := map[string]string{
		"/clean":   `<p>Nothing is wrong.</p>`,
		"/form":    `<div lang="sr-Cyrl"><p lang="en">A form</p></div>` + form,
		"/script":  `<p id="p">quiet</p><script>document.getElementById("p").textContent = "loud"</script>`,
		"/console": `<script>console.error("alas")</script>`,
		"/throws":  `<script>throw new Error("alas")</script>`,
		"/wide":    `<p style="width:500px">wide</p>`,
		"/large":   `<p><span style="display:inline-block;min-width:15rem">large</span></p>`,
		"/cut":     `<p style="overflow:hidden;white-space:nowrap">words that fit while they are of the usual size</p>`,
		"/heavy":   `<p>` + strings.Repeat("heavy ", 6000) + `</p>`,
		"/label":   `<input>`,
		"/faint":   `<p style="color:#bbb;background:#fff">faint</p>`,
		"/mixed":   `<p>Јована</p>`,
		"/hidden":  `<p><button aria-label="Пошаљи">ok</button></p>`,
		"/marked":  `<p lang="sr-Cyrl">Јована</p>`,
		"/foreign": `<p lang="sr-Cyrl">рођење, name given</p>`,
		"/address": `<p lang="sr-Cyrl">Пишите на ana@primer.example, http://primer.example/put или RS/deo-drugi; PDF и ZR-2026.</p>`,
		"/digest":  `<p lang="sr-Cyrl">Отисак: wew+gDw/abc=</p>`,
		"/latin":   `<p lang="sr-Cyrl">č</p>`,
		"/unsaid":  `<h2>[demo.title]</h2>`,
		"/away":    `<p><img alt="" src="http://localhost:1/x.png"></p>`,
		"/missing": `<p><img alt="" src="/nothing.png"></p>`,
	}
	mux := http.NewServeMux()
	for path, middle := range pages {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, frame, middle)
		})
	}
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprintf(w, frame, "<p>"+r.PostFormValue("name")+" from "+r.PostFormValue("place")+", "+r.PostFormValue("sure")+"</p>")
	})
	mux.HandleFunc("GET /paper", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="paper.txt"`)
		_, _ = w.Write([]byte("paper"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestFaults(t *testing.T) {
	b, at := browser.Start(t), site(t)
	p := b.Visitor(t, browser.Options{}).Tab()
	for path, wanted := range map[string]string{
		"/clean": "", "/marked": "", "/address": "", "/digest": "", "/foreign": "a foreign word, name", "/form": "Cyrillic marked as en",
		"/console": "console:", "/throws": "script:", "/wide": "sideways", "/large": "with large text", "/cut": "cut off", "/heavy": "bytes on the wire",
		"/label": "axe label", "/faint": "axe color-contrast", "/mixed": "Cyrillic marked as en", "/hidden": "Cyrillic marked as en",
		"/latin": "Latin marked as sr-Cyrl", "/unsaid": "no sentence for [demo.title]", "/away": "another host", "/missing": "status 404",
	} {
		p.Open(at + path)
		faults := strings.Join(p.Faults(lang.En), "\n")
		if wanted == "" && faults != "" || !strings.Contains(faults, wanted) {
			t.Errorf("%s: wanted %q, found:\n%s", path, wanted, faults)
		}
	}
	p.Open(at + "/clean")
	if faults := p.Faults(lang.SrLatn); len(faults) != 1 || !strings.Contains(faults[0], "not sr-Latn") {
		t.Errorf("another language: %q", faults)
	}
}

func TestSteps(t *testing.T) {
	b, at := browser.Start(t), site(t)
	for _, noScripts := range []bool{false, true} {
		t.Run(fmt.Sprintf("no scripts %v", noScripts), func(t *testing.T) {
			p := b.Visitor(t, browser.Options{NoScripts: noScripts}).Tab()
			p.Open(at + "/script")
			p.Says(map[bool]string{false: "loud", true: "quiet"}[noScripts])
			p.Check("script", lang.En)
			p.Reload()
			p.Says(map[bool]string{false: "loud", true: "quiet"}[noScripts])
			steps(t, p, at)
		})
	}
}

func steps(t *testing.T, p *browser.Page, at string) {
	p.Open(at + "/form")
	p.Fill("Name", "Ана")
	p.Choose("Place", "Зрењанин")
	p.Touch("radio", "Yes")
	p.Touch("DisclosureTriangle", "More")
	p.Says("hidden before")
	if paper := p.Download("link", "The paper"); string(paper) != "paper" {
		t.Errorf("downloaded %q", paper)
	}
	p.Click("button", "Send")
	p.Says("Ана from z, yes")
	if p.Status() != http.StatusUnprocessableEntity || p.URL() != at+"/answer" {
		t.Errorf("status %d at %s", p.Status(), p.URL())
	}
	p.Back()
	p.Click("link", "A place")
	p.Says("nothing is wrong")
	if p.Has("button", "Send") || !p.Has("heading", "A page") {
		t.Errorf("links %q, headings %q", p.Names("link"), p.Names("heading"))
	}
}

func TestKeys(t *testing.T) {
	p := browser.Start(t).Visitor(t, browser.Options{Width: 1200}).Tab()
	p.Open(site(t) + "/form")
	p.Type('\t')
	if on := p.Focused(); on != "n" {
		t.Errorf("the first field is %q", on)
	}
	p.Type('?')
	p.Press(browser.Enter)
	p.Says("? from")
	if n := p.Keys(); n != 3 {
		t.Errorf("%d keys were pressed, and not 3", n)
	}
}

func TestVisitorsAreApart(t *testing.T) {
	b := browser.Start(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if c, err := r.Cookie("who"); err == nil {
			who = c.Value
		}
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "somebody"})
		_, _ = fmt.Fprintf(w, frame, "<p>"+who+"</p>")
	}))
	t.Cleanup(server.Close)
	one, other := b.Visitor(t, browser.Options{}), b.Visitor(t, browser.Options{})
	for _, visit := range []struct {
		of   *browser.Visitor
		says string
	}{{one, "nobody"}, {one, "somebody"}, {other, "nobody"}} {
		p := visit.of.Tab()
		p.Open(server.URL)
		p.Says(visit.says)
	}
}

func TestPictures(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("DOBOSH_SCREENSHOTS", folder)
	p := browser.Start(t).Visitor(t, browser.Options{}).Tab()
	p.Open(site(t) + "/clean")
	p.Check("clean", lang.En)
	for _, name := range []string{"clean-360.png", "clean-360-dark.png", "clean-1200.png"} {
		raw, err := os.ReadFile(filepath.Join(folder, t.Name(), name))
		if err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
	}
}
