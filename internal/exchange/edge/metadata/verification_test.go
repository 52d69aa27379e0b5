package metadata_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"testing"

	"dobosh/internal/exchange/edge/metadata"
)

// shared is shared-params.xml as tools read it: elements without name space.
type shared struct {
	XMLName  xml.Name `xml:"http://x-road.eu/xsd/xroad.xsd conf"`
	Instance string   `xml:"instanceIdentifier"`
	Members  []struct {
		ID         string `xml:"id,attr"`
		Class      string `xml:"memberClass>code"`
		Code       string `xml:"memberCode"`
		Name       string `xml:"name"`
		Subsystems []struct {
			ID   string `xml:"id,attr"`
			Code string `xml:"subsystemCode"`
		} `xml:"subsystem"`
	} `xml:"member"`
	Servers []struct {
		Owner   string   `xml:"owner"`
		Code    string   `xml:"serverCode"`
		Address string   `xml:"address"`
		Clients []string `xml:"client"`
	} `xml:"securityServer"`
	Groups []struct {
		Code      string `xml:"groupCode"`
		Subsystem string `xml:"groupMember>subsystemCode"`
	} `xml:"globalGroup"`
	Classes []string `xml:"globalSettings>memberClass>code"`
}

func files(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range r.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if all[f.Name], err = io.ReadAll(body); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestVerificationConfIsWhatToolsRead(t *testing.T) {
	w := world(t)
	archive, err := metadata.VerificationConf(w, "RS-TEST")
	if err != nil {
		t.Fatal(err)
	}
	all := files(t, archive)
	if len(all) != 2 || string(all["verificationconf/instance-identifier"]) != "RS-TEST" {
		t.Fatalf("the archive has %d files, instance %q", len(all), all["verificationconf/instance-identifier"])
	}
	var s shared
	if err := xml.Unmarshal(all["verificationconf/RS-TEST/shared-params.xml"], &s); err != nil {
		t.Fatal(err)
	}
	if s.Instance != "RS-TEST" || len(s.Members) != 2 || len(s.Servers) != 3 || !slices.Equal(s.Classes, []string{"GOV"}) {
		t.Fatalf("the parameters are %+v", s)
	}
	if m := s.Members[1]; m.Class != "GOV" || m.Code != "STATE & CO" || m.Name != "State" || len(m.Subsystems) != 2 || m.Subsystems[0].Code != "civil" {
		t.Errorf("the second member is %+v", m)
	}
	for _, server := range s.Servers[1:] {
		m := s.Members[1]
		if server.Owner != m.ID || server.Address != server.Code+".example" || !slices.Equal(server.Clients, []string{m.Subsystems[0].ID, m.Subsystems[1].ID}) {
			t.Errorf("a server of the second member is %+v", server)
		}
	}
	if len(s.Groups) != 1 || s.Groups[0].Code != "cities" || s.Groups[0].Subsystem != "family" {
		t.Errorf("the groups are %+v", s.Groups)
	}
	again, err := metadata.VerificationConf(w, "RS-TEST")
	if err != nil || !bytes.Equal(again, archive) {
		t.Errorf("the same state gave other bytes, %v", err)
	}
}
