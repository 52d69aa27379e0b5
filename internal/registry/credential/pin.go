package credential

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
)

// Pin is the SHA-256 of a certificate's public key (SubjectPublicKeyInfo) in
// lower-case hex, by which the registry knows a node's TLS key.
func Pin(cert *x509.Certificate) string { return pinOf(cert.RawSubjectPublicKeyInfo) }

// PinOf is the pin of a public key.
func PinOf(public crypto.PublicKey) (string, error) {
	info, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("pin of a key: %w", err)
	}
	return pinOf(info), nil
}

func pinOf(info []byte) string {
	sum := sha256.Sum256(info)
	return hex.EncodeToString(sum[:])
}
