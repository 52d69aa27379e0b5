package command

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// pinned has the programs of the asking subsystem come over TLS, with a certificate
// that the node knows, as reading the archive wants it. The node starts again.
func (s *stage) pinned(file string) {
	s.t.Helper()
	s.stop(file)
	edge, program := s.certificate("edge"), s.certificate("program")
	s.change(file, func(c *node.Config) {
		c.Edge.TLS = &node.EdgeTLS{Listen: fmt.Sprintf("127.0.0.1:%d", testkit.FreePorts(s.t, 1)[0]), Certificate: edge + ".crt", Key: edge + ".key"}
		c.Edge.Clients = map[string]node.EdgeClient{"data": {Connection: "https-pinned", Certificates: []string{program + ".crt"}}}
	})
	certificate, err := tls.LoadX509KeyPair(program+".crt", program+".key")
	if err != nil {
		s.t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	raw, err := os.ReadFile(edge + ".crt")
	if err != nil || !trusted.AppendCertsFromPEM(raw) {
		s.t.Fatal("the certificate of the edge", err)
	}
	s.program = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: trusted}}}
	s.t.Cleanup(s.program.CloseIdleConnections)
	s.serve(file)
}

// certificate makes one that its key has signed itself, NAME.crt beside NAME.key,
// and gives both without their ends.
func (s *stage) certificate(name string) (files string) {
	s.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	files = filepath.Join(s.t.TempDir(), name)
	for end, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: certificate}, ".key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(files+end, pem.EncodeToMemory(block), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return files
}

// edge is where the programs of a node reach it, and how.
func (s *stage) edge(cfg node.Config) (program *http.Client, base string) {
	if cfg.Edge.TLS != nil {
		return s.program, "https://" + cfg.Edge.TLS.Listen
	}
	return http.DefaultClient, "http://" + cfg.Listen.Edge
}
