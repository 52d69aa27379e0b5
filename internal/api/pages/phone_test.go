package pages_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// On a phone the description of an interface does not scroll sideways.
func TestInterfacesOnAPhone(t *testing.T) {
	server := httptest.NewServer(open(t))
	t.Cleanup(server.Close)
	p := browser.Start(t).Visitor(t, browser.Options{NoScripts: true}).Tab()
	for _, path := range []string{"/interfaces", "/interfaces/contracts"} {
		p.Open(server.URL + path + "?lang=sr-Cyrl")
		p.Check("api"+strings.ReplaceAll(path, "/", "-"), lang.SrCyrl)
	}
}
