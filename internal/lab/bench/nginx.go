package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// nginxChain is the way without anything that Dobosh adds: nginx asks nginx over
// mutual TLS 1.3 with connections that stay open, as between two nodes.
type nginxChain struct {
	address string
	runs    []*exec.Cmd
}

// nginxFrame is the configuration around both servers: no log, connections that
// stay open, one worker each as the nodes are one process each.
const nginxFrame = `daemon off; master_process off; worker_processes 1; error_log stderr crit; pid %[1]s/%[2]s.pid;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 300s; server_tokens off;
client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
%[3]s }
`

func startNginx(ctx context.Context, program, dir, origin string) (*nginxChain, error) {
	dir = filepath.Join(dir, "nginx")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := selfSigned(dir); err != nil {
		return nil, err
	}
	front, err := freeAddress()
	if err != nil {
		return nil, err
	}
	back, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := &nginxChain{address: front}
	tls := fmt.Sprintf("%[1]s/cert.pem; %%s %[1]s/key.pem;", dir)
	for name, servers := range map[string]string{
		"back": fmt.Sprintf(`upstream origin { server %s; keepalive 256; }
server { listen %s ssl; ssl_protocols TLSv1.3; ssl_certificate %s ssl_verify_client on; ssl_client_certificate %s/cert.pem;
location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://origin; } }`, origin, back, fmt.Sprintf(tls, "ssl_certificate_key"), dir),
		"front": fmt.Sprintf(`upstream back { server %s; keepalive 256; }
server { listen %s; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass https://back; proxy_ssl_protocols TLSv1.3; proxy_ssl_session_reuse on;
proxy_ssl_certificate %s proxy_ssl_trusted_certificate %s/cert.pem; proxy_ssl_verify on; proxy_ssl_name bench.example; } }`, back, front, fmt.Sprintf(tls, "proxy_ssl_certificate_key"), dir),
	} {
		file := filepath.Join(dir, name+".conf")
		if err := os.WriteFile(file, fmt.Appendf(nil, nginxFrame, dir, name, servers), 0o600); err != nil {
			return nil, err
		}
		run := exec.Command(program, "-p", dir, "-c", file)
		run.Stderr, run.SysProcAttr = os.Stderr, childAttributes()
		if err := run.Start(); err != nil {
			return nil, errors.Join(fmt.Errorf("start nginx: %w", err), c.stop())
		}
		c.runs = append(c.runs, run)
	}
	if err := newLoad(front, 4, c.request).warmUp(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("nginx: %w", err), c.stop())
	}
	return c, nil
}

func (c *nginxChain) request(number string) []byte {
	return []byte("GET /v1/items/" + number + " HTTP/1.1\r\nHost: " + c.address + "\r\nX-Road-Client: " + benchedClient + "\r\nX-Road-Id: " + number + "\r\nAccept: application/json\r\n\r\n")
}

// cpu is the processor time of both since they were started.
func (c *nginxChain) cpu() (all time.Duration) {
	for _, run := range c.runs {
		all += readUsage(run.Process.Pid).cpu
	}
	return all
}

func (c *nginxChain) stop() error {
	var errs []error
	for _, run := range c.runs {
		errs = append(errs, run.Process.Signal(syscall.SIGTERM))
		_ = run.Wait() // it was ended
	}
	return errors.Join(errs...)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// selfSigned makes the one certificate that both sides show and trust.
func selfSigned(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench.example"}, DNSNames: []string{"bench.example"},
		NotBefore: now().Add(-time.Hour), NotAfter: now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}
