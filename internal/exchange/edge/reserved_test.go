package edge

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/registry"
)

// shelf holds one description.
type shelf struct{ raw, mediaType string }

// Document implements Descriptions.
func (s shelf) Document(context.Context, registry.ID) (raw []byte, mediaType string, err error) {
	if s.raw == "" {
		return nil, "", errors.New("nobody has it")
	}
	return []byte(s.raw), s.mediaType, nil
}

const subsystem = "/r1/RS-TEST/GOV/STATE/civil/"

const petStore = `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"servers":[{"url":"https://secret.example/api/v1"}],"paths":{"/pet/{petId}":{"get":{"parameters":[{"name":"petId","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}}}}`

// describedWorld has a service with a description.
func describedWorld(t *testing.T, s Descriptions) *world {
	w := newWorld(t, nil)
	w.say(registry.Statement{Service: &registry.Service{ID: births, Kind: registry.ServiceOpenAPI, Description: strings.Repeat("ab", 32), Version: "1"}})
	w.config.Descriptions = s
	return w
}

func TestMethodsAreListed(t *testing.T) {
	w := describedWorld(t, shelf{petStore, "application/json"})
	a := w.ask("GET", subsystem+"listMethods", "")
	if a.status != 200 || !strings.Contains(a.body, `"endpoint_list":[{"method":"GET","path":"/pet/*"}]`) || !strings.Contains(a.body, `"service_code":"files"`) || a.header.Get("Content-Type") != metadata.Plain {
		t.Errorf("listMethods: %d %s", a.status, a.body)
	}
	if got := a.header; got.Get("X-Road-Service") != civilID.String()+"/listMethods" || len(got.Get("x-road-request-hash")) != 88 || !uuidForm.MatchString(got.Get("x-road-request-id")) || got.Get("x-road-id") == "" {
		t.Errorf("listMethods: %q", a.lines)
	}
	a = w.ask("GET", subsystem+"allowedMethods", "")
	if a.status != 200 || !strings.Contains(a.body, `{"method":"GET","path":"/v1/births/*"}`) {
		t.Errorf("allowedMethods: %d %s", a.status, a.body)
	}
	a = w.ask("GET", subsystem+"allowedMethods", "", "X-Road-Client", city.String()+"/other")
	if a.status != 200 || a.body != `{"service":[]}` {
		t.Errorf("allowedMethods of one who may nothing: %d %s", a.status, a.body)
	}
	if a := w.ask("POST", subsystem+"listMethods", ""); a.header.Get("X-Road-Error") != "Server.ServerProxy.UnknownService" {
		t.Errorf("by POST: %d %s", a.status, a.body)
	}
}

func TestADescriptionIsGiven(t *testing.T) {
	w := describedWorld(t, shelf{petStore, "application/json"})
	a := w.ask("GET", subsystem+"getOpenAPI?serviceCode=births", "")
	if a.status != 200 || !strings.Contains(a.body, `"url":"/api/v1"`) || strings.Contains(a.body, "secret") || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestErrorsOfMetadata(t *testing.T) {
	for name, c := range map[string]struct{ path, code, says string }{
		"no client is none":      {subsystem + "listMethods", "Server.ClientProxy.UnknownMember", "not found"},
		"a provider is not":      {"/r1/RS-TEST/GOV/NONE/civil/listMethods", "Server.ClientProxy.UnknownMember", "Could not find addresses"},
		"no service is named":    {subsystem + "getOpenAPI", "Server.ServerProxy.InvalidRequest", "Missing serviceCode in message body"},
		"a service is not":       {subsystem + "getOpenAPI?serviceCode=x", "Server.ServerProxy.InternalError", "Service not found: SERVICE:" + civilID.String() + "/x"},
		"a service has none":     {subsystem + "getOpenAPI?serviceCode=files", "Server.ServerProxy.InternalError", "Invalid service type: REST"},
		"a description is away":  {subsystem + "getOpenAPI?serviceCode=births", "Server.ServerProxy.InternalError", "Failed reading service description from SERVICE:" + births.String()},
		"SOAP":                   {subsystem + "getWsdl", "Server.ServerProxy.ServiceType", "Service is a SOAP service and cannot be called using REST interface"},
		"metrics are not served": {subsystem + "getSecurityServerMetrics", "Server.ServerProxy.UnknownService", "Unknown service: SERVICE:" + civilID.String() + "/getSecurityServerMetrics"},
	} {
		w := describedWorld(t, shelf{})
		client := family.String()
		if name == "no client is none" {
			client = city.String() + "/none"
		}
		a := w.ask("GET", c.path, "", "X-Road-Client", client)
		var got complaint
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 500 || got.Type != c.code || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestClientsAreListed(t *testing.T) {
	w := newWorld(t, nil)
	a := w.ask("GET", "/listClients", "", "Accept", "application/json")
	if a.status != 200 || a.header.Get("Content-Type") != metadata.JSON || !strings.Contains(a.body, `"subsystem_code":"family"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a = w.ask("GET", "/listClients?xRoadInstance=XX", "", "Accept", "application/json"); a.status != 200 || strings.Contains(a.body, "family") {
		t.Errorf("of another instance: %d %s", a.status, a.body)
	}
	if a = w.ask("GET", "/listClients", "", "Accept", "*/*"); a.header.Get("Content-Type") != metadata.XML || !strings.Contains(a.body, "clientList") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a = w.ask("POST", "/listClients", ""); a.status != 500 {
		t.Errorf("by POST: %d", a.status)
	}
}

func TestTheVerificationConf(t *testing.T) {
	w := newWorld(t, nil)
	a := w.ask("GET", "/verificationconf", "")
	archive, err := zip.NewReader(bytes.NewReader([]byte(a.body)), int64(len(a.body)))
	if err != nil || a.header.Get("Content-Type") != metadata.Zip {
		t.Fatalf("%d %v: %v", a.status, a.header, err)
	}
	if _, err := archive.Open("verificationconf/RS-TEST/shared-params.xml"); err != nil {
		t.Error(err)
	}
}
