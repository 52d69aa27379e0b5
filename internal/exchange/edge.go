package exchange

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Edge is X-Road's REST interface for the information systems of this node's
// member (X-Road Message Protocol for REST, "r1"): existing clients work
// unchanged. It belongs on an address that only those systems reach.
func (g *Gateway) Edge() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/r1/", g.serveEdge)
	return mux
}

func (g *Gateway) serveEdge(w http.ResponseWriter, r *http.Request) {
	exchange := r.Header.Get("X-Road-Id")
	ask, err := g.readEdge(r)
	if err != nil {
		writeEdgeError(w, r, err)
		return
	}
	if exchange == "" {
		exchange = ask.Service.Instance + "-" + uuid()
	}
	request := uuid()
	answer, err := g.Ask(r.Context(), ask)
	h := w.Header()
	h.Set("X-Road-Id", exchange)
	h.Set("X-Road-Client", ask.Client.String())
	h.Set("X-Road-Service", ask.Service.String())
	h.Set("X-Road-Request-Id", request)
	if problem.HasCode(err, "nothing-known") {
		w.WriteHeader(http.StatusNotFound) // the provider's own answer, so it carries no X-Road-Error
		return
	}
	if err != nil {
		writeEdgeError(w, r, err)
		return
	}
	h.Set("Content-Type", answer.Reply.Type)
	w.WriteHeader(answer.Reply.Status)
	_, _ = w.Write(answer.Body) // the client may have gone
}

// purposeHeader lets a client choose among several contracts for one service.
const purposeHeader = "Dobosh-Purpose"

// readEdge reads who asks and what, from the path and the headers.
func (g *Gateway) readEdge(r *http.Request) (Ask, error) {
	service, path, err := edgePath(r.URL.EscapedPath())
	if err != nil {
		return Ask{}, err
	}
	client, err := registry.ParseID(last(r.Header.Values("X-Road-Client")))
	if err != nil {
		return Ask{}, problem.New(problem.Invalid, "client-missing").Because(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return Ask{}, problem.New(problem.TooLarge, "question-too-large").Because(err)
	}
	return Ask{
		Client: client, Service: service, Method: r.Method, Path: path, Query: r.URL.RawQuery, ID: id.New(),
		Purpose: r.Header.Get(purposeHeader), Type: r.Header.Get("Content-Type"), Body: body, Matter: bounded(r.Header.Get("X-Road-Issue")), Role: RoleSystem,
	}, nil
}

// edgePath cuts /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/rest. All five
// parts are required, as in X-Road's code (its text calls the subsystem
// optional).
func edgePath(raw string) (registry.ID, string, error) {
	parts := strings.SplitN(raw, "/", 8)
	if len(parts) < 7 {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path")
	}
	service, err := registry.ParseID(strings.Join(parts[2:7], "/"))
	if err != nil {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path").Because(err)
	}
	if len(parts) == 8 {
		return service, "/" + parts[7], nil
	}
	return service, "/", nil
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// bounded cuts a free text that becomes part of a record.
func bounded(s string) string { return s[:min(len(s), 200)] }

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// edgeError is the error body of X-Road's REST interface.
type edgeError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

// writeEdgeError answers in the classic dialect of X-Road (up to 7.7): the
// code in a header and the body, status 500 for every code that begins with
// "Server.".
func writeEdgeError(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	code, message := classic(p)
	w.Header().Set("X-Road-Error", code)
	e := edgeError{Type: code, Message: message, Detail: uuid()}
	if wantsXML(r.Header.Get("Accept")) {
		w.Header().Set("Content-Type", "text/xml;charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, "<error><type>%s</type><message>%s</message><detail>%s</detail></error>", xmlText(e.Type), xmlText(e.Message), xmlText(e.Detail))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_ = json.NewEncoder(w).Encode(e) // the client may have gone
}

func wantsXML(accept string) bool {
	for item := range strings.SplitSeq(accept, ",") {
		media, _, _ := strings.Cut(item, ";")
		switch strings.TrimSpace(media) {
		case "text/xml", "application/xml", "text/*":
			return true
		}
	}
	return false
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// classic gives X-Road's code and text for a problem.
func classic(p *problem.Problem) (code, message string) {
	service := "SERVICE:" + p.Args["service"]
	switch p.Code {
	case "client-missing", "service-path":
		return "Server.ClientProxy.InvalidClientIdentifier", p.Code
	case "client-unknown":
		return "Server.ClientProxy.UnknownMember", "Client 'SUBSYSTEM:" + p.Args["client"] + "' not found"
	case "provider-unknown":
		return "Server.ClientProxy.UnknownMember", "Could not find addresses for service provider \"" + service + "\""
	case "registry-outdated":
		return "Server.ClientProxy.OutdatedGlobalConf", "The registry was not confirmed for too long"
	case "node-away", "node-slow":
		return "Server.ClientProxy.NetworkError", "The node of " + p.Args["body"] + " does not answer"
	case "question-too-large":
		return "Server.ClientProxy.IOError", "Message size exceeds maximum loggable size"
	case "node-answer-broken":
		return "Server.ClientProxy.InconsistentResponse", "The answer of " + p.Args["body"] + " is not proved"
	case "service-unknown":
		return "Server.ServerProxy.UnknownService", "Unknown service: " + service
	case "contract-missing":
		return "Server.ServerProxy.AccessDenied", "Request is not allowed: " + service
	case "contract-ended", "contract-not-begun", "quota-exhausted":
		return "Server.ServerProxy.AccessDenied", "Request is not allowed: contract " + p.Args["contract"] + " (" + p.Code + ")"
	case "provision-not-in-force":
		return "Server.ServerProxy.AccessDenied", "Request is not allowed: provision " + p.Args["provision"] + " is not in force"
	case "system-away":
		return "Server.ServerProxy.NetworkError", "The information system behind " + service + " does not answer"
	}
	if p.Kind == problem.Internal {
		return "Server.ClientProxy.InternalError", "Internal error"
	}
	return "Server.ServerProxy.ServiceFailed", p.Code
}
