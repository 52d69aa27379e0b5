package metadata

import (
	"encoding/json"
	"encoding/xml"

	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// The types of objects in the lists.
const (
	typeMember    = "MEMBER"
	typeSubsystem = "SUBSYSTEM"
	typeService   = "SERVICE"
)

// The name spaces of X-Road's documents.
const (
	spaceXRoad = "http://x-road.eu/xsd/xroad.xsd"
	spaceIDs   = "http://x-road.eu/xsd/identifiers"
)

// client is a member or a subsystem.
type client struct {
	ID   clientID `json:"id"   xml:"xroad:id"`
	Name string   `json:"name" xml:"xroad:name"`
}

type clientID struct {
	Type      string `json:"object_type"              xml:"id:objectType,attr"`
	Instance  string `json:"xroad_instance"           xml:"id:xRoadInstance"`
	Class     string `json:"member_class"             xml:"id:memberClass"`
	Member    string `json:"member_code"              xml:"id:memberCode"`
	Subsystem string `json:"subsystem_code,omitempty" xml:"id:subsystemCode,omitempty"`
}

func newClientID(kind string, id registry.ID) clientID {
	return clientID{Type: kind, Instance: id.Instance, Class: id.Class, Member: id.Member, Subsystem: id.Subsystem}
}

// clientsOf lists the members of an instance, each before its subsystems, which
// bear the name of their member.
func clientsOf(state *registry.State, instance string) []client {
	all := []client{}
	for m := range membersOf(state, instance) {
		all = append(all, client{newClientID(typeMember, m.ID), nameOf(m.Title)})
		for _, code := range m.Subsystems {
			id := m.ID
			id.Subsystem = code
			all = append(all, client{newClientID(typeSubsystem, id), nameOf(m.Title)})
		}
	}
	return all
}

// membersOf goes through the members of an instance in the order of their ids.
func membersOf(state *registry.State, instance string) func(yield func(registry.Member) bool) {
	return func(yield func(registry.Member) bool) {
		for m := range state.MembersAfter(registry.ID{Instance: instance}) {
			if m.ID.Instance != instance || !yield(m) {
				return
			}
		}
	}
}

// nameOf is the one name that X-Road's lists have room for: the Serbian one, the
// English where there is no other.
func nameOf(title lang.Text) string {
	if name := title.In(lang.SrCyrl); name != "" {
		return name
	}
	return title.In(lang.En)
}

// Clients answers listClients in JSON: the members and subsystems of an instance.
func Clients(state *registry.State, instance string) []byte {
	return inJSON(struct {
		Clients []client `json:"member"`
	}{clientsOf(state, instance)})
}

// ClientsXML answers listClients in XML (clientList of xroad.xsd).
func ClientsXML(state *registry.State, instance string) []byte {
	return inXML(struct {
		XMLName xml.Name `xml:"xroad:clientList"`
		XRoad   string   `xml:"xmlns:xroad,attr"`
		IDs     string   `xml:"xmlns:id,attr"`
		Clients []client `xml:"xroad:member"`
	}{XRoad: spaceXRoad, IDs: spaceIDs, Clients: clientsOf(state, instance)})
}

func inJSON(document any) []byte {
	raw, _ := json.Marshal(document) // texts in structures always can be written
	return raw
}

func inXML(document any) []byte {
	raw, _ := xml.MarshalIndent(document, "", "    ") // texts in structures always can be written
	return append([]byte(xml.Header), append(raw, '\n')...)
}
