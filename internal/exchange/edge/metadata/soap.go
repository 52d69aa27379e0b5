package metadata

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"dobosh/internal/registry"
)

// MaxSOAP bounds a SOAP message, in bytes. One that asks for a list has about a
// thousand.
const MaxSOAP = 32 << 10

const (
	spaceSOAP = "http://schemas.xmlsoap.org/soap/envelope/"
	sha512URI = "http://www.w3.org/2001/04/xmlenc#sha512"

	maxDepth = 32  // of elements in each other
	maxField = 255 // bytes of a header that is given back, or of a part of an identifier
)

// errSOAP is the cause of every message that is none of X-Road's.
var errSOAP = errors.New("no message of X-Road's protocol 4")

// Message is the head of a SOAP message of X-Road (pr-mess, protocol 4.0).
type Message struct {
	Client, Service registry.ID
	Version         string // of the service; empty for none
	ID              string
	User, Issue     *string // nil where the message has none
	Protocol        string  // "4." and what follows
	hash            [sha512.Size]byte
}

// ReadSOAP reads a SOAP message. It takes neither a document type nor entities
// beside the five of XML, UTF-8 alone, each header once, and as the only element
// of its body the one that is named like the service. The error says nothing of
// the content.
func ReadSOAP(raw []byte) (m Message, err error) {
	if len(raw) > MaxSOAP {
		return m, errSOAP
	}
	envelope, err := readTree(raw)
	if err != nil {
		return m, err
	}
	if envelope.name != (xml.Name{Space: spaceSOAP, Local: "Envelope"}) {
		return m, errSOAP
	}
	parts, err := envelope.once(spaceSOAP)
	if err != nil || parts["Header"] == nil || parts["Body"] == nil || len(envelope.children) != 2 {
		return m, errSOAP
	}
	fields, err := parts["Header"].once(spaceXRoad)
	if err != nil {
		return m, err
	}
	m.hash = sha512.Sum512(raw)
	var errs [7]error
	m.Client, _, errs[0] = fields["client"].identifier(typeSubsystem)
	if m.Client.Service != "" {
		errs[0] = errSOAP
	}
	m.Service, m.Version, errs[1] = fields["service"].identifier(typeService)
	if m.Service.Service == "" {
		errs[1] = errSOAP
	}
	m.ID, errs[2] = fields["id"].text()
	m.Protocol, errs[3] = fields["protocolVersion"].text()
	m.User, errs[4] = fields["userId"].optional()
	m.Issue, errs[5] = fields["issue"].optional()
	if !strings.HasPrefix(m.Protocol, "4.") || m.ID == "" {
		errs[6] = errSOAP
	}
	if err := errors.Join(errs[:]...); err != nil {
		return Message{}, err
	}
	if asked := parts["Body"].children; len(asked) != 1 || asked[0].name.Local != m.Service.Service {
		return Message{}, errSOAP
	}
	return m, nil
}

// element is one element of a message, with the text that stands in it.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	children []*element
	content  strings.Builder
}

// readTree reads a document. What its reader lets pass and XML does not, a second
// root, text beside it and an attribute that stands twice, is an error here.
func readTree(raw []byte) (root *element, err error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\uFEFF"))))
	var open []*element
	for {
		token, err := d.Token()
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name, attrs: t.Attr}
			switch {
			case len(open) == maxDepth || len(open) == 0 && root != nil || e.twice():
				return nil, errSOAP
			case len(open) == 0:
				root = e
			default:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].content.Write(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errSOAP
			}
		case xml.Directive: // a document type, in which entities would be declared
			return nil, errSOAP
		case xml.ProcInst:
			if t.Target != "xml" || root != nil {
				return nil, errSOAP // SOAP 1.1, section 3
			}
		}
		if errors.Is(err, io.EOF) && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, errSOAP
		}
	}
}

// twice reports whether an attribute stands twice.
func (e *element) twice() bool {
	found := map[xml.Name]bool{}
	for _, a := range e.attrs {
		if found[a.Name] {
			return true
		}
		found[a.Name] = true
	}
	return false
}

// once gives the children of a name space by their names. None may stand there
// twice; those of other name spaces are passed over.
func (e *element) once(space string) (map[string]*element, error) {
	found := map[string]*element{}
	for _, c := range e.children {
		if c.name.Space != space {
			continue
		}
		if found[c.name.Local] != nil {
			return nil, errSOAP
		}
		found[c.name.Local] = c
	}
	return found, nil
}

// text is what stands in an element without elements.
func (e *element) text() (string, error) {
	if e == nil || len(e.children) > 0 {
		return "", errSOAP
	}
	text := strings.TrimSpace(e.content.String())
	if len(text) > maxField {
		return "", errSOAP
	}
	return text, nil
}

func (e *element) optional() (*string, error) {
	if e == nil {
		return nil, nil
	}
	text, err := e.text()
	return &text, err
}

// identifier reads one of a type, or a member's where a subsystem's is wanted.
func (e *element) identifier(kind string) (id registry.ID, version string, err error) {
	if e == nil {
		return id, "", errSOAP
	}
	for _, a := range e.attrs {
		if a.Name == (xml.Name{Space: spaceIDs, Local: "objectType"}) && a.Value == typeMember && kind == typeSubsystem {
			kind = typeMember
		} else if a.Name == (xml.Name{Space: spaceIDs, Local: "objectType"}) && a.Value != kind {
			return id, "", errSOAP
		}
	}
	parts, err := e.once(spaceIDs)
	if err != nil || len(parts) != len(e.children) {
		return id, "", errSOAP
	}
	for name, to := range map[string]*string{
		"xRoadInstance": &id.Instance, "memberClass": &id.Class, "memberCode": &id.Member, "subsystemCode": &id.Subsystem, "serviceCode": &id.Service, "serviceVersion": &version,
	} {
		if parts[name] == nil {
			continue
		}
		if *to, err = parts[name].text(); err != nil || *to == "" {
			return id, "", errSOAP
		}
		delete(parts, name)
	}
	again, err := registry.ParseID(id.String())
	if err != nil || again != id || len(parts) > 0 || (id.Subsystem == "") != (kind == typeMember) || version != "" && kind != typeService {
		return id, "", errSOAP
	}
	return id, version, nil
}

// envelope is what is answered. X-Road's own prefixes are written, since some
// clients look for them.
type envelope struct {
	XMLName xml.Name    `xml:"SOAP-ENV:Envelope"`
	SOAP    string      `xml:"xmlns:SOAP-ENV,attr"`
	XRoad   string      `xml:"xmlns:xroad,attr"`
	IDs     string      `xml:"xmlns:id,attr"`
	Header  *soapHeader `xml:"SOAP-ENV:Header"`
	Body    struct {
		Content any
	} `xml:"SOAP-ENV:Body"`
}

type soapHeader struct {
	Client   clientID  `xml:"xroad:client"`
	Service  serviceID `xml:"xroad:service"`
	User     *string   `xml:"xroad:userId"`
	ID       string    `xml:"xroad:id"`
	Issue    *string   `xml:"xroad:issue"`
	Protocol string    `xml:"xroad:protocolVersion"`
	Hash     soapHash  `xml:"xroad:requestHash"`
}

type serviceID struct {
	clientID
	Code    string `xml:"id:serviceCode"`
	Version string `xml:"id:serviceVersion,omitempty"`
}

type soapHash struct {
	Algorithm string `xml:"algorithmId,attr"`
	Value     string `xml:",chardata"`
}

// NoMethods answers listMethods and allowedMethods over SOAP: with the headers of
// the request, its hash, and an empty list, since no service here is SOAP.
func NoMethods(m Message) []byte {
	client := newClientID(typeSubsystem, m.Client)
	if m.Client.Subsystem == "" {
		client.Type = typeMember
	}
	header := soapHeader{
		Client: client, Service: serviceID{newClientID(typeService, m.Service), m.Service.Service, m.Version}, User: m.User, ID: m.ID, Issue: m.Issue, Protocol: m.Protocol,
		Hash: soapHash{sha512URI, base64.StdEncoding.EncodeToString(m.hash[:])},
	}
	return inSOAP(&header, struct {
		XMLName xml.Name
	}{xml.Name{Local: "xroad:" + m.Service.Service + "Response"}})
}

// Fault answers a SOAP message with an error: its code, its text, and a detail by
// which it is found in the log (SOAP 1.1, section 4.4; as in X-Road the code is
// none of SOAP's own).
func Fault(code, text, detail string) []byte {
	return inSOAP(nil, struct {
		XMLName xml.Name `xml:"SOAP-ENV:Fault"`
		Code    string   `xml:"faultcode"`
		Text    string   `xml:"faultstring"`
		Actor   string   `xml:"faultactor"`
		Detail  string   `xml:"detail>xroad:faultDetail"`
	}{Code: code, Text: text, Detail: detail})
}

func inSOAP(header *soapHeader, content any) []byte {
	e := envelope{SOAP: spaceSOAP, XRoad: spaceXRoad, IDs: spaceIDs, Header: header}
	e.Body.Content = content
	return inXML(e)
}
