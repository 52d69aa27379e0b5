package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Enter is the key of that name.
const Enter = '\r'

// Press presses a key and waits for the page that comes.
func (p *Page) Press(key rune) {
	p.t.Helper()
	p.strike(key, p.loads)
}

// Type presses a key that leads to no other page.
func (p *Page) Type(key rune) {
	p.t.Helper()
	p.strike(key, p.do)
}

// Keys is how many keys were pressed on this page so far, by Press and Type.
func (p *Page) Keys() int { return p.keys }

// strike presses a key, has what comes of it happen, and lets go of it on whatever page is there then.
func (p *Page) strike(key rune, happens func(what string, act chromedp.Action[chromedp.Void])) {
	p.t.Helper()
	p.keys++
	known, ok := kb.Keys[key]
	if !ok {
		p.t.Fatalf("no keyboard has a key %q", key)
	}
	down := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: known.Key, Code: known.Code, Text: known.Text, UnmodifiedText: known.Unmodified,
		NativeVirtualKeyCode: known.Native, WindowsVirtualKeyCode: known.Windows,
	}
	if known.Shift {
		down.Modifiers = int64(chromedp.ModifierShift)
	}
	happens("key "+known.Key, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down)
		return chromedp.Void{}, err
	})
	up := down
	up.Type, up.Text, up.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
	call(p, input.DispatchKeyEvent, up)
}

// Focused names the thing to which keys go: the address of a link, the id or the text of others.
func (p *Page) Focused() string {
	p.t.Helper()
	return even(evaluate[string](p, `(e => e.getAttribute("href") ?? (e.id || e.innerText))(document.activeElement)`))
}
