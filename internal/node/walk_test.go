package node_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/signin"
	"dobosh/internal/node"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"
)

// TestEveryRouteWithNoWrongAndRightCredentials walks the table of routes and
// rights of three nodes and prints it. Whoever may not is refused before a byte
// of what they send is read; whoever may is not refused for who they are.
func TestEveryRouteWithNoWrongAndRightCredentials(t *testing.T) {
	w := newWalk(t)
	total, counts := 0, map[string]int{}
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		for _, row := range w.nodes[name].Rows() {
			if row.Right.IsZero() {
				t.Errorf("%s %s %s: nobody says who may", name, row.Surface, row.Pattern)
			}
			said := w.surface(name, row)
			t.Logf("%-10s %-11s %-60s %-22s none %-4s wrong %-4s right %s", name, row.Surface, row.Pattern, whom(row.Right), said[0], said[1], said[2])
			counts[name+" "+row.Surface]++
			total++
		}
	}
	t.Logf("%d routes: %v", total, counts)
	for _, surface := range []string{
		"city portal", "city exchange", "city operations", "city systems", "city edge", "city edge-tls", "city operator",
		"registers systems", "supervisor time-stamps",
	} {
		if counts[surface] == 0 {
			t.Errorf("nothing of %s was walked", surface)
		}
	}
}

// TestNothingIsAnsweredBesideTheTable: what is served at an address goes through
// the table of its node, so that a route that says nothing about who may is
// answered nowhere. Other muxes stand only behind it, where the ways to them are
// the rows of the table.
func TestNothingIsAnsweredBesideTheTable(t *testing.T) {
	behind := map[string]string{
		"node/routes.go":     "the table",
		"portal/portal.go":   "pages, each with its right",
		"api/surface.go":     "acts, each with its right",
		"receipts/system.go": "an information system, which only the exchange reaches",
	}
	made, listening := regexp.MustCompile(`http\.NewServeMux\(|http\.Handle\(|http\.HandleFunc\(`), regexp.MustCompile(`&server\{[^}]*`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "lab/") || strings.HasPrefix(name, "testkit/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if made.Match(raw) && behind[name] == "" {
			t.Errorf("%s answers beside the table of routes", name)
		}
		for _, s := range listening.FindAll(raw, -1) {
			if strings.HasPrefix(name, "node/") && !strings.Contains(string(s), "rows:") {
				t.Errorf("%s listens without rows: %s", name, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walk is a town in which somebody has every role and somebody is a resident and
// nothing else, both signed in at every portal.
type walk struct {
	*town
	known, resident map[string]*http.Client // by node
	programs        [3]*http.Client         // at the edge: without a certificate, a stranger's, the agreed one
}

func newWalk(t *testing.T, changes ...func(*node.Config)) *walk {
	t.Helper()
	w := &walk{town: newTown(t), known: map[string]*http.Client{}, resident: map[string]*http.Client{}}
	certificate, key, _ := pair(t, w.dir, "edge")
	agreed, _, program := pair(t, w.dir, "program")
	_, _, stranger := pair(t, w.dir, "stranger")
	w.other[demo.City] = func(cfg *node.Config) {
		cfg.Edge.TLS = &node.EdgeTLS{Listen: "127.0.0.1:0", Certificate: certificate, Key: key}
		cfg.Hosts = []string{"City.example"}
		for _, change := range changes {
			change(cfg)
		}
		cfg.Edge.Clients = map[string]node.EdgeClient{"family": {Connection: "https-pinned", Certificates: []string{agreed}}}
	}
	for i, shown := range [][]tls.Certificate{nil, {stranger}, {program}} {
		w.programs[i] = client(&tls.Config{InsecureSkipVerify: true, Certificates: shown})
	}
	w.provider()
	w.all()
	for name, n := range w.nodes {
		for _, role := range identity.Given() {
			if _, err := n.Identity().Give(t.Context(), act.As("walk", identity.Administrator), "walker", act.Grant{Role: role}); err != nil {
				t.Fatal(err)
			}
		}
		w.known[name], w.resident[name] = w.signsIn(name, "walker"), w.signsIn(name, "resident")
	}
	for name := range w.nodes {
		testkit.Eventually(w.t, name+" knows the others", func() bool {
			resp, err := w.peer(name).Get("https://" + w.nodes[name].Addresses()["exchange"] + registry.CheckpointPath)
			return err == nil && drop(resp) == http.StatusOK
		})
	}
	return w
}

// client follows nothing and waits until it is told to go on before it sends a
// body.
func client(cfg *tls.Config) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: cfg, ExpectContinueTimeout: time.Hour},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       2 * time.Minute,
	}
}

// provider lets the two sign in, at the address that the nodes trust.
func (w *walk) provider() {
	w.t.Helper()
	stories, err := people.Stories(w.pack())
	if err != nil {
		w.t.Fatal(err)
	}
	mother, _ := stories.Find("jovana")
	other, _ := stories.Find("ana")
	cfg := signin.Config{KeyFile: filepath.Join(w.dir, "provider.key"), Persons: []signin.Person{
		{Subject: "walker", Name: "Вера Шетач", Number: mother.Number.String()}, {Subject: "resident", Name: "Ана Становник", Number: other.Number.String()},
	}}
	for _, file := range w.files {
		of, err := node.Load(file)
		if err != nil {
			w.t.Fatal(err)
		}
		cfg.Issuer = of.SignIn.Issuer
		cfg.Clients = append(cfg.Clients, signin.Client{ID: of.SignIn.ClientID, RedirectURLs: []string{of.SignIn.RedirectURL}})
	}
	handler, err := signin.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	at, _ := url.Parse(cfg.Issuer) // read before
	listener, err := net.Listen("tcp", at.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	served := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = served.Serve(listener) }() // until it is closed
	w.t.Cleanup(func() { _ = served.Close(); <-done })
}

// signsIn goes through the provider and gives whoever came back.
func (w *walk) signsIn(name, subject string) *http.Client {
	w.t.Helper()
	jar, _ := cookiejar.New(nil) // never fails
	follows := &http.Client{Jar: jar, Timeout: 2 * time.Minute}
	portal := "http://" + w.nodes[name].Addresses()["portal"]
	resp, err := follows.Get(portal + "/sign-in?to=%2Fproblems")
	if err != nil {
		w.t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	visit := regexp.MustCompile(`name="id" value="([^"]+)"`).FindSubmatch(page)
	if visit == nil {
		w.t.Fatalf("%s: nobody asks who signs in: %d %s", name, resp.StatusCode, page)
	}
	resp, err = follows.PostForm(resp.Request.URL.String(), url.Values{"id": {string(visit[1])}, "subject": {subject}})
	if err != nil {
		w.t.Fatal(err)
	}
	if status := drop(resp); status != http.StatusOK || resp.Request.URL.Path != "/problems" {
		w.t.Fatalf("%s: signing in ended at %s with %d", name, resp.Request.URL, status)
	}
	own := client(nil)
	own.Jar = jar
	return own
}

// peer is another node of the registry that reaches this one.
func (w *walk) peer(name string) *http.Client {
	w.t.Helper()
	other := map[string]string{demo.City: demo.Registers, demo.Registers: demo.City, demo.Supervisor: demo.City}[name]
	cfg, err := node.Load(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	state := w.nodes[other].Registry().State()
	to, known := state.Node(cfg.Member, cfg.Name)
	if !known {
		return http.DefaultClient // knows nobody yet
	}
	own := w.nodes[other].ClientOf(to)
	own.Timeout = 2 * time.Minute
	return own
}

func drop(resp *http.Response) int {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // only that there is something
	_ = resp.Body.Close()
	return resp.StatusCode
}

// refuses reports whether a status says that who asks may not.
func refuses(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// whom says a right in a word.
func whom(r act.Right) string {
	switch {
	case r.Open:
		return "everybody"
	case r.SignedIn:
		return "whoever is known"
	}
	return fmt.Sprint(r.Roles)
}

var place = regexp.MustCompile(`\{[^}]*\}`)

// at makes a request of a row: its places are filled with what nobody has, a
// pattern that ends with a slash stands for something below.
func at(pattern string) (method, path string) {
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		method, path = http.MethodGet, pattern
	}
	path = place.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "x")
	if strings.HasSuffix(path, "/") && !strings.HasSuffix(pattern, "{$}") {
		path += "nowhere"
	}
	return method, path
}

// surface asks a row with no, wrong and right credentials of its surface and
// gives what was answered; "–" where there is no such credential.
func (w *walk) surface(name string, row node.Row) (said [3]string) {
	w.t.Helper()
	switch row.Surface {
	case "portal":
		return w.asPerson(name, row)
	case "systems":
		return w.asProgram(name, row)
	case "exchange":
		return w.asPeer(name, row)
	case "edge", "edge-tls":
		return w.atEdge(name, row)
	case "operator":
		return w.asOperator(name, row)
	case "operations", "time-stamps": // the address is the right: a private network
		status := w.ask(client(nil), name, row, "", nil).status
		if !row.Right.Open || refuses(status) {
			w.t.Errorf("%s %s %s: %d", name, row.Surface, row.Pattern, status)
		}
		return [3]string{fmt.Sprint(status), "–", "–"}
	}
	w.t.Errorf("%s: nobody walks the surface %s", name, row.Surface)
	return said
}

// answered is what came of a request, and whether any of its body was taken.
type answered struct {
	status int
	read   bool
}

// unread is a body that nobody should read who does not know who sent it: it is
// long, and no form and no JSON.
type unread struct{ read atomic.Bool } // the transport may read after its answer was taken

func (u *unread) Read(p []byte) (int, error) {
	u.read.Store(true)
	if len(p) > 0 {
		return copy(p, "%zz{"), nil
	}
	return 0, nil
}

// ask sends a request for a row. What is sent with it is begun only when the
// other side asks for it.
func (w *walk) ask(by *http.Client, name string, row node.Row, kind string, header http.Header) answered {
	w.t.Helper()
	method, path := at(row.Pattern)
	body := &unread{}
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.nodes[name].Addresses()[row.Surface]+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Body, req.ContentLength = io.NopCloser(io.LimitReader(body, 2<<20)), 2<<20
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Expect", "100-continue")
	}
	for key, values := range header {
		req.Header[key] = values
	}
	resp, err := by.Do(req)
	if err != nil {
		if body.read.Load() && (strings.Contains(err.Error(), "broken pipe") || strings.Contains(err.Error(), "connection reset")) {
			return answered{http.StatusRequestEntityTooLarge, true} // it hung up in the middle of what was too long
		}
		w.t.Fatalf("%s %s %s: %v", name, row.Surface, row.Pattern, err)
	}
	return answered{drop(resp), body.read.Load()}
}

// judge holds what was answered without the right to what has to be.
func (w *walk) judge(name string, row node.Row, who string, got answered, wanted int) string {
	w.t.Helper()
	if got.status != wanted || got.read {
		w.t.Errorf("%s %s %s with %s credentials: %d, want %d; its body was read: %v", name, row.Surface, row.Pattern, who, got.status, wanted, got.read)
	}
	return fmt.Sprint(got.status)
}

// passes holds what was answered to whoever may.
func (w *walk) passes(name string, row node.Row, got answered) string {
	w.t.Helper()
	if refuses(got.status) || got.status == http.StatusInternalServerError {
		w.t.Errorf("%s %s %s with right credentials: %d", name, row.Surface, row.Pattern, got.status)
	}
	return fmt.Sprint(got.status)
}

const form = "application/x-www-form-urlencoded"

// asPerson: nobody signed in, somebody without the role, somebody with all.
func (w *walk) asPerson(name string, row node.Row) (said [3]string) {
	said = [3]string{"–", "–", "–"}
	none := w.ask(client(nil), name, row, form, nil)
	if row.Right.Open { // what it shows of a matter, the room decides
		if said[0] = fmt.Sprint(none.status); none.status == http.StatusInternalServerError {
			w.t.Errorf("%s portal %s: %d", name, row.Pattern, none.status)
		}
		return said
	}
	said[0] = w.judge(name, row, "no", none, http.StatusUnauthorized)
	if len(row.Right.Roles) > 0 {
		said[1] = w.judge(name, row, "wrong", w.ask(w.resident[name], name, row, form, nil), http.StatusForbidden)
	}
	said[2] = w.passes(name, row, w.ask(w.known[name], name, row, form, nil))
	return said
}

// asProgram: no token, that of another surface, its own.
func (w *walk) asProgram(name string, row node.Row) (said [3]string) {
	const kind = "application/json"
	_, path := at(row.Pattern)
	right := map[string]string{"contracts": "contracts.token", "catalogue": "catalogue.token", "services": "counter.token", "events": "events.token", "births": "registrar.token"}[strings.Split(path, "/")[1]]
	wrong := map[bool]string{true: "events.token", false: "contracts.token"}[right == "contracts.token"]
	bearer := func(file string) http.Header {
		token, err := os.ReadFile(filepath.Join(w.dir, name, file))
		if err != nil {
			w.t.Fatal(err)
		}
		return http.Header{"Authorization": {"Bearer " + strings.TrimSpace(string(token))}}
	}
	none := w.ask(client(nil), name, row, kind, nil)
	if row.Right.Open {
		if refuses(none.status) {
			w.t.Errorf("%s systems %s: %d", name, row.Pattern, none.status)
		}
		return [3]string{fmt.Sprint(none.status), "–", "–"}
	}
	said[0] = w.judge(name, row, "no", none, http.StatusUnauthorized)
	said[1] = w.judge(name, row, "wrong", w.ask(client(nil), name, row, kind, bearer(wrong)), http.StatusUnauthorized)
	said[2] = w.passes(name, row, w.ask(client(nil), name, row, kind, bearer(right)))
	return said
}

// asPeer: no certificate and that of a stranger end the handshake.
func (w *walk) asPeer(name string, row node.Row) (said [3]string) {
	method, path := at(row.Pattern)
	address := "https://" + w.nodes[name].Addresses()["exchange"] + path
	_, _, stranger := pair(w.t, w.t.TempDir(), "stranger")
	for i, shown := range [][]tls.Certificate{nil, {stranger}} {
		req, err := http.NewRequestWithContext(w.t.Context(), method, address, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		resp, err := client(&tls.Config{InsecureSkipVerify: true, Certificates: shown}).Do(req)
		if said[i] = "TLS"; err == nil {
			w.t.Errorf("%s exchange %s: a stranger comes in: %d", name, row.Pattern, drop(resp))
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader("{"))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.peer(name).Do(req)
	if err != nil {
		w.t.Fatalf("%s exchange %s: %v", name, row.Pattern, err)
	}
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // looked at for a code
	_ = resp.Body.Close()
	if said[2] = fmt.Sprint(resp.StatusCode); resp.StatusCode == http.StatusForbidden && strings.Contains(string(answer), "contract-missing") {
		return said // the peer is known; what is missing is the contract that nobody named
	}
	w.passes(name, row, answered{status: resp.StatusCode})
	return said
}

// atEdge: a client of which a certificate was agreed comes without one, with
// another and with its own. Without TLS it cannot come at all.
func (w *walk) atEdge(name string, row node.Row) (said [3]string) {
	const asks = "RS-DEMO/GOV/ZRENJANIN/family"
	_, path := at(row.Pattern)
	method, body := http.MethodGet, ""
	switch row.Pattern {
	case "/": // SOAP names its client in the message
		method, body = http.MethodPost, `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"><E:Header>`+
			`<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>RS-DEMO</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>ZRENJANIN</i:memberCode><i:subsystemCode>family</i:subsystemCode></x:client>`+
			`<x:service i:objectType="SERVICE"><i:xRoadInstance>RS-DEMO</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>REGISTERS</i:memberCode><i:subsystemCode>residence</i:subsystemCode>`+
			`<i:serviceCode>listMethods</i:serviceCode></x:service><x:id>1</x:id><x:protocolVersion>4.0</x:protocolVersion></E:Header><E:Body><x:listMethods/></E:Body></E:Envelope>`
	case "/r1/":
		path = "/r1/RS-DEMO/GOV/REGISTERS/residence/listMethods" // needs no contract
	case "/v1/ask/":
		path = "/v1/ask/RS-DEMO/GOV/NONE/x/y/z"
	case "/asic":
		path = "/asic?queryId=none&xRoadInstance=RS-DEMO&memberClass=GOV&memberCode=ZRENJANIN&subsystemCode=family"
	}
	scheme := map[bool]string{true: "https://", false: "http://"}[row.Surface == "edge-tls"]
	for i, by := range w.programs {
		if said[i] = "–"; i > 0 && (row.Right.Open || row.Surface == "edge") {
			continue
		}
		req, err := http.NewRequestWithContext(w.t.Context(), method, scheme+w.nodes[name].Addresses()[row.Surface]+path, strings.NewReader(body))
		if err != nil {
			w.t.Fatal(err)
		}
		if body != "" {
			req.Header.Set("Content-Type", "text/xml")
		}
		req.Header.Set(map[bool]string{true: "Dobosh-Client", false: "X-Road-Client"}[row.Pattern == "/v1/ask/"], asks)
		resp, err := by.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		status := drop(resp)
		said[i] = fmt.Sprint(status)
		refused := refuses(status) || strings.Contains(strings.ToLower(resp.Header.Get("X-Road-Error")), "sslauthenticationfailed")
		if refused != (i < 2 && !row.Right.Open) {
			w.t.Errorf("%s %s %s by %d: %d %s", name, row.Surface, row.Pattern, i, status, resp.Header.Get("X-Road-Error"))
		}
	}
	return said
}

// asOperator: nobody but the account of the node can open the door.
func (w *walk) asOperator(name string, row node.Row) (said [3]string) {
	cfg, err := node.Load(w.files[name])
	if err != nil {
		w.t.Fatal(err)
	}
	door := filepath.Join(cfg.Dir, "operator.sock")
	if seen, err := os.Stat(door); err != nil || seen.Mode().Perm() != 0o600 {
		w.t.Errorf("%s: who may open the door: %v %v", name, seen, err)
	}
	method, path := at(row.Pattern)
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://node"+path, strings.NewReader("{"))
	if err != nil {
		w.t.Fatal(err)
	}
	folder, err := os.Open(cfg.Dir) // the path of the socket may be too long
	if err != nil {
		w.t.Fatal(err)
	}
	defer folder.Close()
	own := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/operator.sock", folder.Fd()))
	}}}
	resp, err := own.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return [3]string{"file", "file", w.passes(name, row, answered{status: drop(resp)})}
}
