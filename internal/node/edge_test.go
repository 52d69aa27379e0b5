package node_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
)

func TestTheConfigurationOfTheEdgeIsChecked(t *testing.T) {
	files, err := demo.Prepare(t.TempDir(), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := node.Load(files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	secure := &node.EdgeTLS{Listen: "127.0.0.1:0", Certificate: "edge.crt", Key: "edge.key"}
	for want, c := range map[string]node.Edge{
		"edge.error_dialect":             {ErrorDialect: "loud"},
		"edge.tls.listen":                {TLS: &node.EdgeTLS{Listen: "nowhere", Certificate: "a", Key: "b"}},
		"edge.tls: certificate":          {TLS: &node.EdgeTLS{Listen: "127.0.0.1:0"}},
		"edge.clients.family.connection": {TLS: secure, Clients: map[string]node.EdgeClient{"family": {Connection: "carrier pigeon"}}},
		"go with https-pinned":           {TLS: secure, Clients: map[string]node.EdgeClient{"family": {Connection: "https-pinned"}}},
		"and it with them":               {TLS: secure, Clients: map[string]node.EdgeClient{"family": {Certificates: []string{"a"}}}},
		"needs edge.tls":                 {Clients: map[string]node.EdgeClient{"family": {Connection: "https"}}},
	} {
		whole.Edge = c
		if err := whole.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	whole.Edge = node.Edge{ErrorDialect: "v78", TLS: secure, Clients: map[string]node.EdgeClient{"family": {Connection: "https-pinned", Certificates: []string{"a.crt"}}, "other": {Connection: "https"}}}
	if err := whole.Check(); err != nil {
		t.Error(err)
	}
}

// pair makes a certificate with its key in a folder.
func pair(t *testing.T, dir, name string) (cert, key string, own tls.Certificate) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if own, err = credential.SelfSigned(private, name, time.Now()); err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: own.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, own
}

// A node serves its edge over HTTPS to the programs whose certificates it knows,
// in the dialect that was chosen.
func TestTheEdgeOverHTTPS(t *testing.T) {
	dir := t.TempDir()
	files, err := demo.Prepare(filepath.Join(dir, "nodes"), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := node.Load(files[demo.Supervisor]) // which needs no other node
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, _ := pair(t, dir, "edge")
	known, _, program := pair(t, dir, "program")
	_, _, stranger := pair(t, dir, "stranger")
	code := "registry"
	cfg.Edge = node.Edge{ErrorDialect: "v78", TLS: &node.EdgeTLS{Listen: "127.0.0.1:0", Certificate: certificate, Key: key}, Clients: map[string]node.EdgeClient{code: {Connection: "https-pinned", Certificates: []string{known}}}}
	n, err := node.New(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	for want, own := range map[string]tls.Certificate{"server.clientproxy.unknown_member": program, "server.clientproxy.ssl_authentication_failed": stranger} { // the provider is known to nobody
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{own}}}}
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://"+n.Addresses()["edge-tls"]+"/r1/RS-DEMO/GOV/NONE/x/y/z", nil)
		req.Header.Set("X-Road-Client", cfg.Member.String()+"/"+code)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.Header.Get("X-Road-Error") != want {
			t.Errorf("%s: %d %s", want, resp.StatusCode, body)
		}
	}
}
