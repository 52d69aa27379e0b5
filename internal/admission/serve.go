package admission

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/security"
)

// askTime bounds one request over the open protocol, with its answer.
const requestTimeout = 15 * time.Second

// ServeConn answers one request of whoever came over [Protocol] and closes the
// connection. Its form is that of http.Server.TLSNextProto.
func (o *Office) ServeConn(_ *http.Server, conn *tls.Conn, _ http.Handler) {
	defer func() { _ = conn.Close() }() // the asker has its answer or has gone
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return
	}
	r, err := http.ReadRequest(bufio.NewReader(io.LimitReader(conn, maxMessage)))
	if err != nil {
		return
	}
	state := conn.ConnectionState()
	r.TLS, r.RemoteAddr = &state, conn.RemoteAddr().String()
	answer := &bufferedResponse{header: http.Header{"Content-Type": {"application/json"}}, status: http.StatusOK}
	o.ServeHTTP(answer, r.WithContext(ctx))
	_ = answer.write(conn) // the asker may have gone
}

// bufferedResponse is a response that is written when it is whole.
type bufferedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *bufferedResponse) Header() http.Header         { return a.header }
func (a *bufferedResponse) WriteHeader(status int)      { a.status = status }
func (a *bufferedResponse) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *bufferedResponse) write(to io.Writer) error {
	return (&http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Close: true,
	}).Write(to)
}

// ServeHTTP answers joiners and the nodes of the registry. It must be served
// where the other side has proved that it has the key of its certificate;
// whether the registry knows the key is asked here.
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		refuse(w, problem.New(problem.NotFound, "page-unknown"))
		return
	}
	var out any
	var err error
	switch r.URL.Path {
	case joinPath:
		out, err = o.serveJoin(r)
	case certificatePath:
		out, err = o.serveRenewal(r)
	case reachablePath:
		out, err = o.serveReachable(r)
	default:
		err = problem.New(problem.NotFound, "page-unknown")
	}
	if err != nil {
		o.Log.InfoContext(r.Context(), "admission refused", slog.String("path", r.URL.Path), slog.Any("error", err))
		o.watch(r, err)
		refuse(w, err)
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the asker may have gone
}

// watch notes who was not let in: without a token that counts, or by a key that nobody has.
func (o *Office) watch(r *http.Request, err error) {
	switch p := problem.Of(err); p.Kind {
	case problem.Unauthenticated, problem.Forbidden, problem.TooMany, problem.Conflict, problem.Gone:
		if o.Watch != nil {
			from, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address is nobody's
			e := security.Event{Action: security.Refused, Reason: p.Code, Surface: Kind, Route: r.URL.Path}
			if from.IsValid() {
				e.Address = from.Addr().Unmap().String()
			}
			o.Watch.Note(e)
		}
	}
}

func (o *Office) serveJoin(r *http.Request) (any, error) {
	if err := o.limited(r); err != nil {
		return nil, err
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, problem.New(problem.Unauthenticated, "peer-unknown")
	}
	in, err := read[joining](r)
	if err != nil {
		return nil, err
	}
	return o.admit(r.Context(), in, credential.Pin(r.TLS.PeerCertificates[0]))
}

func (o *Office) serveRenewal(r *http.Request) (any, error) {
	node, err := o.known(r)
	if err != nil {
		return nil, err
	}
	in, err := read[renewal](r)
	if err != nil {
		return nil, err
	}
	return o.renew(node, in)
}

// known finds the node that asks by its key alone: one that was away for longer
// than its certificate lived comes back by itself.
func (o *Office) known(r *http.Request) (registry.Node, error) {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		if node, known := o.Registry.State().NodeByTLS(credential.Pin(r.TLS.PeerCertificates[0])); known {
			return node, nil
		}
	}
	if err := o.limited(r); err != nil {
		return registry.Node{}, err
	}
	return registry.Node{}, problem.New(problem.Unauthenticated, "peer-unknown")
}

// limited counts an attempt of somebody who is not known.
func (o *Office) limited(r *http.Request) error {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address counts as one source
	if allowed, wait := o.limits.take(from.Addr()); !allowed {
		return problem.New(problem.TooMany, "join-too-many", "seconds", strconv.Itoa(int(wait/time.Second)+1))
	}
	return nil
}

func read[T any](r *http.Request) (T, error) {
	var in T
	if err := strict.Upto(maxMessage).Read(r.Body, &in); err != nil {
		return in, problem.New(problem.Invalid, "body-malformed").Because(err)
	}
	return in, nil
}
