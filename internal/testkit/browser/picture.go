package browser

import (
	"flag"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// picture keeps how the page looks on a phone, in the dark, and on a desk. It
// takes time, so it is done only for somebody who wants to look.
func (p *Page) picture(name string) {
	p.t.Helper()
	folder := p.gallery()
	if folder == "" {
		return
	}
	p.shoot(filepath.Join(folder, name+"-360.png"))
	p.colours("dark")
	p.shoot(filepath.Join(folder, name+"-360-dark.png"))
	p.colours("")
	p.size(1200, 800)
	p.shoot(filepath.Join(folder, name+"-1200.png"))
	p.size(p.v.options.Width, phoneHeight)
}

// gallery is the folder for pictures: the one that DOBOSH_SCREENSHOTS names, or
// with "go test -artifacts" that of the test, or none.
func (p *Page) gallery() string {
	if folder := os.Getenv("DOBOSH_SCREENSHOTS"); folder != "" {
		folder = filepath.Join(folder, strings.ReplaceAll(p.t.Name(), "/", "_"))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			p.t.Fatal(err)
		}
		return folder
	}
	if asked := flag.Lookup("test.artifacts"); asked != nil && asked.Value.String() == "true" {
		return p.t.ArtifactDir()
	}
	return ""
}

// colours asks for a colour scheme; empty for that of the browser.
func (p *Page) colours(scheme string) {
	p.t.Helper()
	wish := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: wish})
}

// shoot takes the page in its whole length.
func (p *Page) shoot(path string) {
	p.t.Helper()
	whole := call(p, page.GetLayoutMetrics, cdp.Empty{}).CSSContentSize
	picture := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true), Clip: &page.Viewport{Width: whole.Width, Height: whole.Height, Scale: 1},
	})
	if err := os.WriteFile(path, picture.Data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
