package credential

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// early is how long before its making a certificate begins, for clocks that
// are behind.
const early = time.Hour

// SelfSigned makes a certificate around a node's TLS key that says nothing but
// the key. It serves where the registry names no issuer, and until an issuer has
// answered.
func SelfSigned(key crypto.Signer, name string, now time.Time) (tls.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-early),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  bothSides(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate: %w", err)
	}
	return Around(key, der)
}

// Around puts a certificate and its key together. It refuses a certificate of
// another key.
func Around(key crypto.Signer, der []byte) (tls.Certificate, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate: %w", err)
	}
	pin, err := PinOf(key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	if Pin(leaf) != pin {
		return tls.Certificate{}, ErrOtherKey
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// bothSides are the uses of a node's certificate: each node asks and answers.
func bothSides() []x509.ExtKeyUsage {
	return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
}

// newSerial draws a serial number of 120 random bits (RFC 5280 wants at most 20
// bytes, and positive).
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}
