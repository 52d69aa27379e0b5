package exchange

import (
	"cmp"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Edge is X-Road's REST interface for the information systems of this node's
// member (X-Road Message Protocol for REST, "r1"): existing clients work
// unchanged. It belongs on an address that only those systems reach. Paths are
// taken as they are written, so no [http.ServeMux] may stand before it.
func (g *Gateway) Edge() http.Handler { return http.HandlerFunc(g.serveEdge) }

func (g *Gateway) serveEdge(w http.ResponseWriter, r *http.Request) {
	ask, err := g.readEdge(r)
	if err != nil {
		writeEdgeError(w, r, err)
		return
	}
	request := uuid()
	h := w.Header()
	h.Set(idHeader, ask.Message)
	h.Set(clientHeader, ask.Client.String())
	h.Set("X-Road-Service", ask.Service.String())
	h.Set(requestIDHeader, request)
	h.Set("X-Road-Request-Hash", requestHash(r, ask, request))
	answer, err := g.Ask(r.Context(), ask)
	if err != nil && !ownAnswer(answer, err) {
		writeEdgeError(w, r, err)
		return
	}
	if len(answer.Body) > 0 {
		h.Set("Content-Type", cmp.Or(answer.Reply.Type, "application/octet-stream"))
	}
	w.WriteHeader(answer.Reply.Status)
	_, _ = w.Write(answer.Body) // the client may have gone
}

// ownAnswer reports whether a refusal is the information system's own answer,
// which passes with its status and without X-Road-Error. Its body was not agreed
// and stays behind.
func ownAnswer(answer Answer, err error) bool {
	if answer.Reply.Status == 0 {
		return false
	}
	return problem.HasCode(err, "nothing-known") || problem.HasCode(err, "system-refused") || problem.HasCode(err, "system-failed")
}

// purposeHeader lets a client choose among several contracts for one service.
const purposeHeader = "Dobosh-Purpose"

// readEdge reads who asks and what, from the path and the headers. Of several
// headers with one name the last counts.
func (g *Gateway) readEdge(r *http.Request) (Ask, error) {
	service, path, err := edgePath(r.URL.EscapedPath())
	if err != nil {
		return Ask{}, err
	}
	header := func(name string) string { return last(r.Header.Values(name)) }
	client, err := registry.ParseID(header(clientHeader))
	if err == nil && client.Service != "" {
		err = registry.ErrIdentifier
	}
	if err != nil {
		return Ask{}, problem.New(problem.Invalid, "client-missing").Because(err)
	}
	body, err := readBody(r)
	if err != nil {
		return Ask{}, err
	}
	return Ask{
		Client: client, Service: service, Method: r.Method, Path: path, Query: r.URL.RawQuery, Purpose: header(purposeHeader),
		Type: bounded(header("Content-Type")), Accept: bounded(header("Accept")), Body: body, Matter: bounded(header(issueHeader)), Role: RoleSystem,
		Message: cmp.Or(bounded(header(idHeader)), service.Instance+"-"+uuid()),
	}, nil
}

// edgePath cuts /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/rest. All five
// parts are required, as in X-Road's code (its text calls the subsystem
// optional).
func edgePath(raw string) (registry.ID, string, error) {
	parts := strings.SplitN(raw, "/", 8)
	if len(parts) < 7 || parts[1] != "r1" {
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

// bounded cuts a free text that becomes part of a record, between two characters.
func bounded(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "") }

// hopHeaders are those that X-Road removes from a request before it is hashed.
func hopHeaders() []string {
	return []string{
		"Transfer-Encoding", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Upgrade", "Connection", "User-Agent", "Host",
		"Content-Length", "Server", "Expect", requestIDHeader, "X-Road-Request-Hash",
	}
}

// requestHash names the request to the client: base64 of SHA-512 over the request
// line and headers, or, with a body, over their hash and that of the body. The
// headers stand in the order of their names, since net/http keeps no other.
func requestHash(r *http.Request, a Ask, request string) string {
	header := r.Header.Clone()
	for _, name := range hopHeaders() {
		header.Del(name)
	}
	header.Set(requestIDHeader, request)
	header.Set(idHeader, a.Message)
	head := sha512.New()
	writeHead(head, r, header)
	sum := head.Sum(nil)
	if len(a.Body) > 0 {
		body := sha512.Sum512(a.Body)
		both := sha512.Sum512(append(sum, body[:]...))
		sum = both[:]
	}
	return base64.StdEncoding.EncodeToString(sum)
}

func writeHead(into hash.Hash, r *http.Request, header http.Header) {
	_, _ = fmt.Fprintf(into, "%s\r\n%s\r\n", r.Method, r.URL.RequestURI()) // a hash takes everything
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			_, _ = fmt.Fprintf(into, "%s:%s\r\n", name, value)
		}
	}
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// readBody reads the body of a question within its bounds.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, problem.New(problem.TooLarge, "question-too-large").Because(err)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	return body, nil
}
