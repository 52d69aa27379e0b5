package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Issuer signs certificates for one test, as the operator of some servers does.
type Issuer struct {
	tb   testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	File string // its own certificate, in PEM
}

// NewIssuer makes one.
func NewIssuer(tb testing.TB, name string) *Issuer {
	tb.Helper()
	i := &Issuer{tb: tb, dir: tb.TempDir(), key: Must[*ecdsa.PrivateKey](tb)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	i.cert = certificate(name, 1)
	i.cert.IsCA, i.cert.BasicConstraintsValid, i.cert.KeyUsage = true, true, x509.KeyUsageCertSign
	i.File = i.write(name+".ca.pem", "CERTIFICATE", Must[[]byte](tb)(x509.CreateCertificate(rand.Reader, i.cert, i.cert, &i.key.PublicKey, i.key)))
	return i
}

// Issue makes a certificate for a server on this machine, or a client of it, and gives
// the files of certificate and key.
func (i *Issuer) Issue(name string) (cert, key string) {
	i.tb.Helper()
	own := Must[*ecdsa.PrivateKey](i.tb)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := certificate(name, 2)
	c.IPAddresses, c.KeyUsage = []net.IP{net.IPv4(127, 0, 0, 1)}, x509.KeyUsageDigitalSignature
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	cert = i.write(name+".pem", "CERTIFICATE", Must[[]byte](i.tb)(x509.CreateCertificate(rand.Reader, c, i.cert, &own.PublicKey, i.key)))
	return cert, i.write(name+".key", "PRIVATE KEY", Must[[]byte](i.tb)(x509.MarshalPKCS8PrivateKey(own)))
}

func certificate(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
}

func (i *Issuer) write(name, kind string, der []byte) string {
	i.tb.Helper()
	file := filepath.Join(i.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		i.tb.Fatal(err)
	}
	return file
}
