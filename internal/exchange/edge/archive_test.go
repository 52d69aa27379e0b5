package edge

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/journal"
	"dobosh/internal/testkit"
)

const archiveTarget = "/asic?queryId=my-id&xRoadInstance=RS-TEST&memberClass=GOV&memberCode=CITY&subsystemCode=family"

// archived is a world whose edge has an archive, and one exchange.
func archived(t *testing.T) (*world, *tls.Certificate) {
	w := newWorld(t, nil)
	signer := testkit.Must[*asice.Signer](t)(asice.LoadSigner(t.TempDir(), w.city.logKey, "RS-TEST/GOV/CITY/n1", w.city.clock.Now))
	w.config.Archive = Archive{Journal: w.city.journal, Signer: func() *asice.Signer { return signer }, Now: w.city.clock.Now}
	own := otherCertificate(w)
	w.secure, w.config.Clients = true, map[string]Client{"family": {Connection: HTTPSPinned, Certificates: map[Fingerprint]bool{sha256.Sum256(own.Certificate[0]): true}}}
	if a := throughTLS(w, own, plainTarget, "X-Road-Client", family.String(), "X-Road-Id", "my-id"); a.status != 200 {
		t.Fatal(a.body)
	}
	// The response is noted behind the back of the exchange.
	testkit.Eventually(t, "the response is noted", func() bool { return w.city.journal.Size() >= 2 })
	return w, own
}

// throughTLS puts a request over TLS with a certificate, or without one.
func throughTLS(w *world, own *tls.Certificate, target string, headers ...string) answered {
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	if own != nil {
		cfg.Certificates = []tls.Certificate{*own}
	}
	d := tls.Dialer{Config: cfg}
	return exchangeOn(w.tb, testkit.Must[net.Conn](w.tb)(d.DialContext(w.tb.Context(), "tcp", w.open())), "GET", written("GET", target, "", headers...))
}

func TestMessagesAreTakenOutOfTheArchive(t *testing.T) {
	w, own := archived(t)
	for query, want := range map[string][]string{"": {"my-id-request-", "my-id-response-"}, "&requestOnly": {"my-id-request-"}, "&responseOnly&unique&force": {"my-id-response-"}} {
		before := len(looksOf(t, w))
		a := throughTLS(w, own, archiveTarget+query)
		if looks := looksOf(t, w); len(looks) != before+1 || !strings.Contains(string(looks[before].Meta), `"purpose":"family-support"`) {
			t.Errorf("%s: the receipts are %+v", query, looks)
		}
		archive, err := zip.NewReader(bytes.NewReader([]byte(a.body)), int64(len(a.body)))
		if err != nil || a.status != 200 || a.header.Get("Content-Type") != "application/zip" {
			t.Errorf("%s: %d %q: %v", query, a.status, a.lines, err)
			continue
		}
		var names []string
		for _, f := range archive.File {
			names = append(names, f.Name[:strings.LastIndex(f.Name, "-")+1])
			r := testkit.Must[io.ReadCloser](t)(f.Open())
			c := testkit.Must[asice.Container](t)(asice.Read(testkit.Must[[]byte](t)(io.ReadAll(r))))
			_, err := c.Verify(asice.Trust{Identities: []ed25519.PublicKey{w.city.logKey.Public().(ed25519.PublicKey)}})
			if err != nil || !strings.Contains(string(c.Files[0].Data), `"my-id"`) && strings.Contains(f.Name, "request") {
				t.Errorf("%s: %s: %v", f.Name, c.Files[0].Data, err)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: %q", query, names)
		}
	}
}

func TestWhoMayNotTakeMessages(t *testing.T) {
	w, own := archived(t)
	for target, want := range map[string]int{
		"/asic": 400, archiveTarget + "&requestOnly&responseOnly": 400, "/asic?queryId=%zz": 400,
		strings.Replace(archiveTarget, "my-id", "another", 1): 404, strings.Replace(archiveTarget, "family", "none", 1): 404, strings.Replace(archiveTarget, "family", "other", 1): 401,
		strings.Replace(archiveTarget, "CITY", "STATE", 1): 404,
	} {
		if a := throughTLS(w, own, target); a.status != want || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || a.body == "" {
			t.Errorf("%s: %d %q", target, a.status, a.body)
		}
	}
	if a := throughTLS(w, nil, archiveTarget); a.status != 401 {
		t.Errorf("without the certificate that was agreed: %d %q", a.status, a.body)
	}
	if looks := looksOf(t, w); len(looks) != 0 {
		t.Errorf("nothing was read, and there is a receipt: %+v", looks)
	}
	for name, how := range map[string]Connection{"http": HTTP, "https": HTTPS} { // nobody in particular
		w := newWorld(t, nil)
		w.config.Archive = Archive{Journal: w.city.journal, Now: w.city.clock.Now}
		w.secure, w.config.Clients = true, map[string]Client{"family": {Connection: how}}
		if a := throughTLS(w, nil, archiveTarget); a.status != 401 {
			t.Errorf("over %s: %d %q", name, a.status, a.body)
		}
	}
}

// looksOf are the receipts of those who read the archive of the city's node.
func looksOf(t *testing.T, w *world) []journal.Entry {
	found, _, err := w.city.journal.Search(t.Context(), journal.Query{Kinds: []string{"act"}, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]journal.Entry, len(found))
	for i := range found {
		list[i] = found[i].Entry
	}
	return list
}
