package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	// startPatience bounds the start of Chromium on a busy machine.
	startPatience = 2 * time.Minute
	// stepPatience bounds one step of a page.
	stepPatience = 2 * time.Minute
	// axeVersion is the version that scripts/tools installs.
	axeVersion = "4.14.1"
)

// Browser is one Chromium with a profile of its own. Its visitors share the
// process and nothing else. It is safe for concurrent use.
type Browser struct {
	ctx context.Context
	axe string // source of axe-core
}

// Start starts Chromium; it ends with the test. Without Chromium or axe-core the
// test is skipped.
func Start(t *testing.T) *Browser {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Skip(err)
	}
	axe, err := readAxe()
	if err != nil {
		t.Skip(err)
	}
	// Not the context of the test: that one ends before cleanups run.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), flags(program, t.TempDir())...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(browser); err != nil && !errors.Is(err, context.Canceled) {
			t.Logf("end Chromium: %v", err)
		}
		cancel()
	})
	// The first run binds the life of the browser to its context, so the bound
	// stands beside it and not in it.
	late := time.AfterFunc(startPatience, cancel)
	defer late.Stop()
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return &Browser{browser, axe}
}

func flags(program, profile string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.WindowSize(phoneWidth, phoneHeight),
		chromedp.WSURLReadTimeout(startPatience),
	}
	for _, on := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions", "disable-dev-shm-usage",
		"disable-renderer-backgrounding", "disable-background-timer-throttling", "disable-prompt-on-repost",
	} {
		options = append(options, chromedp.Flag(on, true))
	}
	return append(options, chromedp.Flag("force-color-profile", "srgb"))
}

// find gives the path of Chromium.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Chromium is not installed; Debian: apt-get install chromium") //nolint:staticcheck // a name
}

// readAxe reads axe-core from where scripts/tools puts it, or from DOBOSH_AXE.
func readAxe() (string, error) {
	path := os.Getenv("DOBOSH_AXE")
	if path == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		path = filepath.Join(root, ".cache", "node_modules", "axe-core", "axe.min.js")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("axe-core %s is not installed (sh scripts/tools): %w", axeVersion, err)
	}
	return string(source), nil
}

// moduleRoot is the folder of go.mod above the test.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test")
		}
	}
	return "", err
}

// Visitor is somebody with cookies of their own.
type Visitor struct {
	b       *Browser
	t       testing.TB
	options Options
	ctx     context.Context
	files   string // where downloads land
}

// Options say what a visitor has.
type Options struct {
	NoScripts bool
	Host      string // the only host that pages may ask; empty for 127.0.0.1
	Width     int64  // of the window in CSS pixels; 0 for an old phone
}

// Visitor begins with an empty set of cookies; the tabs close with the test.
func (b *Browser) Visitor(t testing.TB, o Options) *Visitor {
	t.Helper()
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.Width == 0 {
		o.Width = phoneWidth
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := &Visitor{b: b, t: t, options: o, ctx: ctx, files: t.TempDir()}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a window: %v", err)
	}
	v.allowDownloads()
	return v
}

// Tab opens a page beside the others of this visitor.
func (v *Visitor) Tab() *Page {
	v.t.Helper()
	ctx, cancel := chromedp.NewContext(v.ctx)
	v.t.Cleanup(cancel)
	p := &Page{v: v, t: v.t, ctx: ctx, traffic: &traffic{host: v.options.Host}}
	p.prepare()
	return p
}

// Beside opens another tab of the same visitor.
func (p *Page) Beside() *Page {
	p.t.Helper()
	return p.v.Tab()
}
