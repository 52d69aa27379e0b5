package timestamp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
)

// validity is how long the certificate of an authority holds: the time-stamps must be verifiable years later.
const validity = 15 // years

// The blocks of the files of an authority.
const (
	keyBlock         = "PRIVATE KEY"
	certificateBlock = "CERTIFICATE"
)

// LoadAuthority reads the key and the certificate of an authority from their PEM files. Where neither is there it makes them: a
// P-256 key, readable by the owner alone, and a certificate that it signs itself, for time-stamps and nothing else.
func LoadAuthority(keyFile, certificateFile, name string, now clock.Now) (*Authority, error) {
	a, err := readAuthority(keyFile, certificateFile, now)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(keyFile, certificateFile, name, now()); err != nil {
			return nil, fmt.Errorf("time-stamp authority: %w", err)
		}
		a, err = readAuthority(keyFile, certificateFile, now)
	}
	if err != nil {
		return nil, fmt.Errorf("time-stamp authority: %w", err)
	}
	return a, nil
}

func readAuthority(keyFile, certificateFile string, now clock.Now) (*Authority, error) {
	rawKey, err := readBlock(keyFile, keyBlock)
	if err != nil {
		return nil, err
	}
	rawCertificate, err := readBlock(certificateFile, certificateBlock)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(rawKey)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds no ECDSA key", keyFile)
	}
	certificate, err := x509.ParseCertificate(rawCertificate)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, fmt.Errorf("%s is not the certificate of the key in %s", certificateFile, keyFile)
	}
	return NewAuthority(key, certificate, now), nil
}

func readBlock(file, kind string) ([]byte, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s holds no %s in PEM", file, kind)
	}
	return block.Bytes, nil
}

// makeAuthority writes the certificate first: a key without one would be in the way of the next attempt, a certificate without its
// key is overwritten. It never overwrites a key.
func makeAuthority(keyFile, certificateFile, name string, now time.Time) error {
	if _, err := os.Stat(keyFile); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is there, but its certificate is not", keyFile), err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	certificate, err := selfSigned(key, name, now)
	if err != nil {
		return err
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := journal.WriteWhole(certificateFile, pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: certificate})); err != nil {
		return err
	}
	return journal.WriteWhole(keyFile, pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: rawKey}))
}

// selfSigned makes a certificate whose extended key usage is critical and names time-stamping alone (RFC 3161, section 2.3).
func selfSigned(key *ecdsa.PrivateKey, name string, now time.Time) ([]byte, error) {
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(validity, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{{Id: keyUsage(), Critical: true, Value: usage}},
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}
