package metadata

import (
	"encoding/xml"
	"net"
	"strconv"

	"dobosh/internal/registry"
)

// conf is shared-params.xml of X-Road's global configuration, in the part that
// tools read (pr-gconf, annex D): elements have no name space, ids lead from
// servers and groups to members and subsystems.
type conf struct {
	XMLName  xml.Name      `xml:"ns3:conf"`
	IDs      string        `xml:"xmlns:ns2,attr"`
	XRoad    string        `xml:"xmlns:ns3,attr"`
	Instance string        `xml:"instanceIdentifier"`
	Members  []confMember  `xml:"member"`
	Servers  []confServer  `xml:"securityServer"`
	Groups   []confGroup   `xml:"globalGroup"`
	Classes  []memberClass `xml:"globalSettings>memberClass"`
}

type memberClass struct {
	Code        string `xml:"code"`
	Description string `xml:"description"`
}

type confMember struct {
	ID         string          `xml:"id,attr"`
	Class      memberClass     `xml:"memberClass"`
	Code       string          `xml:"memberCode"`
	Name       string          `xml:"name"`
	Subsystems []confSubsystem `xml:"subsystem"`
}

type confSubsystem struct {
	ID   string `xml:"id,attr"`
	Code string `xml:"subsystemCode"`
}

type confServer struct {
	Owner   string   `xml:"owner"`
	Code    string   `xml:"serverCode"`
	Address string   `xml:"address"`
	Clients []string `xml:"client"`
}

type confGroup struct {
	Code        string       `xml:"groupCode"`
	Description string       `xml:"description"`
	Members     []confClient `xml:"groupMember"`
}

type confClient struct {
	Type      string `xml:"ns2:objectType,attr"`
	Instance  string `xml:"ns2:xRoadInstance"`
	Class     string `xml:"ns2:memberClass"`
	Member    string `xml:"ns2:memberCode"`
	Subsystem string `xml:"ns2:subsystemCode,omitempty"`
}

// sharedParams writes the configuration of an instance. Every node of a member
// serves all of its subsystems. Approved authorities and hashes of certificates
// are not in it: the registry knows nodes by their keys.
func sharedParams(state *registry.State, instance string) []byte {
	c := conf{IDs: spaceIDs, XRoad: spaceXRoad, Instance: instance}
	classes := map[string]string{}
	for _, class := range state.Classes() {
		classes[class.Code] = nameOf(class.Title)
		c.Classes = append(c.Classes, memberClass{class.Code, nameOf(class.Title)})
	}
	next := 0
	newID := func() string {
		next++
		return "id" + strconv.Itoa(next)
	}
	for m := range membersOf(state, instance) {
		member := confMember{ID: newID(), Class: memberClass{m.ID.Class, classes[m.ID.Class]}, Code: m.ID.Member, Name: nameOf(m.Title)}
		var clients []string
		for _, code := range m.Subsystems {
			sub := confSubsystem{newID(), code}
			member.Subsystems, clients = append(member.Subsystems, sub), append(clients, sub.ID)
		}
		c.Members = append(c.Members, member)
		for _, node := range state.Nodes(m.ID) {
			c.Servers = append(c.Servers, confServer{member.ID, node.Name, host(node.Address), clients})
		}
	}
	c.Groups = groupsOf(state, instance)
	return inXML(c)
}

func groupsOf(state *registry.State, instance string) (all []confGroup) {
	for _, g := range state.Groups() {
		if g.ID.Instance != instance {
			continue
		}
		group := confGroup{Code: g.ID.Subsystem, Description: nameOf(g.Title)}
		for _, id := range g.Members {
			group.Members = append(group.Members, confClient(newClientID(typeSubsystem, id)))
		}
		all = append(all, group)
	}
	return all
}

// host is an address without its port.
func host(address string) string {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return name
}
