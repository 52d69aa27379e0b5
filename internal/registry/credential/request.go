package credential

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
)

// MaxRequest bounds a certificate request, in bytes.
const MaxRequest = 4 << 10

// ErrRequest means that a certificate request cannot be used.
var ErrRequest = errors.New("the certificate request cannot be used")

// Request asks for a certificate around key (PKCS #10, RFC 2986, in DER). It is
// signed with the key, which proves that the asker has it.
func Request(key crypto.Signer, name string) ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return der, nil
}

// ReadRequest gives the key that a request is about, after checking that who
// made the request has it. Names and extensions that it asks for are not
// looked at: the registry says what stands in a certificate.
func ReadRequest(der []byte) (crypto.PublicKey, error) {
	if len(der) > MaxRequest {
		return nil, fmt.Errorf("%w: over %d bytes", ErrRequest, MaxRequest)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	switch key := request.PublicKey.(type) {
	case ed25519.PublicKey:
		return key, nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%w: its key is neither Ed25519 nor P-256", ErrRequest)
}
