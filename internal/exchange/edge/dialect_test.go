package edge

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/system"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"
)

// row is one line of the table of errors: what has to happen, and what X-Road
// says of it.
type row struct {
	classic, v78, says string
	change             func(*world)
	ask                func(*world) answered // nil for a plain request
}

// asking puts the plain request with another target, or with other headers.
func asking(target string, headers ...string) func(*world) answered {
	return func(w *world) answered {
		if len(headers) == 0 {
			headers = []string{"X-Road-Client", family.String()}
		}
		return w.ask("GET", target, "", headers...)
	}
}

const plainTarget = target + "/v1/births/b1"

// behind puts an information system that is reached over HTTP behind the
// state's node.
func behind(url string) func(*world) {
	return func(w *world) {
		remote := testkit.Must[*system.Remote](w.tb)(system.New(system.Config{Service: births, URL: url, Timeout: 100 * time.Millisecond}))
		w.tb.Cleanup(remote.Close)
		w.state.systems[births] = remote
	}
}

// nobody is an address at which nobody answers.
func nobody(tb testing.TB) string {
	l := testkit.Must[net.Listener](tb)(new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0"))
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func inMaintenance(w *world) {
	w.say(w.state.statement(w.tb, func(n *registry.Node) { n.State, n.Notice = registry.NodeMaintenance, lang.Text{"en": "back at six"} }))
}

// withoutTrust lets the registry name another log for the state's node, so that
// its responses are not proved.
func withoutTrust(w *world) {
	w.say(w.state.statement(w.tb, func(n *registry.Node) {
		n.Log = testkit.Must[registry.Node](w.tb)(*w.city.statement(w.tb, nil).Node, nil).Log
	}))
}

func pinned(certificates ...Fingerprint) func(*world) {
	return func(w *world) {
		of := map[Fingerprint]bool{}
		for _, c := range certificates {
			of[c] = true
		}
		w.secure, w.config.Clients = true, map[string]Client{"family": {Connection: HTTPSPinned, Certificates: of}}
	}
}

// requestRows are those of requests and of who asks.
func requestRows() map[string]row {
	internal := func(says string, ask func(*world) answered) row {
		return row{"Server.ClientProxy.InternalError", "server.clientproxy.internal_error", says, nil, ask}
	}
	unknown := func(says string, ask func(*world) answered) row {
		return row{"Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", says, nil, ask}
	}
	refused := func(says string, change func(*world), ask func(*world) answered) row {
		return row{"Server.ClientProxy.SslAuthenticationFailed", "server.clientproxy.ssl_authentication_failed", "Client (SUBSYSTEM:" + family.String() + ") " + says, change, ask}
	}
	invalid := row{"Server.ClientProxy.InvalidClientIdentifier", "server.clientproxy.invalid_client_identifier", "The client identifier is missing", nil, asking(plainTarget, "X-Other", "x")}
	return map[string]row{
		"no client":               invalid,
		"two parts for a client":  internal("Invalid Client Id", asking(plainTarget, "X-Road-Client", "RS-TEST/GOV")),
		"a client with a service": internal("Invalid Client Id", asking(plainTarget, "X-Road-Client", family.String()+"/x")),
		"four parts":              internal("Invalid request URI", asking("/r1/RS-TEST/GOV/STATE/births")),
		"not r1":                  internal("Invalid request URI", asking("/r2/RS-TEST/GOV/STATE/civil/births/x")),
		"root":                    internal("Invalid request URI", asking("/")),
		"dots for a part":         internal("Invalid request URI", asking("/r1/RS-TEST/GOV/STATE/../births/x")),
		"encoded dots for a part": internal("Invalid request URI", asking("/r1/RS-TEST/GOV/STATE/%2E%2e/births/x")),
		"an unknown method":       internal("Unsupported method", func(w *world) answered { return w.ask("BREW", plainTarget, "") }),
		"a server of three parts": internal("Invalid SecurityServer Id", asking(plainTarget, "X-Road-Client", family.String(), "X-Road-Security-Server", "RS-TEST/GOV/STATE")),
		"a party of three parts":  internal("Invalid RepresentedParty Id", asking(plainTarget, "X-Road-Client", family.String(), "X-Road-Represented-Party", "a/b/c")),
		"an id without end":       internal("The headers are too many, too long or not readable", asking(plainTarget, "X-Road-Client", family.String(), "X-Road-Id", strings.Repeat("x", 201))),
		"a header of 20 kB":       internal("The headers are too many, too long or not readable", asking(plainTarget, "X-Road-Client", family.String(), "X-Own", strings.Repeat("x", 20_000))),
		"a header of 40 kB":       internal("The headers are too many, too long or not readable", asking(plainTarget, "X-Own", strings.Repeat("x", 40_000))),
		"many headers":            internal("The headers are too many, too long or not readable", asking(plainTarget, strings.Split(strings.Repeat("X-Own,x,", 150)+"X-Road-Client,"+family.String(), ",")...)),
		"no HTTP":                 internal("The request is not HTTP", func(w *world) answered { return w.raw("GET", "hello\r\n\r\n") }),
		"an unknown client":       unknown("Client 'SUBSYSTEM:RS-TEST/GOV/CITY/none' not found", asking(plainTarget, "X-Road-Client", city.String()+"/none")),
		"a member as client":      unknown("Client 'MEMBER:RS-TEST/GOV/CITY' not found", asking(plainTarget, "X-Road-Client", city.String())),
		"another member's client": unknown("Client 'SUBSYSTEM:RS-TEST/GOV/STATE/civil' not found", asking(plainTarget, "X-Road-Client", civilID.String())),
		"an unknown provider":     unknown(`Could not find addresses for service provider "SERVICE:RS-TEST/GOV/N ONE/civil/births"`, asking("/r1/RS-TEST/GOV/N%20ONE/civil/births/x")),
		"HTTP where HTTPS is agreed": refused("specifies HTTPS NO AUTH but client made plaintext connection", func(w *world) {
			w.config.Clients = map[string]Client{"family": {Connection: HTTPS}}
		}, nil),
		"HTTP where a certificate is agreed": refused("specifies HTTPS but did not supply TLS certificate", func(w *world) {
			w.config.Clients = map[string]Client{"family": {Connection: HTTPSPinned, Certificates: map[Fingerprint]bool{{}: true}}}
		}, nil),
		"no certificate":        refused("specifies HTTPS but did not supply TLS certificate", pinned(Fingerprint{}), overTLS(nil)),
		"no certificate agreed": refused("has no IS certificates", pinned(), overTLS(otherCertificate)),
		"another certificate":   refused("TLS certificate does not match any IS certificates", pinned(Fingerprint{}), overTLS(otherCertificate)),
		"a body that breaks off": {"Server.ClientProxy.IOError", "server.clientproxy.io_error", "The request did not arrive whole", nil, func(w *world) answered {
			return w.halfClosed("POST", "POST "+plainTarget+" HTTP/1.1\r\nHost: edge\r\nX-Road-Client: "+family.String()+"\r\nContent-Length: 20000\r\n\r\n"+strings.Repeat("x", 10_000))
		}},
		"too large a body": {"Server.ClientProxy.IOError", "server.clientproxy.io_error", "LoggingFailed: Message size exceeds maximum loggable size", func(w *world) {
			w.system = func(rw http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.write(rw, document)
			}
		}, func(w *world) answered {
			return w.ask("POST", plainTarget, strings.Repeat("x", 11<<20))
		}},
	}
}

// wayRows are those of the way to the provider, and of rights.
func wayRows() map[string]row {
	denied := func(says string, change func(*world), ask func(*world) answered) row {
		return row{"Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied", "Request is not allowed: " + says, change, ask}
	}
	service := "SERVICE:" + births.String()
	return map[string]row{
		"a node that is not there": {"Server.ClientProxy.InvalidSecurityServer", "server.clientproxy.invalid_security_server", `Invalid security server "SERVER:RS-TEST/GOV/STATE/n2"`, nil,
			asking(plainTarget, "X-Road-Client", family.String(), "X-Road-Security-Server", "RS-TEST/GOV/STATE/n2")},
		"a node of another member": {"Server.ClientProxy.InvalidSecurityServer", "server.clientproxy.invalid_security_server", `Invalid security server "SERVER:RS-TEST/GOV/CITY/n1"`, nil,
			asking(plainTarget, "X-Road-Client", family.String(), "X-Road-Security-Server", "RS-TEST/GOV/CITY/n1")},
		"maintenance": {"Server.ClientProxy.MaintenanceMode", "server.clientproxy.maintenance_mode", "Security server of MEMBER:RS-TEST/GOV/STATE is in maintenance mode. back at six", inMaintenance, nil},
		"provider away": {"Server.ClientProxy.NetworkError", "server.clientproxy.network_error", "The security server of MEMBER:RS-TEST/GOV/STATE does not answer",
			func(w *world) { w.state.server.Close() }, nil},
		"registry too old": {"Server.ClientProxy.OutdatedGlobalConf", "server.clientproxy.global_conf_outdated", "The registry was not confirmed for too long",
			func(w *world) { w.city.contact = func() time.Time { return time.Time{} } }, nil},
		"own journal stopped": {"Server.ClientProxy.LoggingFailed", "server.clientproxy.logging_failed", "The journal takes no message", func(w *world) { w.city.journal.stop("question") }, nil},
		"an unknown service": {"Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", "Unknown service: SERVICE:RS-TEST/GOV/STATE/civil/none", nil,
			asking("/r1/RS-TEST/GOV/STATE/civil/none/x")},
		"no right":                     denied(service, nil, asking(plainTarget, "X-Road-Client", city.String()+"/other")),
		"a path that is not covered":   denied(service, nil, asking(target+"/v1/other")),
		"dots in the path":             denied(service, nil, asking(target+"/v1/births/..")),
		"encoded dots in the path":     denied(service, nil, asking(target+"/v1/births/%2e%2E")),
		"half encoded dots":            denied(service, nil, asking(target+"/v1/births/.%2e")),
		"dots encoded twice":           denied(service, nil, asking(target+"/v1/births/%252e%252e")),
		"dots before a slash":          denied(service, nil, asking(target+"/v1/births/../births/b1")),
		"an encoded slash in the path": denied(service, nil, asking(target+"/v1/births/b1%2Fx")),
		"an empty segment":             denied(service, nil, asking(target+"//v1/births/b1")),
		"contract ended":               denied("contract births (contract-ended)", func(w *world) { w.city.clock.Set(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) }, nil),
		"provision lapsed":             denied("provision zfpp/48 is not in force", func(w *world) { w.law.lapsed = "zfpp/48" }, nil),
		"quota used up": denied("contract births (quota-exhausted)", func(w *world) { w.agreeOn(func(c *registry.Contract) { c.Quota = 1 }) }, func(w *world) answered {
			w.ask("GET", plainTarget, "")
			return w.ask("GET", plainTarget, "")
		}),
		"a disabled service": {"Server.ServerProxy.ServiceDisabled", "server.serverproxy.service_disabled", "Service " + service + " is disabled: moving house", func(w *world) {
			w.say(registry.Statement{Service: &registry.Service{ID: births, Disabled: lang.Text{"en": "moving house"}}})
		}, nil},
		"clocks that differ": {"Server.ServerProxy.ServiceFailed.InvalidMessage", "server.serverproxy.service_failed.invalid_message",
			"The clocks of MEMBER:RS-TEST/GOV/CITY and MEMBER:RS-TEST/GOV/STATE differ by 600 s", func(w *world) { w.city.clock.Advance(10 * time.Minute) }, nil},
		"an answer without proof": {"Server.ClientProxy.InconsistentResponse", "server.clientproxy.inconsistent_response",
			"The response of MEMBER:RS-TEST/GOV/STATE is not proved to belong to the request", withoutTrust, nil},
	}
}

// systemRows are those of the information system behind the provider's node.
func systemRows(t *testing.T) map[string]row {
	service := "SERVICE:" + births.String()
	network := func(says string, change func(*world)) row {
		return row{"Server.ServerProxy.NetworkError", "server.serverproxy.network_error", says, change, nil}
	}
	failed := func(says string, change func(*world)) row {
		return row{"Server.ServerProxy.IOError", "server.serverproxy.io_error", says, change, nil}
	}
	silent := testkit.Must[net.Listener](t)(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	t.Cleanup(func() { _ = silent.Close() })
	return map[string]row{
		"nobody at its address": network("The information system behind "+service+" does not answer", behind("http://"+nobody(t))),
		"it says that it is away": network("The information system behind "+service+" does not answer", func(w *world) {
			w.system = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) }
		}),
		"an unknown host": {"Server.ServerProxy.NetworkError", "server.serverproxy.unknown_host", "The host of the information system behind " + service + " is unknown", func(w *world) {
			w.state.systems[births] = failing{problem.New(problem.Unavailable, "system-host-unknown", "service", births.String())} // no name server is asked here
		}, nil},
		"a certificate that is not trusted": {"Server.ServerProxy.SslAuthenticationFailed", "server.serverproxy.ssl_authentication_failed", "Server certificate is not trusted: " + service,
			func(w *world) { behind("https://" + w.state.server.Listener.Addr().String())(w) }, nil},
		"it does not answer in time": failed("The information system behind "+service+" did not answer in time", behind("http://"+silent.Addr().String())),
		"it panics": failed("The information system behind "+service+" gave no answer that can be read", func(w *world) {
			w.system = func(http.ResponseWriter, *http.Request) { panic("oh") }
		}),
		"its answer is too large": failed("LoggingFailed: Message size exceeds maximum loggable size: "+service, func(w *world) {
			w.agreeOn(func(c *registry.Contract) { c.Limit = 10 })
		}),
		"its answer is not JSON": {"Server.ServerProxy.ServiceFailed.InvalidContentType", "server.serverproxy.service_failed.invalid_content_type", "The response under contract births is not JSON",
			func(w *world) {
				w.system = func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("x")) }
			}, nil},
	}
}

// failing is an information system that only fails.
type failing struct{ err error }

func TestEveryErrorInBothDialects(t *testing.T) {
	for _, table := range []map[string]row{requestRows(), wayRows(), systemRows(t)} {
		for name, r := range table {
			for _, dialect := range []Dialect{Classic, V78} {
				t.Run(name+" "+fault{"classic", "v78"}.in(dialect), func(t *testing.T) { r.check(t, dialect) })
			}
		}
	}
}

func (r row) check(t *testing.T, dialect Dialect) {
	t.Helper()
	w := newWorld(t, nil)
	w.config.Dialect = dialect
	if r.change != nil {
		r.change(w)
	}
	ask := r.ask
	if ask == nil {
		ask = asking(plainTarget)
		if w.secure {
			ask = overTLS(nil)
		}
	}
	a := ask(w)
	var c complaint
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	want := fault{r.classic, r.v78}.in(dialect)
	if a.status != 500 || c.Type != want || c.Message != r.says || !uuidForm.MatchString(c.Detail) || a.header.Get("X-Road-Error") != want || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}

func TestErrorsAsXML(t *testing.T) {
	w := newWorld(t, nil)
	for accept, want := range map[string]string{
		"text/xml": "text/xml;charset=utf-8", "application/xml": "application/xml;charset=utf-8", "text/*": "text/xml;charset=utf-8", "application/json, TEXT/XML;q=0.1": "text/xml;charset=utf-8",
		"application/json": "application/json", "*/*": "application/json", "": "application/json", "text/html": "application/json",
	} {
		a := w.ask("GET", "/r1/RS-TEST/GOV/%3CNONE%3E&/civil/births/x", "", "X-Road-Client", family.String(), "Accept", accept)
		if got := a.header.Get("Content-Type"); a.status != 500 || got != want {
			t.Errorf("%q: %d %q", accept, a.status, got)
		}
		if !strings.Contains(want, "xml") {
			continue
		}
		var c complaint
		if err := xml.Unmarshal([]byte(a.body), &c); err != nil || c.Type != "Server.ClientProxy.UnknownMember" || !uuidForm.MatchString(c.Detail) || !strings.Contains(c.Message, "/<NONE>&/") {
			t.Errorf("%q: %s: %v", accept, a.body, err)
		}
		if !strings.HasPrefix(a.body, "<error><type>") {
			t.Errorf("%q: %s", accept, a.body)
		}
	}
	a := w.ask("GET", "/", "", "Accept", "application/json", "Accept", "text/xml")
	if got := a.header.Get("Content-Type"); got != "text/xml;charset=utf-8" {
		t.Errorf("the second of two headers: %q", got)
	}
}

// Every problem that a gateway can give has words of its own.
func TestNoProblemIsWithoutWords(t *testing.T) {
	for _, p := range []*problem.Problem{
		problem.New(problem.Conflict, "message-replayed"), problem.New(problem.Invalid, "message-forged"), problem.New(problem.Unauthenticated, "peer-unknown"),
		problem.New(problem.TooMany, "rate-exceeded", "contract", "c"), problem.New(problem.Forbidden, "contract-not-begun", "contract", "c"), problem.New(problem.Invalid, "question-not-json", "contract", "c"),
		problem.New(problem.Timeout, "node-slow", "body", "A/B/C"), problem.New(problem.Forbidden, "node-revoked", "node", "n1"), problem.New(problem.TooMany, "edge-busy"),
	} {
		if _, text := said(p); text == p.Code || text == "" {
			t.Errorf("%s: %q", p.Code, text)
		}
	}
	if f, text := said(problem.Of(http.ErrBodyNotAllowed)); f.classic != "Server.ClientProxy.InternalError" || strings.Contains(text, "body") {
		t.Errorf("an error without words: %s %s", f.classic, text)
	}
}

var _ exchange.System = failing{}
