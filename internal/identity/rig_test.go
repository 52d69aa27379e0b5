package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/signin"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// Nobody alive was born in 1800.
func milica() jmbg.Number { return jmbg.Make(civil.Date(1800, time.March, 4), 85, 501) }

// rig is a node's sign-in and the identity provider, each behind a real server.
type rig struct {
	t       *testing.T
	db      *storage.DB
	id      *identity.Identity
	sectors *identity.Sectors
	clock   *clock.Manual
	journal journalBook
	log     *bytes.Buffer
	node    *httptest.Server
	idp     *httptest.Server
	config  identity.Config
}

type option func(*rig)

func withTLS(r *rig) { r.node.TLS = nil; r.config.RedirectURL = "https:" }

// onEngines runs a test on every database engine.
func onEngines(t *testing.T, test func(t *testing.T, r *rig), options ...option) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		test(t, newRig(t, open(identity.Migrations()), options...))
	})
}

// onSQLite is for what does not depend on the engine.
func onSQLite(t *testing.T, options ...option) *rig {
	return newRig(t, testkit.Database(t, storage.SQLite)(identity.Migrations()), options...)
}

func newRig(t *testing.T, db *storage.DB, options ...option) *rig {
	t.Helper()
	r := &rig{t: t, db: db, clock: clock.NewManual(time.Now()), log: &bytes.Buffer{}}
	r.sectors = mustSectors(t)
	mux := http.NewServeMux()
	r.node = httptest.NewUnstartedServer(mux)
	for _, o := range options {
		o(r)
	}
	if strings.HasPrefix(r.config.RedirectURL, "https:") {
		r.node.StartTLS()
	} else {
		r.node.Start()
	}
	t.Cleanup(r.node.Close)
	r.config.RedirectURL = r.node.URL + "/callback"
	r.config.ClientID, r.config.NumberClaim = "node", signin.NumberClaim
	r.startProvider("127.0.0.1:0")
	r.config.Issuer = r.idp.URL + "/idp"
	r.id = r.open(db, slog.New(slog.NewTextHandler(r.log, nil)))
	for _, role := range []act.Role{identity.Officer, identity.Auditor} {
		r.give("officer", act.Grant{Role: role})
	}
	r.journal.clear()
	r.routes(mux)
	return r
}

// open opens the room, as another process would when it is open already.
func (r *rig) open(db *storage.DB, log *slog.Logger) *identity.Identity {
	r.t.Helper()
	id, err := identity.New(r.t.Context(), r.config, identity.Needs{Member: "RS-TEST/GOV/CITY", DB: db, Journal: &r.journal, Sectors: r.sectors, Now: r.clock.Now, Log: log})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = id.Close() })
	return id
}

// administrator may give every role.
func administrator() act.Actor { return act.As("head", identity.Administrator) }

func (r *rig) give(account string, g act.Grant) identity.Grant {
	r.t.Helper()
	given, err := r.id.Give(r.t.Context(), administrator(), account, g)
	if err != nil {
		r.t.Fatal(err)
	}
	return given
}

// journalBook is a journal that remembers, or is away.
type journalBook struct {
	mu      sync.Mutex
	entries []journal.Entry // guarded by mu
	away    bool            // guarded by mu
}

func (j *journalBook) Append(_ context.Context, e journal.Entry) (journal.Stamp, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.away {
		return journal.Stamp{}, errors.New("the disk is full")
	}
	j.entries = append(j.entries, e)
	return journal.Stamp{}, nil
}

func (j *journalBook) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// acts are what the receipts say was done, in order.
func (j *journalBook) acts(t *testing.T) (acts []string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		var receipt journal.Receipt
		if err := json.Unmarshal(e.Meta, &receipt); err != nil || e.Kind != "act" {
			t.Errorf("entry %+v: %v", e, err)
		}
		acts = append(acts, receipt.Act)
	}
	return acts
}

func (r *rig) routes(mux *http.ServeMux) {
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			p := problem.Of(err)
			w.WriteHeader(p.Kind.Status())
			_, _ = io.WriteString(w, p.Code)
		}
	}
	mux.HandleFunc("/sign-in", func(w http.ResponseWriter, q *http.Request) { answer(w, r.id.BeginSignIn(w, q)) })
	mux.HandleFunc("/callback", func(w http.ResponseWriter, q *http.Request) { answer(w, r.id.FinishSignIn(w, q)) })
	mux.HandleFunc("/sign-out", func(w http.ResponseWriter, q *http.Request) { answer(w, r.id.SignOut(w, q)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		actor, ok := r.id.Actor(q)
		if !ok {
			_, _ = io.WriteString(w, "nobody")
			return
		}
		_, _ = io.WriteString(w, actor.Account+" at "+q.URL.RequestURI())
	})
}

// startProvider serves the demonstration provider; the issuer is known only once
// somebody listens.
func (r *rig) startProvider(address string) {
	r.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		r.t.Fatal(err)
	}
	handler, err := signin.New(signin.Config{
		Issuer:  "http://" + listener.Addr().String() + "/idp",
		KeyFile: filepath.Join(r.t.TempDir(), "key.pem"),
		Clients: []signin.Client{{ID: "node", RedirectURLs: []string{r.node.URL + "/callback"}}},
		Persons: []signin.Person{
			{Subject: "milica", Name: "Милица Пример", Number: milica().String()},
			{Subject: "officer", Name: "Јован Пример"},
			{Subject: "stranger", Name: "Нико Нигдић"},
		},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	r.idp = server
	r.t.Cleanup(server.Close)
}

// visitor is a browser.
type visitor struct {
	*rig
	client *http.Client
}

func (r *rig) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	client := *r.node.Client()
	client.Jar = jar
	return &visitor{r, &client}
}

// get follows redirects and returns the last status, address and body.
func (v *visitor) get(target string) (status int, at *url.URL, body string) {
	v.t.Helper()
	response, err := v.client.Get(target)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(response)
}

func (v *visitor) read(response *http.Response) (int, *url.URL, string) {
	v.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response.StatusCode, response.Request.URL, string(body)
}

var visitField = regexp.MustCompile(`name="id" value="([^"]+)"`)

// begin goes to the login page, by way of change when it is not nil, and returns
// the visit that the page is for.
func (v *visitor) begin(to string, change func(authorize *url.URL)) (visit string) {
	v.t.Helper()
	v.client.CheckRedirect = func(q *http.Request, _ []*http.Request) error {
		if change != nil && strings.HasSuffix(q.URL.Path, "/authorize") {
			change(q.URL)
		}
		return nil
	}
	defer func() { v.client.CheckRedirect = nil }()
	status, at, body := v.get(v.node.URL + "/sign-in?to=" + url.QueryEscape(to))
	found := visitField.FindStringSubmatch(body)
	if status != http.StatusOK || found == nil {
		v.t.Fatalf("no login page at %s: %d %s", at.Path, status, body)
	}
	return found[1]
}

// choose presses the button of a person and stops before the callback, whose URL
// it returns.
func (v *visitor) choose(visit, subject string) (callback string) {
	v.t.Helper()
	v.client.CheckRedirect = func(q *http.Request, _ []*http.Request) error {
		if q.URL.Path == "/callback" {
			callback = q.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { v.client.CheckRedirect = nil }()
	response, err := v.client.PostForm(v.idp.URL+"/idp/login", url.Values{"id": {visit}, "subject": {subject}})
	if err != nil {
		v.t.Fatal(err)
	}
	status, _, body := v.read(response)
	if callback == "" {
		v.t.Fatalf("no way back from the provider: %d %s", status, body)
	}
	return callback
}

// signIn goes all the way.
func (v *visitor) signIn(subject, to string) (status int, at *url.URL, body string) {
	v.t.Helper()
	return v.get(v.choose(v.begin(to, nil), subject))
}

// home says who the node believes the visitor is.
func (v *visitor) home() string {
	v.t.Helper()
	_, _, body := v.get(v.node.URL + "/")
	return body
}

func (v *visitor) cookie(name string) *http.Cookie {
	v.t.Helper()
	for _, c := range v.client.Jar.Cookies(v.nodeURL()) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (v *visitor) set(cookie *http.Cookie) {
	v.client.Jar.SetCookies(v.nodeURL(), []*http.Cookie{{Name: cookie.Name, Value: cookie.Value, Path: "/"}})
}

func (v *visitor) nodeURL() *url.URL {
	u, err := url.Parse(v.node.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}

func mustSectors(t *testing.T) *identity.Sectors {
	t.Helper()
	sectors, err := identity.NewSectors(map[string][]byte{
		"family":   bytes.Repeat([]byte{1}, 32),
		"receipts": bytes.Repeat([]byte{2}, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sectors
}
