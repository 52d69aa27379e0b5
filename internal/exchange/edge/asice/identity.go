package asice

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
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
	"path/filepath"
	"slices"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
)

// The files of a signer, and the blocks in them.
const (
	keyFile          = "asice.key"
	certificateFile  = "asice.crt"
	keyBlock         = "PRIVATE KEY"
	certificateBlock = "CERTIFICATE"
)

// How long certificates last, and how long before the end of one a new one is
// made. What was signed is checked for the time at which it was signed.
const (
	lasts = 3 // years
	ahead = 1 // year
	early = time.Hour
)

// LoadSigner reads the key and the certificates of a node from asice.key and
// asice.crt in its folder. It makes the key where there is none, readable by its
// owner alone, and the certificates where they are missing, of another identity,
// soon at their end, or silent about their revocation. Identity is the key of the node's journal, name that of
// the journal.
func LoadSigner(dir string, identity ed25519.PrivateKey, name string, now clock.Now) (*Signer, error) {
	key, err := loadKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("key for containers: %w", err)
	}
	path := filepath.Join(dir, certificateFile)
	if s, err := readCertificates(path, key); err == nil && s.serves(identity, now()) {
		return s, nil
	}
	chain, err := certify(key, identity, name, now())
	if err != nil {
		return nil, fmt.Errorf("certificate for containers: %w", err)
	}
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: c.Raw})...)
	}
	if err := journal.WriteWhole(path, text); err != nil {
		return nil, fmt.Errorf("certificate for containers: %w", err)
	}
	return NewSigner(key, chain[0], chain[1])
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != keyBlock {
		return nil, fmt.Errorf("%s holds no private key in PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, is := parsed.(*ecdsa.PrivateKey)
	if !is || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%s holds no P-256 key", path)
	}
	return key, nil
}

func makeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, journal.WriteWhole(path, pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: raw}))
}

func readCertificates(path string, key *ecdsa.PrivateKey) (*Signer, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, c)
	}
	if len(chain) != 2 {
		return nil, fmt.Errorf("%s holds %d certificates, not 2", path, len(chain))
	}
	return NewSigner(key, chain[0], chain[1])
}

// serves reports whether the certificates are of an identity, will last, and say
// that nobody revokes them.
func (s *Signer) serves(identity ed25519.PrivateKey, now time.Time) bool {
	issuer, _ := s.chain[1].PublicKey.(ed25519.PublicKey)
	return issuer.Equal(identity.Public()) && unrevoked(s.chain[0]) && now.AddDate(ahead, 0, 0).Before(s.chain[0].NotAfter) && !now.Before(s.chain[0].NotBefore)
}

// oidNoRevAvail is id-ce-noRevAvail of RFC 9608, with NULL as its value: its issuer
// publishes nothing about revocation. Validators that find neither this nor an
// address to ask call an intact signature indeterminate. Only the certificate of an
// end entity may have it, and never as critical.
func oidNoRevAvail() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 56} }

// unrevoked reports whether a certificate says that nothing is published about its
// revocation.
func unrevoked(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidNoRevAvail()) })
}

// certify makes the certificate of the identity and that of the key.
func certify(key *ecdsa.PrivateKey, identity ed25519.PrivateKey, name string, now time.Time) ([]*x509.Certificate, error) {
	rootTemplate, err := template(name, now)
	if err != nil {
		return nil, err
	}
	rootTemplate.IsCA, rootTemplate.BasicConstraintsValid, rootTemplate.MaxPathLenZero, rootTemplate.KeyUsage = true, true, true, x509.KeyUsageCertSign
	root, err := create(rootTemplate, rootTemplate, identity.Public(), identity)
	if err != nil {
		return nil, err
	}
	leafTemplate, err := template(name, now)
	if err != nil {
		return nil, err
	}
	leafTemplate.Subject.OrganizationalUnit = []string{"ASiC-E"}
	leafTemplate.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	leafTemplate.ExtraExtensions = []pkix.Extension{{Id: oidNoRevAvail(), Value: asn1.NullBytes}}
	leaf, err := create(leafTemplate, root, key.Public(), identity)
	if err != nil {
		return nil, err
	}
	return []*x509.Certificate{leaf, root}, nil
}

func template(name string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-early), NotAfter: now.AddDate(lasts, 0, 0)}, nil
}

func create(made, issuer *x509.Certificate, public crypto.PublicKey, identity ed25519.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, made, issuer, public, identity)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
