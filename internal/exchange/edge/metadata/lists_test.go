package metadata_test

import (
	"encoding/xml"
	"testing"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/civil"
	"dobosh/internal/registry"
)

func TestClientsInJSON(t *testing.T) {
	want := `{"member":[` +
		`{"id":{"object_type":"MEMBER","xroad_instance":"RS-TEST","member_class":"GOV","member_code":"CITY"},"name":"Град \u003cЗрењанин\u003e"},` +
		`{"id":{"object_type":"SUBSYSTEM","xroad_instance":"RS-TEST","member_class":"GOV","member_code":"CITY","subsystem_code":"family"},"name":"Град \u003cЗрењанин\u003e"},` +
		`{"id":{"object_type":"MEMBER","xroad_instance":"RS-TEST","member_class":"GOV","member_code":"STATE \u0026 CO"},"name":"State"},` +
		`{"id":{"object_type":"SUBSYSTEM","xroad_instance":"RS-TEST","member_class":"GOV","member_code":"STATE \u0026 CO","subsystem_code":"civil"},"name":"State"},` +
		`{"id":{"object_type":"SUBSYSTEM","xroad_instance":"RS-TEST","member_class":"GOV","member_code":"STATE \u0026 CO","subsystem_code":"tax"},"name":"State"}]}`
	if got := string(metadata.Clients(world(t), "RS-TEST")); got != want {
		t.Errorf("clients are\n%s\nnot\n%s", got, want)
	}
	if got := string(metadata.Clients(world(t), "NOWHERE")); got != `{"member":[]}` {
		t.Errorf("clients of an unknown instance are %s", got)
	}
}

func TestClientsInXMLAreReadByTheirNamesInTheirSpaces(t *testing.T) {
	var list struct {
		XMLName xml.Name `xml:"http://x-road.eu/xsd/xroad.xsd clientList"`
		Members []struct {
			ID struct {
				Type      string `xml:"http://x-road.eu/xsd/identifiers objectType,attr"`
				Instance  string `xml:"http://x-road.eu/xsd/identifiers xRoadInstance"`
				Class     string `xml:"http://x-road.eu/xsd/identifiers memberClass"`
				Member    string `xml:"http://x-road.eu/xsd/identifiers memberCode"`
				Subsystem string `xml:"http://x-road.eu/xsd/identifiers subsystemCode"`
			} `xml:"http://x-road.eu/xsd/xroad.xsd id"`
			Name string `xml:"http://x-road.eu/xsd/xroad.xsd name"`
		} `xml:"http://x-road.eu/xsd/xroad.xsd member"`
	}
	if err := xml.Unmarshal(metadata.ClientsXML(world(t), "RS-TEST"), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Members) != 5 {
		t.Fatalf("%d clients, not 5", len(list.Members))
	}
	if m := list.Members[1]; m.ID.Type != "SUBSYSTEM" || m.ID.Instance != "RS-TEST" || m.ID.Class != "GOV" || m.ID.Member != "CITY" || m.ID.Subsystem != "family" || m.Name != "Град <Зрењанин>" {
		t.Errorf("the second client is %+v", m)
	}
	if m := list.Members[2]; m.ID.Type != "MEMBER" || m.ID.Member != "STATE & CO" || m.ID.Subsystem != "" {
		t.Errorf("the third client is %+v", m)
	}
}

func TestMethodsAreAllServicesOfASubsystem(t *testing.T) {
	described := func(sv registry.Service) []metadata.Endpoint {
		if sv.ID != civilID.With("births") {
			t.Errorf("endpoints of %s asked for, which has no description", sv.ID)
		}
		return []metadata.Endpoint{{Method: "GET", Path: "/v1/births/*"}, {Method: "GET", Path: "/v1/births"}, {Method: "GET", Path: "/v1/births"}}
	}
	want := `{"service":[` +
		`{"member_class":"GOV","member_code":"STATE \u0026 CO","object_type":"SERVICE","service_code":"births","service_type":"OPENAPI","subsystem_code":"civil",` +
		`"xroad_instance":"RS-TEST","endpoint_list":[{"method":"GET","path":"/v1/births"},{"method":"GET","path":"/v1/births/*"}]},` +
		`{"member_class":"GOV","member_code":"STATE \u0026 CO","object_type":"SERVICE","service_code":"deaths","service_type":"REST","subsystem_code":"civil",` +
		`"xroad_instance":"RS-TEST","endpoint_list":[]}]}`
	if got := string(metadata.Methods(world(t), civilID, described)); got != want {
		t.Errorf("methods are\n%s\nnot\n%s", got, want)
	}
	if got := string(metadata.Methods(world(t), family, nil)); got != `{"service":[]}` {
		t.Errorf("methods of a subsystem without services are %s", got)
	}
}

func TestAllowedMethodsAreWhatContractsInForceAllow(t *testing.T) {
	today := func(c registry.Contract) bool { return c.Holds(civil.Of(morning)) }
	want := `{"service":[` +
		`{"member_class":"GOV","member_code":"STATE \u0026 CO","object_type":"SERVICE","service_code":"births","service_type":"OPENAPI","subsystem_code":"civil",` +
		`"xroad_instance":"RS-TEST","endpoint_list":[{"method":"GET","path":"/v1/births"},{"method":"POST","path":"/v1/births"},{"method":"GET","path":"/v1/births/*"},{"method":"POST","path":"/v1/births/*"}]}]}`
	if got := string(metadata.Allowed(world(t), family, civilID, today)); got != want {
		t.Errorf("allowed methods are\n%s\nnot\n%s", got, want)
	}
	if got := string(metadata.Allowed(world(t), civilID, civilID, today)); got != `{"service":[]}` {
		t.Errorf("one without contracts is allowed %s", got)
	}
}

func TestReserved(t *testing.T) {
	for _, code := range []string{
		"listClients", "listMethods", "allowedMethods", "getWsdl", "getOpenAPI", "getSecurityServerMetrics", "getSecurityServerOperationalData",
		"getSecurityServerHealthData",
	} {
		if !metadata.Reserved(code) {
			t.Errorf("%s is not reserved", code)
		}
	}
	if metadata.Reserved("births") || metadata.Reserved("listmethods") {
		t.Error("what is not reserved is")
	}
}

func TestAcceptsJSON(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "application/json": true, "text/xml;q=1.0, application/json;q=0.9": true, "Application/JSON; charset=utf-8": true, "*/*": false,
		"application/json+x": false, ";;, application/json": true,
	} {
		if metadata.AcceptsJSON([]string{accept}) != want {
			t.Errorf("%q accepts JSON: %t", accept, !want)
		}
	}
	if !metadata.AcceptsJSON([]string{"text/html", "application/json"}) || metadata.AcceptsJSON(nil) {
		t.Error("each header counts")
	}
}
