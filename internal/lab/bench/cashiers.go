package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/paymentfile"
)

// cashiers are two officers of the city, at its portal: one lays out what is due, the
// other releases it and takes the file to the bank. Nil does nothing.
type cashiers struct {
	portal   string       // of the city
	provider *http.Server // where they sign in

	mu    sync.Mutex
	taken map[string]PaidFile // guarded by mu; by id
}

// PaidFile is a payment file as the bank has it.
type PaidFile struct {
	ID        string
	At        time.Time // when it was taken first
	Transfers []paymentfile.Transfer
}

// newCashiers starts the provider, and has the city give its staff their roles. No
// node runs yet.
func newCashiers(dir string, files map[string]string) (*cashiers, error) {
	address, handler, err := demo.SignIn(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	adds, err := station.ReadAdds(files[demo.City])
	if err != nil {
		return nil, err
	}
	adds.Staff = true
	if err := adds.Write(files[demo.City]); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &cashiers{provider: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, taken: map[string]PaidFile{}}
	go func() { _ = c.provider.Serve(listener) }() // until it is closed
	return c, nil
}

func (c *cashiers) close() error {
	if c == nil {
		return nil
	}
	return c.provider.Close()
}

// Between two rounds, and for one.
const (
	roundEvery    = 10 * time.Second
	roundPatience = 40 * time.Second
)

// work makes rounds until window ends. What fails is done in the next round.
func (c *cashiers) work(window context.Context) {
	for c != nil && pause(window, time.Now().Add(roundEvery)) {
		_ = c.round(window) // some part of the city may be away
	}
}

// A file on the page of payments, with what can be done with it.
var fileOnPage = regexp.MustCompile(`/desk/payments/([0-9A-Za-z-]+)/(release|payments\.xml)`)

// round lays out what is due, releases what is laid out, and takes what is released.
func (c *cashiers) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundPatience)
	defer cancel()
	prepares, err := c.signIn(ctx, "officer")
	if err != nil {
		return err
	}
	if _, err := prepares.do(ctx, http.MethodPost, c.portal+"/desk/payments/prepare", url.Values{}); err != nil && !refusedWith(err, http.StatusConflict) { // nothing is due
		return err
	}
	releases, err := c.signIn(ctx, "cashier")
	if err != nil {
		return err
	}
	page, err := releases.do(ctx, http.MethodGet, c.portal+"/desk/payments", nil)
	if err != nil {
		return err
	}
	var errs []error
	for _, found := range fileOnPage.FindAllStringSubmatch(string(page), -1) {
		if found[2] == "release" {
			_, err := releases.do(ctx, http.MethodPost, c.portal+"/desk/payments/"+found[1]+"/release", url.Values{})
			errs = append(errs, err)
			continue
		}
		if _, has := c.has(found[1]); !has {
			errs = append(errs, c.take(ctx, releases, found[1]))
		}
	}
	return errors.Join(append(errs, c.askBank(ctx, releases))...)
}

// A payment of which the node does not know whether it left, with the code of its
// decision.
var uncertainOnPage = regexp.MustCompile(`/desk/payments/([0-9A-Za-z-]+)/unpaid"(?s:.{0,200}?)([A-Z]{2}-[0-9]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})`)

// askBank says of such a payment that it was not paid, where the bank has no file with it; as many of them as an account may say
// at once, the others in the next round.
func (c *cashiers) askBank(ctx context.Context, o *officer) error {
	page, err := o.do(ctx, http.MethodGet, c.portal+"/desk/payments?state=uncertain", nil)
	if err != nil {
		return err
	}
	var errs []error
	for _, found := range uncertainOnPage.FindAllStringSubmatch(string(page), -1) {
		bank := slices.ContainsFunc(c.files(), func(f PaidFile) bool {
			return slices.ContainsFunc(f.Transfers, func(t paymentfile.Transfer) bool { return t.EndToEnd == found[2] })
		})
		if !bank {
			_, err := o.do(ctx, http.MethodPost, c.portal+"/desk/payments/"+found[1]+"/unpaid", url.Values{})
			if errs = append(errs, err); refusedWith(err, http.StatusTooManyRequests) {
				break
			}
		}
	}
	return errors.Join(errs...)
}

func (c *cashiers) has(file string) (PaidFile, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, has := c.taken[file]
	return f, has
}

// take has the content of a file, which may not change once it was taken.
func (c *cashiers) take(ctx context.Context, o *officer, file string) error {
	raw, err := o.do(ctx, http.MethodGet, c.portal+"/desk/payments/"+file+"/payments.xml", nil)
	if err != nil {
		return err
	}
	read, err := paymentfile.Read(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("payment file %s: %w", file, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, has := c.taken[file]; has {
		if !slices.Equal(was.Transfers, read.Transfers) {
			return fmt.Errorf("payment file %s is another than the one that was taken", file)
		}
		return nil
	}
	c.taken[file] = PaidFile{file, time.Now(), read.Transfers}
	return nil
}

func (c *cashiers) files() []PaidFile {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.taken), func(a, b PaidFile) int { return a.At.Compare(b.At) })
}

// settle makes rounds until every decision that was acknowledged is paid. They are far enough apart that the sign-ins of two
// people stay within what an address may do; what stood in the way of the last ones is told.
func (c *cashiers) settle(ctx context.Context, l *ledger, patience time.Duration) error {
	if c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var causes []error
	for {
		if err := c.round(ctx); err != nil {
			causes = append(causes[max(0, len(causes)-4):], err)
		}
		unpaid := l.unpaid(c.files())
		if unpaid == 0 {
			return nil
		}
		if !pause(ctx, time.Now().Add(roundEvery/2)) {
			return fmt.Errorf("%d decisions are not paid: %w", unpaid, errors.Join(append(causes, ctx.Err())...))
		}
	}
}

// officer is somebody who has signed in.
type officer struct{ http *http.Client }

// visitOnPage is the visit in the form in which the provider asks who signs in.
var visitOnPage = regexp.MustCompile(`name="id" value="([^"]+)"`)

func (c *cashiers) signIn(ctx context.Context, subject string) (*officer, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	o := &officer{&http.Client{Jar: jar, Timeout: roundPatience, Transport: &http.Transport{DisableKeepAlives: true}}}
	var at string
	page, err := o.look(ctx, http.MethodGet, c.portal+"/sign-in?to="+url.QueryEscape("/desk/payments"), nil, &at)
	if err != nil {
		return nil, err
	}
	visit := visitOnPage.FindSubmatch(page)
	if visit == nil {
		return nil, errors.New("sign in: the provider does not ask who comes")
	}
	login, _, _ := strings.Cut(at, "?")
	_, err = o.do(ctx, http.MethodPost, login, url.Values{"id": {html.UnescapeString(string(visit[1]))}, "subject": {subject}})
	return o, err
}

func (o *officer) do(ctx context.Context, method, to string, form url.Values) ([]byte, error) {
	return o.look(ctx, method, to, form, new(string))
}

// look asks for a page, follows where it leads, and says where that was.
func (o *officer) look(ctx context.Context, method, to string, form url.Values, at *string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := o.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	*at = resp.Request.URL.String()
	if resp.StatusCode != http.StatusOK {
		return nil, &refusal{resp.StatusCode, method + " " + resp.Request.URL.Path}
	}
	return raw, nil
}

func refusedWith(err error, status int) bool {
	refused, ok := errors.AsType[*refusal](err)
	return ok && refused.status == status
}

// instalment is what a transfer pays: the decision by its reference, and which of how
// many instalments.
func instalment(t paymentfile.Transfer) (reference, which string) {
	return t.EndToEnd, t.Purpose[strings.LastIndexByte(t.Purpose, ' ')+1:]
}

// reconcile wants the first instalment of every decision that was acknowledged in one
// file, once, and nothing before it is due.
func (c *cashiers) reconcile(r *Reconciliation, l *ledger, lost func(node string, at time.Time) bool) {
	if c == nil {
		return
	}
	paid := map[[2]string]PaidFile{}
	for _, f := range c.files() {
		r.Files++
		for _, t := range f.Transfers {
			reference, which := instalment(t)
			first, twice := paid[[2]string{reference, which}]
			switch {
			case twice && lost(demo.City, first.At):
				r.Named++
			case twice:
				r.find("instalment %s of decision %s is paid twice, by files %s and %s", which, reference, first.ID, f.ID)
			case !strings.HasPrefix(which, "1/"):
				r.find("instalment %s of decision %s is paid by file %s before it is due", which, reference, f.ID)
			}
			if !twice {
				paid[[2]string{reference, which}], r.Paid = f, r.Paid+1
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for decision, code := range l.codes {
		if !l.pays(paid, code) && l.stands(decision) {
			r.find("decision %s is in no payment file", decision)
		}
	}
}
