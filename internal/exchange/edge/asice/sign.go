package asice

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Signer signs containers. It is safe for concurrent use.
type Signer struct {
	key   *ecdsa.PrivateKey
	chain []*x509.Certificate // that of the key, then that of its issuer
}

// NewSigner signs with a P-256 key, its certificate and that of the issuer.
func NewSigner(key *ecdsa.PrivateKey, certificate, issuer *x509.Certificate) (*Signer, error) {
	switch {
	case key.Curve != elliptic.P256() || !key.PublicKey.Equal(certificate.PublicKey):
		return nil, errors.New("the certificate for containers is not of its key, or the key is not P-256")
	case certificate.CheckSignatureFrom(issuer) != nil:
		return nil, errors.New("the certificate for containers is not of its issuer")
	}
	return &Signer{key: key, chain: []*x509.Certificate{certificate, issuer}}, nil
}

// Certificates are that of the key and that of its issuer. The caller does not
// change them.
func (s *Signer) Certificates() []*x509.Certificate { return slices.Clone(s.chain) }

// Sign makes a container of files. The instant stands in it in whole seconds, as
// the signer's word.
func (s *Signer) Sign(at time.Time, files ...File) (Container, error) {
	if err := check(files); err != nil {
		return Container{}, err
	}
	c := Container{Files: slices.Clone(files), manifest: newManifest(files)}
	var err error
	if c.signature, err = s.sign(c.manifest, at); err != nil {
		return Container{}, fmt.Errorf("sign container: %w", err)
	}
	return c, nil
}

func (s *Signer) sign(content []byte, at time.Time) ([]byte, error) {
	set, err := attributesOf(content, s.chain[0], at)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(set)
	signature, err := ecdsa.SignASN1(rand.Reader, s.key, digest[:])
	if err != nil {
		return nil, err
	}
	info := contentInfo{Type: oidSignedData(), Content: signedData{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{{Algorithm: oidSHA256()}}, Certificates: certificates(s.chain),
		Signers: []signerInfo{{
			Version: 1, Signer: issuerAndSerial{asn1.RawValue{FullBytes: s.chain[0].RawIssuer}, s.chain[0].SerialNumber},
			Digest: pkix.AlgorithmIdentifier{Algorithm: oidSHA256()}, Attributes: asn1.RawValue{FullBytes: retagged(set, tagSigned)},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSA()}, Signature: signature,
		}},
	}}
	info.Content.Inner.Type = oidData()
	return asn1.Marshal(info)
}

func certificates(chain []*x509.Certificate) asn1.RawValue {
	var all []byte
	for _, c := range chain {
		all = append(all, c.Raw...)
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: all}
}
