package security_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/security"
	"dobosh/internal/testkit"
)

func open(t *testing.T, cfg security.Config) *security.Log {
	t.Helper()
	l, err := security.Open(cfg, security.Origin{Member: "RS/MUN/80", Node: "city 1", Version: "0.1"}, bytes.Repeat([]byte{7}, 32), clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// seen is an event as a receiver reads it.
type seen struct {
	At    time.Time `json:"@timestamp"`
	Event struct {
		Kind, Action, Outcome, Reason, ID, Dataset string
		Category, Type                             []string
	}
	User struct {
		ID     string
		Roles  []string
		Target struct{ ID string }
	}
	Source       struct{ Address string }
	Organization struct{ ID string }
	Service      struct{ Name string }
	Labels       struct{ Surface, Matter, Dropped string }
}

// read holds a document to what every receiver expects of ECS.
func read(t *testing.T, raw []byte) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	if s.At.IsZero() || s.Event.Kind != "event" || len(s.Event.Category) == 0 || len(s.Event.Type) == 0 || s.Event.ID == "" || s.Organization.ID != "RS/MUN/80" || s.Service.Name != "dobosh" {
		t.Errorf("an incomplete event: %s", raw)
	}
	if personal := regexp.MustCompile(`vesna|192\.0\.2|jovana`).Find(raw); personal != nil {
		t.Errorf("an event names somebody (%s): %s", personal, raw)
	}
	return s
}

func signIn(reason string) security.Event {
	return security.Event{Action: security.SignIn, Reason: reason, Account: "vesna@example", About: "jovana", Address: "192.0.2.9", Roles: []string{"officer"}, Surface: "portal"}
}

func TestEventsInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "security.log")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	l := open(t, security.Config{File: path})
	l.Note(signIn(""))
	l.Note(signIn("sign-in-failed"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Note(signIn("too late")) // and nothing breaks
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), raw)
	}
	first, second := read(t, lines[0]), read(t, lines[1])
	if first.Event.Outcome != "success" || second.Event.Outcome != "failure" || second.Event.Reason != "sign-in-failed" || first.Event.Category[0] != "authentication" || first.Event.ID == second.Event.ID {
		t.Errorf("%+v, then %+v", first, second)
	}
	if first.User.ID == "" || first.User.ID != second.User.ID || first.User.ID == first.User.Target.ID || first.Source.Address == "" || first.User.Roles[0] != "officer" {
		t.Errorf("who: %+v", first)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestAFullFileIsFollowedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "security.log")
	w := security.NewFile(t, path, 10<<10)
	for n := range 2000 {
		w(security.Event{Action: security.Refused, Reason: "r", Matter: strconv.Itoa(n)})
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 10 {
		t.Fatalf("files %v: %v", files, err)
	}
	last := 2000
	for i := range 10 {
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s.%d", path, i)
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() > 12<<10 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
		for j := len(lines) - 1; j >= 0; j-- { // from the newest back, without a hole
			if last--; read(t, lines[j]).Labels.Matter != strconv.Itoa(last) {
				t.Fatalf("%s line %d is not event %d: %s", name, j, last, lines[j])
			}
		}
	}
}

// rfc5424 is a message as the grammar of RFC 5424 has it.
var rfc5424 = regexp.MustCompile(`^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (\[origin software="dobosh" swVersion="0\.1"\]) (.*)$`)

func message(t *testing.T, raw []byte) seen {
	t.Helper()
	m := rfc5424.FindSubmatch(raw)
	if m == nil {
		t.Fatalf("no message of RFC 5424: %s", raw)
	}
	s := read(t, m[8])
	severity := map[string]int{"success": 5, "failure": 4}[s.Event.Outcome]
	if pri, _ := strconv.Atoi(string(m[1])); pri != 10*8+severity || string(m[3]) != "city_1" || string(m[6]) != s.Event.Action {
		t.Errorf("head %s", raw)
	}
	return s
}

// receiver takes messages over a stream with octets counted, one connection after the other.
type receiver struct {
	net.Listener
	got  chan seen
	mu   sync.Mutex
	open []net.Conn // guarded by mu
}

func receive(t *testing.T, l net.Listener) *receiver {
	r := &receiver{Listener: l, got: make(chan seen, 1<<16)}
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.open = append(r.open, c)
			r.mu.Unlock()
			go func() { // ends with the connection
				in := bufio.NewReader(c)
				for {
					size, err := in.ReadString(' ')
					if err != nil {
						return
					}
					n, err := strconv.Atoi(strings.TrimSuffix(size, " "))
					if err != nil || n < 1 || n > 8<<10 {
						t.Errorf("octets are counted as %q", size)
						return
					}
					raw := make([]byte, n)
					if _, err := io.ReadFull(in, raw); err != nil {
						return
					}
					r.got <- message(t, raw)
				}
			}()
		}
	}()
	t.Cleanup(r.end)
	return r
}

// end closes the listener and everything that came over it.
func (r *receiver) end() {
	_ = r.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
	r.open = nil
}

func (r *receiver) next(t *testing.T) seen {
	t.Helper()
	select {
	case s := <-r.got:
		return s
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
		return seen{}
	}
}

func TestEventsToASyslogOverTCP(t *testing.T) {
	first := receive(t, testkit.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0")))
	l := open(t, security.Config{Syslog: "tcp://" + first.Addr().String()})
	l.Note(signIn("sign-in-failed"))
	if s := first.next(t); s.Event.Reason != "sign-in-failed" {
		t.Errorf("%+v", s)
	}
	at := first.Addr().String()
	first.end()
	for n := range 20 { // while nobody is there
		l.Note(security.Event{Action: security.Refused, Reason: "r", Matter: strconv.Itoa(n)})
	}
	again := receive(t, testkit.Must[net.Listener](t)(net.Listen("tcp", at)))
	for n := range 20 {
		if s := again.next(t); s.Labels.Matter != strconv.Itoa(n) {
			t.Fatalf("event %d is lost, or comes late: %+v", n, s)
		}
	}
}

func TestEventsToASyslogOverTLS(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "centre"}, IPAddresses: []net.IP{net.ParseIP("127.0.0.1")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	r := receive(t, testkit.Must[net.Listener](t)(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}})))
	stranger := open(t, security.Config{Syslog: "tls://" + r.Addr().String()})
	stranger.Note(signIn("to nobody we trust"))
	l := open(t, security.Config{Syslog: "tls://" + r.Addr().String(), CAFile: ca})
	l.Note(signIn("one"))
	l.Note(signIn("two"))
	for _, want := range []string{"one", "two"} {
		if s := r.next(t); s.Event.Reason != want {
			t.Errorf("want %s: %+v", want, s)
		}
	}
}

func TestEventsToASyslogOverUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := open(t, security.Config{Syslog: "udp://" + c.LocalAddr().String()})
	l.Note(signIn("one"))
	raw := make([]byte, 2049) // RFC 5426, 3.2: what every receiver takes
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	n, _, err := c.ReadFrom(raw)
	if err != nil || n > 2048 {
		t.Fatalf("%d bytes: %v", n, err)
	}
	if s := message(t, raw[:n]); s.Event.Reason != "one" {
		t.Errorf("%+v", s)
	}
}

func TestEventsToACollector(t *testing.T) {
	got := make(chan seen, 100)
	tries := 0
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var sent struct {
			ResourceLogs []struct {
				Resource  struct{ Attributes []struct{ Key string } }
				ScopeLogs []struct {
					LogRecords []struct {
						TimeUnixNano   string
						SeverityNumber int
						Body           struct{ StringValue string }
					}
				}
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.URL.Path != "/otlp/v1/logs" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		for _, record := range sent.ResourceLogs[0].ScopeLogs[0].LogRecords {
			if nanos, err := strconv.ParseInt(record.TimeUnixNano, 10, 64); err != nil || time.Since(time.Unix(0, nanos)) > time.Hour || record.SeverityNumber < 9 {
				t.Errorf("a record of %s: %v", record.TimeUnixNano, err)
			}
			got <- read(t, []byte(record.Body.StringValue))
		}
	}))
	defer collector.Close()
	l := open(t, security.Config{OTLP: collector.URL + "/otlp/"})
	l.Note(signIn("one"))
	select {
	case s := <-got:
		if s.Event.Reason != "one" {
			t.Errorf("%+v", s)
		}
	case <-time.After(time.Minute):
		t.Fatal("what was refused once did not come again")
	}
}

// TestNothingWaitsForTheReceiver: while nobody takes anything, noting goes on, and what did
// not fit is counted and said when it can be.
func TestNothingWaitsForTheReceiver(t *testing.T) {
	silent := testkit.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	at := silent.Addr().String()
	_ = silent.Close() // nobody is there
	l := open(t, security.Config{Syslog: "tcp://" + at})
	const all = 20_000
	for range all {
		l.Note(signIn("flood"))
	}
	lost := l.Figures()["syslog"]
	if lost == 0 || lost >= all {
		t.Fatalf("%d of %d were dropped", lost, all)
	}
	r := receive(t, testkit.Must[net.Listener](t)(net.Listen("tcp", at)))
	came, said := int64(0), int64(0)
	for came < all-lost || said < lost {
		if s := r.next(t); s.Event.Action == string(security.Dropped) {
			n, err := strconv.ParseInt(s.Labels.Dropped, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			said += n
		} else {
			came++
		}
	}
	if came != all-lost || said != lost {
		t.Errorf("%d came and %d were said to be dropped, of %d", came, said, all)
	}
}

func TestWhereEventsGoIsCheckedStrictly(t *testing.T) {
	for name, c := range map[string]security.Config{
		"nowhere": {}, "no scheme": {Syslog: "10.0.0.1:514"}, "no port": {Syslog: "tls://siem.example"}, "a web page": {Syslog: "https://siem.example:514"}, "no collector": {OTLP: "siem.example"},
	} {
		if c.Check() == nil {
			t.Errorf("%s is in order", name)
		}
	}
	if err := (security.Config{File: "a", Syslog: "tls://siem.example:6514", OTLP: "https://siem.example"}).Check(); err != nil {
		t.Error(err)
	}
	var none *security.Log
	none.Note(signIn("")) // nobody watches
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
