package browser

import (
	"context"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// allowDownloads lets files land in a folder of the visitor, under the names
// that the browser gives them.
func (v *Visitor) allowDownloads() {
	v.t.Helper()
	_, err := chromedp.CallBrowser(v.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, BrowserContextID: chromedp.FromContext(v.ctx).BrowserContextID,
		DownloadPath: v.files, EventsEnabled: new(true),
	})
	if err != nil {
		v.t.Fatalf("allow downloads: %v", err)
	}
}

// Download follows a link to a file and gives what arrived. Other visitors may
// download meanwhile, so the file is known by its frame, then by its number.
func (p *Page) Download(role, name string) []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	begins := chromedp.BrowserEvents(ctx, browser.DownloadWillBegin)
	progress := chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	p.do(role+" "+name, tap(p.need(role, name).node, 1))
	var file string
	for e, err := range begins {
		if err != nil {
			p.t.Fatalf("%s %q on %s: no download: %v", role, name, p.URL(), err)
		}
		if e.FrameID.String() == p.frame() {
			file = e.GUID
			break
		}
	}
	for e, err := range progress {
		if err != nil || e.GUID == file && e.State == browser.DownloadProgressStateCanceled {
			p.t.Fatalf("%s %q on %s: the download broke off: %v", role, name, p.URL(), err)
		}
		if e.GUID == file && e.State == browser.DownloadProgressStateCompleted {
			break
		}
	}
	content, err := os.ReadFile(filepath.Join(p.v.files, file))
	if err != nil {
		p.t.Fatal(err)
	}
	return content
}

// frame names the main frame of the tab.
func (p *Page) frame() string { return string(chromedp.FromContext(p.ctx).Target.TargetID) }
