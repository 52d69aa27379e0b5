package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"

	"dobosh/internal/kit/lang"
)

// MostBytes may travel for the first view of a page, headers included.
const MostBytes = 30_000

// Check holds the page to the rules of the house and names every breach. name
// says which page it is; pictures of it are kept under that name.
func (p *Page) Check(name string, tag lang.Tag) {
	p.t.Helper()
	p.picture(name)
	for _, fault := range p.Faults(tag) {
		p.t.Errorf("%s (%s): %s", name, p.URL(), fault)
	}
}

// Faults lists what is wrong with the page that is shown, in the language tag.
func (p *Page) Faults(tag lang.Tag) []string {
	p.t.Helper()
	faults := p.traffic.take()
	if size := p.traffic.size(); size > MostBytes {
		faults = append(faults, fmt.Sprintf("%d bytes on the wire, more than %d", size, MostBytes))
	}
	width := p.v.options.Width
	if wide := call(p, page.GetLayoutMetrics, cdp.Empty{}).CSSContentSize.Width; wide > float64(width) {
		faults = append(faults, fmt.Sprintf("scrolls sideways: %v pixels wide, more than %d", wide, width))
	}
	faults = append(faults, evaluate[[]string](p, fmt.Sprintf(large, width))...)
	faults = append(faults, evaluate[[]string](p, narrow)...)
	faults = append(faults, evaluate[[]string](p, fmt.Sprintf(tongues, tag))...)
	return append(faults, p.axe()...)
}

// large lists what does not fit where somebody has set the text to twice its size
// (WCAG 2.2, 1.4.4): what sticks out of the page, and words that are cut off.
const large = `(width => {
  const root = document.documentElement, faults = [];
  root.style.fontSize = "200%%";
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [];
  for (let n = words.nextNode(); n && root.scrollWidth > width; n = words.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(n);
    if (n.parentElement.offsetWidth !== 1 && range.getBoundingClientRect().right > width) out.push(n.data.trim().slice(0, 80));
  }
  if (root.scrollWidth > width) faults.push("with large text " + root.scrollWidth + " pixels wide: " + out.join(" | ").slice(0, 300));
  for (const e of document.body.querySelectorAll(":not(input, textarea, select)")) {
    const hides = /hidden|clip/.test(getComputedStyle(e).overflowX) && e.clientWidth > 1 && e.checkVisibility();
    if (hides && e.scrollWidth > e.clientWidth + 1) faults.push("with large text cut off: " + e.outerHTML.slice(0, 160));
  }
  root.style.fontSize = "";
  return faults;
})(%d)`

// narrow lists headings of tables that are broken into lines although there is place beside them.
const narrow = `[...document.querySelectorAll("caption:not(.unseen)")]
  .filter(c => c.offsetWidth < c.parentElement.offsetWidth * 0.9)
  .map(c => "a heading of " + c.offsetWidth + " pixels above a table of " + c.parentElement.offsetWidth + ": " + c.textContent.trim().slice(0, 80))`

// tongues lists what is not in the language of the page, nor marked as being in
// another, and sentences that are missing. Text that nobody sees or hears is left out; identifiers (class "code")
// may have words of their own.
const tongues = `(tag => {
  const faults = [];
  if (document.documentElement.lang !== tag) faults.push("the page says it is in " + document.documentElement.lang + ", not " + tag);
  if (!document.title.trim()) faults.push("the page has no title");
  const wrong = (text, at) => {
    const said = at.closest("[lang]")?.lang ?? "";
    const cyrillic = /[\u0400-\u04ff]/.test(text), serbianLatin = /[čćžšđČĆŽŠĐ]/.test(text);
    if (cyrillic && !/^sr(-Cyrl)?$/.test(said)) faults.push("Cyrillic marked as " + said + ": " + text.trim().slice(0, 80));
    const word = said === "sr-Cyrl" && !at.closest(".code") && text.match(/(?<![\p{L}\d.:@+=\/_-])[a-z]{3,}(?![\p{L}\d:@+=\/_-]|\.\S)/u);
    if (word) faults.push("a foreign word, " + word[0] + ", marked as " + said + ": " + text.trim().slice(0, 80));
    const missing = text.match(/\[[a-z]+(?:[.-][a-z-]+)+\]/);
    if (missing) faults.push("no sentence for " + missing[0]);
    if (serbianLatin && said === "sr-Cyrl") faults.push("Latin marked as " + said + ": " + text.trim().slice(0, 80));
  };
  wrong(document.title, document.documentElement);
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let n = all.nextNode(); n; n = all.nextNode()) {
    if (n.nodeType === Node.TEXT_NODE) {
      if (!n.parentElement.closest("script, style, template")) wrong(n.data, n.parentElement);
      continue;
    }
    for (const name of ["aria-label", "title", "alt", "placeholder"]) {
      if (n.hasAttribute(name)) wrong(n.getAttribute(name), n);
    }
  }
  return faults;
})(%q)`

// audit runs axe and gives a line for each thing that is wrong.
const audit = `axe.run(document, {
  resultTypes: ["violations"],
  runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}).then(r => r.violations.flatMap(v => v.nodes.map(n => "axe " + v.id + " (" + v.impact + "): " + v.help + ": " + n.html.slice(0, 160) + " " + n.failureSummary.replace(/\s+/g, " "))))`

// axe needs scripts for itself. The page was made without them, and stays so.
func (p *Page) axe() []string {
	p.t.Helper()
	if p.v.options.NoScripts {
		p.scripts(true)
		defer p.scripts(false)
	}
	return evaluate[[]string](p, p.v.b.axe+";\n"+audit)
}
