package edge

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// What is read of a path is the path again, and never more or less of it.
func FuzzServicePath(f *testing.F) {
	for _, seed := range []string{"/r1/EE/GOV/1/s%2Fub/%C3%B6/path%3B/", "/r1/a/b/c/d/e", "/r1/a/b/c/d/e/", "/r1/a/b/c/../e/x", "/r1//b/c/d/e", "/r2/a/b/c/d/e", "/r1/a/b/c/d", "r1/a/b/c/d/e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		service, rest, err := servicePath(xroadPath, raw)
		if err != nil {
			if service != (registry.ID{}) || rest != "" {
				t.Fatal("a service beside an error")
			}
			return
		}
		if service.Service == "" || rest != "" && !strings.HasPrefix(rest, "/") || !strings.HasSuffix(raw, rest) {
			t.Fatalf("%q became %v and %q", raw, service, rest)
		}
		if again, same, err := servicePath(xroadPath, xroadPath+service.String()+rest); err != nil || again != service || same != rest {
			t.Fatalf("%v and %q became %v and %q: %v", service, rest, again, same, err)
		}
	})
}

// Whatever the headers say, a request names who asks, or there is a problem.
func FuzzQuestion(f *testing.F) {
	f.Add("X-Road-Client: EE/GOV/1/sub\r\nX-Road-Id: 1\r\nX-Road-Security-Server: EE/GOV/1/s1\r\n\r\n")
	f.Add("x-road-client:EE/GOV/1/sub\r\nX-Road-Represented-Party: COM/1\r\nDobosh-Behalf: EE/GOV/2/sub\r\n\r\n")
	f.Add("X-Road-Client\r\n")
	f.Add(" folded: x\r\n")
	f.Add("a: b\nc: d\r\n\r\nbody: no\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		headers, err := readHeaders(raw)
		if err != nil {
			if problem.Of(err).Kind != problem.Invalid {
				t.Fatal(err)
			}
			return
		}
		if len(headers) > maxHeaders {
			t.Fatalf("%d headers", len(headers))
		}
		r := head{method: "GET", path: "/r1/EE/GOV/1/sub/svc/x", target: "/r1/EE/GOV/1/sub/svc/x", headers: headers}
		_ = r.headSum("id", "")
		a, err := r.request(xroadPath)
		if err != nil {
			if p := problem.Of(err); p.Kind == problem.Internal {
				t.Fatal(err)
			}
			return
		}
		if a.Client.Member == "" || len(a.Message) > maxText || len(a.Type) > maxText || len(a.Matter) > maxText {
			t.Fatalf("%+v", a)
		}
		for _, h := range a.Headers {
			if skipped(known(h.Name)) {
				t.Fatalf("%s travels", h.Name)
			}
		}
	})
}

// An error is one document, whatever its texts hold.
func FuzzComplaint(f *testing.F) {
	f.Add("service-unknown", "EE/GOV/1/<sub>/&", "text/xml")
	f.Add("service-disabled", "\x00\xff", "application/json")
	f.Fuzz(func(t *testing.T, code, service, accept string) {
		fault, text := said(problem.New(problem.Forbidden, code, "service", service, "client", service, "body", service, "notice", service))
		c := complaint{Type: fault.in(V78), Message: text, Detail: uuid()}
		mediaType, body := c.document(acceptedXML(accept))
		var again complaint
		read := json.Unmarshal
		if strings.Contains(mediaType, "xml") {
			read = func(b []byte, into any) error { return xml.Unmarshal(b, into) }
		}
		if err := read(body, &again); err != nil || again.Type != c.Type {
			t.Fatalf("%s: %v", body, err)
		}
	})
}
