package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// thing is something on the page as assistive technology knows it.
type thing struct {
	role, name, value string
	node              cdp.BackendNodeID
}

// things reads the accessibility tree, in the order of the page.
func (p *Page) things() (all []thing) {
	p.t.Helper()
	for _, n := range call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !n.Ignored && n.BackendDOMNodeID != 0 {
			all = append(all, thing{said(n.Role), said(n.Name), said(n.Value), n.BackendDOMNodeID})
		}
	}
	return all
}

func said(v *accessibility.Value) (s string) {
	if v == nil || json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return even(s)
}

// even takes out what the layout puts into a name: line breaks, and the blank
// before a colon where the rest of the name is only to be heard.
func even(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), " :", ":")
}

// look finds the first thing of a role whose name is the given one, or begins
// with it.
func (p *Page) look(role, name string) (thing, bool) {
	p.t.Helper()
	name = even(name)
	all := p.things()
	for _, fits := range []func(string) bool{
		func(s string) bool { return s == name },
		func(s string) bool { return strings.HasPrefix(s, name) },
	} {
		if i := slices.IndexFunc(all, func(t thing) bool { return t.role == role && fits(t.name) }); i >= 0 {
			return all[i], true
		}
	}
	return thing{}, false
}

// Has reports whether there is such a thing.
func (p *Page) Has(role, name string) bool {
	p.t.Helper()
	_, ok := p.look(role, name)
	return ok
}

// Names lists the names of the things of a role.
func (p *Page) Names(role string) (names []string) {
	p.t.Helper()
	for _, t := range p.things() {
		if t.role == role {
			names = append(names, t.name)
		}
	}
	return names
}

func (p *Page) need(role, name string) thing {
	p.t.Helper()
	t, ok := p.look(role, name)
	if !ok {
		p.t.Fatalf("%s (status %d) has no %s %q; it has %q and says:\n%s", p.URL(), p.Status(), role, name, p.Names(role), p.Text())
	}
	return t
}

// tap touches the middle of a thing, as many times as said.
func tap(node cdp.BackendNodeID, times int64) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		x, y, err := middle(ctx, t, node)
		for range times {
			for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
				if err == nil {
					_, err = cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1})
				}
			}
		}
		return chromedp.Void{}, err
	}
}

// middle scrolls to a node and gives the middle of its first box: a link over
// two lines has two.
func middle(ctx context.Context, t *chromedp.Target, node cdp.BackendNodeID) (x, y float64, err error) {
	if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node}); err != nil {
		return 0, 0, err
	}
	boxes, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
	if err != nil {
		return 0, 0, err
	}
	if len(boxes.Quads) == 0 || len(boxes.Quads[0]) != 8 {
		return 0, 0, fmt.Errorf("node %d is not to be seen", node)
	}
	q := boxes.Quads[0]
	return (q[0] + q[4]) / 2, (q[1] + q[5]) / 2, nil
}

// Click follows a link or presses a button and waits for the page that comes.
func (p *Page) Click(role, name string) {
	p.t.Helper()
	p.loads(role+" "+name, tap(p.need(role, name).node, 1))
}

// ClickTwice is an impatient tap.
func (p *Page) ClickTwice(role, name string) {
	p.t.Helper()
	p.loads(role+" "+name, tap(p.need(role, name).node, 2))
}

// Touch presses something that leads to no other page.
func (p *Page) Touch(role, name string) {
	p.t.Helper()
	p.do(role+" "+name, tap(p.need(role, name).node, 1))
}

func (p *Page) do(what string, act chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	if err := chromedp.Do(ctx, act); err != nil {
		p.t.Fatalf("%s on %s: %v", what, p.URL(), err)
	}
}

// Fill puts text into the field with the label, in place of what is there.
func (p *Page) Fill(label, text string) {
	p.t.Helper()
	field := p.need("textbox", label)
	p.do("fill "+label, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, dom.Focus, dom.FocusParams{BackendNodeID: field.node}); err != nil {
			return chromedp.Void{}, err
		}
		if field.value != "" {
			if _, err := chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))(ctx, t); err != nil {
				return chromedp.Void{}, err
			}
		}
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err
	})
	if now := p.need("textbox", label).value; now != text {
		p.t.Fatalf("%s holds %q and not %q", label, now, text)
	}
}

// Choose picks an option of a list with the keyboard, by typing its name.
func (p *Page) Choose(label, option string) {
	p.t.Helper()
	list := p.need("combobox", label)
	p.do("choose "+option, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, dom.Focus, dom.FocusParams{BackendNodeID: list.node}); err != nil {
			return chromedp.Void{}, err
		}
		for _, letter := range option {
			key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeChar, Text: string(letter), UnmodifiedText: string(letter), Key: string(letter)}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
				return chromedp.Void{}, err
			}
		}
		return chromedp.Void{}, nil
	})
	if now := p.need("combobox", label).value; now != option {
		p.t.Fatalf("%s stands at %q and not at %q", label, now, option)
	}
}

// Upload gives a file to the field with the label.
func (p *Page) Upload(label, path string) {
	p.t.Helper()
	field := p.need("button", label)
	call(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: field.node})
}

// Holds reports whether the field with the label holds a text.
func (p *Page) Holds(label, text string) bool {
	p.t.Helper()
	return p.need("textbox", label).value == text
}
