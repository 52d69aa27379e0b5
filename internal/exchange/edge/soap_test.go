package edge

import (
	"bytes"
	"encoding/xml"
	"log/slog"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/registry"
)

// soapFrom is a SOAP message of a client to a service of the state.
func soapFrom(client registry.ID, provider registry.ID) string {
	kind, part := "MEMBER", ""
	if client.Subsystem != "" {
		kind, part = "SUBSYSTEM", "<i:subsystemCode>"+client.Subsystem+"</i:subsystemCode>"
	}
	member := func(id registry.ID) string {
		return "<i:xRoadInstance>" + id.Instance + "</i:xRoadInstance><i:memberClass>" + id.Class + "</i:memberClass><i:memberCode>" + id.Member + "</i:memberCode>"
	}
	return `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"><S:Header>` +
		`<x:client i:objectType="` + kind + `">` + member(client) + part + `</x:client>` +
		`<x:service i:objectType="SERVICE">` + member(provider) + `<i:subsystemCode>` + provider.Subsystem + `</i:subsystemCode><i:serviceCode>` + provider.Service + `</i:serviceCode></x:service>` +
		`<x:id>a-1</x:id><x:protocolVersion>4.0</x:protocolVersion></S:Header><S:Body><x:` + provider.Service + `/></S:Body></S:Envelope>`
}

// soaped asks over SOAP and reads what is in the body of the answer: the name of
// its element, and the code and text of a fault.
func (w *world) soaped(target, mediaType, body string) (name, code, text string, a answered) {
	w.tb.Helper()
	a = w.ask("POST", target, body, "Content-Type", mediaType)
	var read struct {
		Body struct {
			Content struct {
				XMLName xml.Name
				Code    string `xml:"faultcode"`
				Text    string `xml:"faultstring"`
			} `xml:",any"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal([]byte(a.body), &read); err != nil || a.status != 200 || a.header.Get("Content-Type") != metadata.XML {
		w.tb.Errorf("%d %q %s: %v", a.status, a.lines, a.body, err)
	}
	return read.Body.Content.XMLName.Local, read.Body.Content.Code, read.Body.Content.Text, a
}

func TestListsOverSOAPAreEmpty(t *testing.T) {
	w := newWorld(t, nil)
	before := w.city.journal.Size()
	for _, code := range []string{"listMethods", "allowedMethods"} {
		for _, client := range []registry.ID{family, city, {Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "other"}} {
			for _, target := range []string{"/", "/cgi-bin/consumer_proxy", ""} {
				if target == "" {
					target = "http://edge" // as to a proxy, without a path
				}
				name, fault, _, a := w.soaped(target, "text/xml; charset=utf-8", soapFrom(client, civilID.With(code)))
				if name != code+"Response" || fault != "" || strings.Contains(a.body, "births") || a.header.Get("X-Road-Error") != "" || !strings.Contains(a.body, "<xroad:id>a-1</xroad:id>") {
					t.Errorf("%s by %s at %s: %s", code, client, target, a.body)
				}
			}
		}
	}
	if w.city.journal.Size() != before {
		t.Error("what is public was noted in the journal")
	}
}

func TestAllOtherSOAPIsAFault(t *testing.T) {
	none := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "NONE", Subsystem: "civil"}
	list := civilID.With("listMethods")
	for name, c := range map[string]struct{ mediaType, body, classic, v78, says string }{
		"a service of REST":      {"text/xml", soapFrom(family, births), "Server.ServerProxy.ServiceType", "server.serverproxy.service_type", "cannot be called using SOAP interface"},
		"a service that is not":  {"text/xml", soapFrom(family, civilID.With("none")), "Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", "Unknown service: SERVICE:" + civilID.String() + "/none"},
		"getWsdl":                {"text/xml", soapFrom(family, civilID.With("getWsdl")), "Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", "getWsdl"},
		"metrics":                {"text/xml", soapFrom(family, civilID.With("getSecurityServerMetrics")), "Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", ""},
		"a client that is not":   {"text/xml", soapFrom(registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "none"}, list), "Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", "not found"},
		"a client of another":    {"text/xml", soapFrom(civilID, list), "Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", "not found"},
		"another member":         {"text/xml", soapFrom(state, list), "Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", "not found"},
		"a provider that is not": {"text/xml", soapFrom(family, none.With("listMethods")), "Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", "Could not find addresses"},
		"an entity":              {"text/xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>` + strings.Replace(soapFrom(family, list), "a-1", "&b;", 1), "Client.InvalidSoap", "client.invalid_soap", ""},
		"no XML":                 {"text/xml", "listMethods", "Client.InvalidSoap", "client.invalid_soap", ""},
		"no body":                {"text/xml", "", "Client.InvalidSoap", "client.invalid_soap", ""},
		"SOAP 1.2":               {"application/soap+xml", strings.Replace(soapFrom(family, list), "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1), "Client.InvalidSoap", "client.invalid_soap", ""},
		"attachments":            {"multipart/related; boundary=b", "--b\r\n\r\n" + soapFrom(family, list) + "\r\n--b--", "Client.InvalidSoap", "client.invalid_soap", ""},
		"too long":               {"text/xml", soapFrom(family, list) + strings.Repeat(" ", metadata.MaxSOAP), "Server.ClientProxy.IOError", "server.clientproxy.io_error", "size"},
		"much too long":          {"text/xml", strings.Repeat("<a>", 1<<20), "Server.ClientProxy.IOError", "server.clientproxy.io_error", "size"},
	} {
		for dialect, want := range map[Dialect]string{Classic: c.classic, V78: c.v78} {
			w := newWorld(t, nil)
			lines := &bytes.Buffer{}
			w.config.Dialect, w.config.Log = dialect, slog.New(slog.NewTextHandler(lines, nil))
			element, code, text, a := w.soaped("/", c.mediaType, c.body)
			if element != "Fault" || code != want || !strings.Contains(text, c.says) || a.header.Get("X-Road-Error") != want || strings.Contains(a.body, "Response>") {
				t.Errorf("%s: %s %s %q\n%s", name, element, code, text, a.body)
			}
			_, rest, _ := strings.Cut(lines.String(), "detail=")
			if detail, _, _ := strings.Cut(rest, " "); detail == "" || !strings.Contains(a.body, "<xroad:faultDetail>"+detail+"<") {
				t.Errorf("%s: the detail is not that of the log: %s", name, lines)
			}
		}
	}
}

// A chunked message does not say how long it is, and is bounded all the same.
func TestALongSOAPMessageInChunksIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	chunk := "4000\r\n" + strings.Repeat("a", 0x4000) + "\r\n"
	a := w.raw("POST", "POST / HTTP/1.1\r\nHost: edge\r\nConnection: close\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat(chunk, 5)+"0\r\n\r\n")
	if a.status != 200 || a.header.Get("X-Road-Error") != "Server.ClientProxy.IOError" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Over SOAP the connection counts that was agreed for the subsystem, as over REST.
func TestSOAPNeedsTheConnectionThatWasAgreed(t *testing.T) {
	for connection, want := range map[Connection]string{HTTP: "", HTTPS: "Server.ClientProxy.SslAuthenticationFailed", HTTPSPinned: "Server.ClientProxy.SslAuthenticationFailed"} {
		w := newWorld(t, nil)
		w.config.Clients = map[string]Client{"family": {Connection: connection}}
		if _, code, _, a := w.soaped("/", "text/xml", soapFrom(family, civilID.With("listMethods"))); code != want {
			t.Errorf("%d: %s", connection, a.body)
		}
	}
}

// What is no SOAP message is told as before that nothing is there.
func TestWhatIsNoSOAPIsAtAWrongPath(t *testing.T) {
	message := soapFrom(family, civilID.With("listMethods"))
	for name, c := range map[string]struct{ method, target, mediaType string }{
		"GET":            {"GET", "/", "text/xml"},
		"PUT":            {"PUT", "/", "text/xml"},
		"JSON":           {"POST", "/", "application/json"},
		"no type":        {"POST", "/", ""},
		"other XML":      {"POST", "/", "application/xml"},
		"another path":   {"POST", "/none", "application/octet-stream"},
		"REST with XML":  {"POST", "/r1/RS-TEST/GOV/STATE", "text/xml"},
		"a broken type":  {"POST", "/", "text;xml=;;"},
		"another prefix": {"POST", "/r2/RS-TEST/GOV/STATE/civil/births", "text/plain"},
	} {
		w := newWorld(t, nil)
		headers := []string{"X-Road-Client", family.String()}
		if c.mediaType != "" {
			headers = append(headers, "Content-Type", c.mediaType)
		}
		if a := w.ask(c.method, c.target, message, headers...); a.status != 500 || a.header.Get("X-Road-Error") != "Server.ClientProxy.InternalError" || !strings.Contains(a.body, "Invalid request URI") {
			t.Errorf("%s: %d %q %s", name, a.status, a.lines, a.body)
		}
	}
}
