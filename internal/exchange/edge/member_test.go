package edge

import (
	"strings"
	"testing"
)

// A member may read what is public without one of its subsystems, as in X-Road; one
// of another node may not, and neither may ask a service.
func TestAMemberReadsMetadataAsItself(t *testing.T) {
	w := describedWorld(t, shelf{petStore, "application/json"})
	for name, c := range map[string]struct{ target, says string }{
		"listMethods":    {subsystem + "listMethods", `"service_code":"births"`},
		"allowedMethods": {subsystem + "allowedMethods", `{"service":[]}`}, // contracts are of subsystems
		"getOpenAPI":     {subsystem + "getOpenAPI?serviceCode=births", `"url":"/api/v1"`},
	} {
		a := w.ask("GET", c.target, "", "X-Road-Client", city.String())
		if a.status != 200 || !strings.Contains(a.body, c.says) || a.header.Get("X-Road-Client") != city.String() || a.header.Get("X-Road-Error") != "" {
			t.Errorf("%s by the member: %d %q %s", name, a.status, a.lines, a.body)
		}
		for who, client := range map[string]string{"another member": state.String(), "its subsystem": civilID.String(), "nobody": city.String() + "x"} {
			if a := w.ask("GET", c.target, "", "X-Road-Client", client); a.status != 500 || a.header.Get("X-Road-Error") != "Server.ClientProxy.UnknownMember" {
				t.Errorf("%s by %s: %d %s", name, who, a.status, a.body)
			}
		}
	}
	if a := w.ask("GET", plainTarget, "", "X-Road-Client", city.String()); a.status != 500 || a.header.Get("X-Road-Error") != "Server.ClientProxy.UnknownMember" {
		t.Errorf("a service by the member: %d %s", a.status, a.body)
	}
}
