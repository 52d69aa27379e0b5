package metadata_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/registry"
)

// asking is a message that asks for the list of a subsystem's services.
const asking = `<?xml version="1.0" encoding="utf-8"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers">
 <S:Header>
  <x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>RS-TEST</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>CITY</i:memberCode><i:subsystemCode>family</i:subsystemCode></x:client>
  <x:service i:objectType="SERVICE"><i:xRoadInstance>RS-TEST</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>STATE &amp; CO</i:memberCode><i:subsystemCode>civil</i:subsystemCode><i:serviceCode>listMethods</i:serviceCode></x:service>
  <x:userId>clerk &lt;7&gt;</x:userId>
  <x:id> a-1 </x:id>
  <x:protocolVersion>4.0</x:protocolVersion>
 </S:Header>
 <S:Body><x:listMethods/></S:Body>
</S:Envelope>`

// soapID is an identifier as clients read it.
type soapID struct {
	Type      string `xml:"http://x-road.eu/xsd/identifiers objectType,attr"`
	Instance  string `xml:"http://x-road.eu/xsd/identifiers xRoadInstance"`
	Class     string `xml:"http://x-road.eu/xsd/identifiers memberClass"`
	Member    string `xml:"http://x-road.eu/xsd/identifiers memberCode"`
	Subsystem string `xml:"http://x-road.eu/xsd/identifiers subsystemCode"`
	Service   string `xml:"http://x-road.eu/xsd/identifiers serviceCode"`
	Version   string `xml:"http://x-road.eu/xsd/identifiers serviceVersion"`
}

// soapAnswer is an answer as clients read it.
type soapAnswer struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  *struct {
		Client   soapID   `xml:"http://x-road.eu/xsd/xroad.xsd client"`
		Service  soapID   `xml:"http://x-road.eu/xsd/xroad.xsd service"`
		User     []string `xml:"http://x-road.eu/xsd/xroad.xsd userId"`
		ID       string   `xml:"http://x-road.eu/xsd/xroad.xsd id"`
		Protocol string   `xml:"http://x-road.eu/xsd/xroad.xsd protocolVersion"`
		Hash     struct {
			Algorithm string `xml:"algorithmId,attr"`
			Value     string `xml:",chardata"`
		} `xml:"http://x-road.eu/xsd/xroad.xsd requestHash"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
	Body struct {
		Content []struct {
			XMLName  xml.Name
			Services []soapID `xml:"http://x-road.eu/xsd/xroad.xsd service"`
			Code     string   `xml:"faultcode"`
			Text     string   `xml:"faultstring"`
			Detail   string   `xml:"detail>faultDetail"`
		} `xml:",any"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

func readAnswer(t *testing.T, raw []byte) (a soapAnswer) {
	t.Helper()
	if !regexp.MustCompile(`(?s)<SOAP-ENV:Envelope.+</SOAP-ENV:Envelope>`).Match(raw) {
		t.Errorf("clients find no envelope by its prefix in %s", raw)
	}
	if err := xml.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Body.Content) != 1 {
		t.Fatalf("the body has %d elements", len(a.Body.Content))
	}
	return a
}

func TestTheListOverSOAPIsEmptyAndTellsWhatWasAsked(t *testing.T) {
	for name, c := range map[string]struct {
		change       []string
		kind, code   string
		client       registry.ID
		version, who string
	}{
		"listMethods":    {nil, "SUBSYSTEM", "listMethods", family, "", "clerk <7>"},
		"allowedMethods": {[]string{"listMethods", "allowedMethods"}, "SUBSYSTEM", "allowedMethods", family, "", "clerk <7>"},
		"by a member":    {[]string{`"SUBSYSTEM"`, `"MEMBER"`, "<i:subsystemCode>family</i:subsystemCode>", ""}, "MEMBER", "listMethods", city, "", "clerk <7>"},
		"with a version": {[]string{"</i:serviceCode>", "</i:serviceCode><i:serviceVersion>v1</i:serviceVersion>"}, "SUBSYSTEM", "listMethods", family, "v1", "clerk <7>"},
		"by nobody":      {[]string{"<x:userId>clerk &lt;7&gt;</x:userId>", "<o:other xmlns:o='urn:other'><o:id/><o:id/></o:other>"}, "SUBSYSTEM", "listMethods", family, "", ""},
		"with a BOM":     {[]string{"<?xml", "\uFEFF<?xml"}, "SUBSYSTEM", "listMethods", family, "", "clerk <7>"},
	} {
		raw := strings.NewReplacer(c.change...).Replace(asking)
		m, err := metadata.ReadSOAP([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Client != c.client || m.Service != civilID.With(c.code) || m.Version != c.version {
			t.Errorf("%s: %s asks %s in version %q", name, m.Client, m.Service, m.Version)
		}
		a := readAnswer(t, metadata.NoMethods(m))
		if list := a.Body.Content[0]; list.XMLName != (xml.Name{Space: "http://x-road.eu/xsd/xroad.xsd", Local: c.code + "Response"}) || len(list.Services) > 0 {
			t.Errorf("%s: the list is %+v", name, list)
		}
		h, sum := a.Header, sha512.Sum512([]byte(raw))
		client := soapID{Type: c.kind, Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: c.client.Subsystem}
		service := soapID{"SERVICE", "RS-TEST", "GOV", "STATE & CO", "civil", c.code, c.version}
		if h.Client != client || h.Service != service || h.ID != "a-1" || h.Protocol != "4.0" || strings.Join(h.User, "|") != c.who {
			t.Errorf("%s: the headers are %+v", name, h)
		}
		if h.Hash.Algorithm != "http://www.w3.org/2001/04/xmlenc#sha512" || h.Hash.Value != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("%s: the hash is %+v", name, h.Hash)
		}
	}
}

func TestSOAPThatIsRefused(t *testing.T) {
	bomb := `<!DOCTYPE S [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	client := asking[strings.Index(asking, "<x:client"):strings.Index(asking, "  <x:service")]
	for name, change := range map[string][]string{
		"a document type":            {"<S:Envelope", bomb + "<S:Envelope"},
		"an entity":                  {"<x:id> a-1", "<x:id>&b;"},
		"a file as an entity":        {"<S:Envelope", `<!DOCTYPE S [<!ENTITY b SYSTEM "file:///etc/passwd">]><S:Envelope`, " a-1 ", "&b;"},
		"an instruction":             {"<S:Header>", "<?do it?><S:Header>"},
		"a style sheet":              {"<S:Envelope", `<?xml-stylesheet href="a"?><S:Envelope`},
		"another encoding":           {`encoding="utf-8"`, `encoding="utf-16"`},
		"no characters":              {" a-1 ", "\xff\xfe"},
		"SOAP 1.2":                   {"http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"},
		"another root":               {"S:Envelope", "S:Letter"},
		"no name space":              {` xmlns:x="http://x-road.eu/xsd/xroad.xsd"`, ""},
		"an older protocol":          {"4.0", "3.1"},
		"no protocol":                {"<x:protocolVersion>4.0</x:protocolVersion>", ""},
		"no id":                      {"<x:id> a-1 </x:id>", ""},
		"an empty id":                {" a-1 ", "  "},
		"a long id":                  {" a-1 ", strings.Repeat("a", 256)},
		"an id with elements":        {" a-1 ", "a<b/>"},
		"no client":                  {client, ""},
		"two clients":                {client, client + client},
		"a client that is a service": {"<i:subsystemCode>family</i:subsystemCode>", "<i:subsystemCode>family</i:subsystemCode><i:serviceCode>a</i:serviceCode>"},
		"a client of another kind":   {`"SUBSYSTEM"`, `"SERVER"`},
		"a member with a subsystem":  {`"SUBSYSTEM"`, `"MEMBER"`},
		"a subsystem without one":    {"<i:subsystemCode>family</i:subsystemCode>", ""},
		"two kinds":                  {`i:objectType="SUBSYSTEM"`, `i:objectType="SUBSYSTEM" i:objectType="MEMBER"`},
		"two members":                {"<i:memberCode>CITY</i:memberCode>", "<i:memberCode>CITY</i:memberCode><i:memberCode>STATE</i:memberCode>"},
		"an empty member":            {">CITY<", "><"},
		"a member of dots":           {">CITY<", ">..<"},
		"a member with a line":       {">CITY<", ">C&#10;ITY<"},
		"something else in a client": {"<i:memberCode>CITY", "<i:serverCode>a</i:serverCode><i:memberCode>CITY"},
		"no service":                 {"<i:serviceCode>listMethods</i:serviceCode>", ""},
		"a service of a member":      {"<i:subsystemCode>civil</i:subsystemCode>", ""},
		"a body for another service": {"<x:listMethods/>", "<x:allowedMethods/>"},
		"an empty body":              {"<x:listMethods/>", ""},
		"two bodies in one":          {"<x:listMethods/>", "<x:listMethods/><x:listMethods/>"},
		"two bodies":                 {"</S:Envelope>", "<S:Body><x:listMethods/></S:Body></S:Envelope>"},
		"two headers":                {"<S:Body>", "<S:Header/><S:Body>"},
		"no header":                  {"S:Header", "x:Header"},
		"text behind":                {"</S:Envelope>", "</S:Envelope>more"},
		"a second root":              {"</S:Envelope>", "</S:Envelope><a/>"},
		"an open end":                {"</S:Envelope>", ""},
		"crossing elements":          {"<x:listMethods/></S:Body>", "<x:listMethods></S:Body></x:listMethods>"},
		"too deep":                   {"<x:listMethods/>", strings.Repeat("<x:listMethods>", 1000) + strings.Repeat("</x:listMethods>", 1000)},
		"too long":                   {"<S:Body>", "<!--" + strings.Repeat("a", metadata.MaxSOAP) + "--><S:Body>"},
		"JSON":                       {asking, `{"a":1}`},
		"nothing":                    {asking, ""},
		"white space":                {asking, " \n"},
	} {
		raw := strings.NewReplacer(change...).Replace(asking)
		if raw == asking {
			t.Fatalf("%s: the message is the same", name)
		}
		if m, err := metadata.ReadSOAP([]byte(raw)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestAFault(t *testing.T) {
	a := readAnswer(t, metadata.Fault("Server.ServerProxy.UnknownService", "Unknown service: <a> & b", "d-1"))
	f := a.Body.Content[0]
	if f.XMLName != (xml.Name{Space: "http://schemas.xmlsoap.org/soap/envelope/", Local: "Fault"}) || f.Code != "Server.ServerProxy.UnknownService" || f.Text != "Unknown service: <a> & b" || f.Detail != "d-1" || a.Header != nil {
		t.Errorf("the fault is %+v with %+v", f, a.Header)
	}
}

// FuzzReadSOAP: whatever is read is told again as it was, by a message that can be
// read.
func FuzzReadSOAP(f *testing.F) {
	f.Add([]byte(asking))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := metadata.ReadSOAP(raw)
		if err != nil || m.Service.Service != "listMethods" {
			return
		}
		h := readAnswer(t, metadata.NoMethods(m)).Header
		if client := (registry.ID{Instance: h.Client.Instance, Class: h.Client.Class, Member: h.Client.Member, Subsystem: h.Client.Subsystem}); client != m.Client || h.ID != m.ID {
			t.Errorf("%s with %q became %s with %q", m.Client, m.ID, client, h.ID)
		}
	})
}
