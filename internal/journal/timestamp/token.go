package timestamp

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // names a certificate in tokens of RFC 3161 as of 2001; nothing is believed because of it
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// The token is read here and not by a library: the ones at hand accept BER of any depth, which takes minutes over a few kilobytes,
// and share a counter between goroutines. RFC 3161 asks for DER, which encoding/asn1 reads strictly; the signature is checked by
// crypto/x509.

// response is a TimeStampResp (RFC 3161, 2.4.2).
type response struct {
	Status struct {
		Status int
		Text   []asn1.RawValue `asn1:"optional"`
		Fail   asn1.BitString  `asn1:"optional"`
	}
	Token contentInfo `asn1:"optional"`
}

// contentInfo and signedData are those of RFC 5652, sections 3 and 5.1.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content signedData `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version int
	Digests []pkix.AlgorithmIdentifier `asn1:"set"`
	Inner   struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	Lists        asn1.RawValue `asn1:"optional,tag:1"`
	Signers      []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version int
	Signer  struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	Digest     pkix.AlgorithmIdentifier
	Attributes asn1.RawValue `asn1:"tag:0"`
	Algorithm  pkix.AlgorithmIdentifier
	Signature  []byte
	Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// tstInfo is what the authority says (RFC 3161, 2.4.2).
type tstInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Serial   *big.Int
	Time     time.Time `asn1:"generalized"`
	Accuracy struct {
		Seconds int `asn1:"optional"`
		Millis  int `asn1:"optional,tag:0"`
		Micros  int `asn1:"optional,tag:1"`
	} `asn1:"optional"`
	Ordering   bool             `asn1:"optional"`
	Nonce      *big.Int         `asn1:"optional"`
	Authority  asn1.RawValue    `asn1:"optional,explicit,tag:0"`
	Extensions []pkix.Extension `asn1:"optional,tag:1"`
}

// The object identifiers of RFC 5652, 3161, 5816 and 5754.
const (
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidTimeStamp     = "1.2.840.113549.1.9.16.1.4"
	oidContentType   = "1.2.840.113549.1.9.3"
	oidMessageDigest = "1.2.840.113549.1.9.4"
	oidCertificate   = "1.2.840.113549.1.9.16.2.12"
	oidCertificateV2 = "1.2.840.113549.1.9.16.2.47"
	oidSHA256        = "2.16.840.1.101.3.4.2.1"
	oidSHA384        = "2.16.840.1.101.3.4.2.2"
	oidSHA512        = "2.16.840.1.101.3.4.2.3"
	oidPSS           = "1.2.840.113549.1.1.10"
)

// parse reads a response and checks its signature with the certificate in it.
func parse(raw []byte) (tstInfo, *x509.Certificate, error) {
	var info tstInfo
	if len(raw) > MaxResponse {
		return info, nil, fmt.Errorf("%d bytes", len(raw))
	}
	var r response
	if err := whole(raw, &r); err != nil {
		return info, nil, err
	}
	if r.Status.Status > 1 { // 0 is granted, 1 granted with modifications
		return info, nil, fmt.Errorf("the authority refused, status %d", r.Status.Status)
	}
	signed := r.Token.Content
	if r.Token.Type.String() != oidSignedData || signed.Inner.Type.String() != oidTimeStamp || len(signed.Signers) != 1 {
		return info, nil, errors.New("it is not a time-stamp with one signature")
	}
	signer, err := signed.signer()
	if err != nil {
		return info, nil, err
	}
	if err := signed.Signers[0].verify(signed.Inner.Content, signer); err != nil {
		return info, nil, err
	}
	return info, signer, whole(signed.Inner.Content, &info)
}

// whole reads DER with nothing behind it.
func whole(raw []byte, into any) error {
	rest, err := asn1.Unmarshal(raw, into)
	if err == nil && len(rest) > 0 {
		err = errors.New("something follows it")
	}
	return err
}

// signer is the certificate that the signature names.
func (s signedData) signer() (*x509.Certificate, error) {
	certificates, err := x509.ParseCertificates(s.Certificates.Bytes)
	if err != nil {
		return nil, err
	}
	named := s.Signers[0].Signer
	for _, c := range certificates {
		if bytes.Equal(c.RawIssuer, named.Issuer.FullBytes) && named.Serial != nil && c.SerialNumber.Cmp(named.Serial) == 0 {
			return c, nil
		}
	}
	return nil, errors.New("the certificate of the signature is not in it")
}

// verify checks the signature and that it is over the content, with this very certificate.
func (s signerInfo) verify(content []byte, signer *x509.Certificate) error {
	hash, algorithm, err := s.algorithm(signer)
	if err != nil {
		return err
	}
	// What is signed is the SET OF attributes, not the field with its own tag (RFC 5652, 5.4).
	set := bytes.Clone(s.Attributes.FullBytes)
	if len(set) == 0 {
		return errors.New("nothing is signed")
	}
	set[0] = asn1.TagSet | 0x20
	if err := signer.CheckSignature(algorithm, set, s.Signature); err != nil {
		return err
	}
	var attributes []attribute
	if rest, err := asn1.UnmarshalWithParams(set, &attributes, "set"); err != nil || len(rest) > 0 {
		return errors.New("the signed attributes cannot be read")
	}
	return attributesFit(attributes, hash, content, signer)
}

func (s signerInfo) algorithm(signer *x509.Certificate) (crypto.Hash, x509.SignatureAlgorithm, error) {
	kinds := map[string]struct {
		hash            crypto.Hash
		rsa, pss, ecdsa x509.SignatureAlgorithm
	}{
		oidSHA256: {crypto.SHA256, x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256},
		oidSHA384: {crypto.SHA384, x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384},
		oidSHA512: {crypto.SHA512, x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512},
	}
	kind, known := kinds[s.Digest.Algorithm.String()]
	if !known {
		return 0, 0, fmt.Errorf("digest %s is not known", s.Digest.Algorithm)
	}
	if _, isRSA := signer.PublicKey.(*rsa.PublicKey); !isRSA {
		return kind.hash, kind.ecdsa, nil
	}
	if s.Algorithm.Algorithm.String() == oidPSS {
		return kind.hash, kind.pss, nil
	}
	return kind.hash, kind.rsa, nil
}

// attributesFit checks the three attributes that have to be there: type and digest of the content, and which certificate signed.
func attributesFit(attributes []attribute, hash crypto.Hash, content []byte, signer *x509.Certificate) error {
	digest := hash.New()
	digest.Write(content)
	found := map[string]bool{}
	for _, a := range attributes {
		if len(a.Values) != 1 {
			continue
		}
		value := a.Values[0].FullBytes
		switch kind := a.Type.String(); kind {
		case oidContentType:
			var inner asn1.ObjectIdentifier
			found[kind] = whole(value, &inner) == nil && inner.String() == oidTimeStamp
		case oidMessageDigest:
			var signed []byte
			found[kind] = whole(value, &signed) == nil && bytes.Equal(signed, digest.Sum(nil))
		case oidCertificate, oidCertificateV2:
			found[oidCertificateV2] = namesCertificate(value, kind == oidCertificateV2, signer)
		}
	}
	if !found[oidContentType] || !found[oidMessageDigest] || !found[oidCertificateV2] {
		return errors.New("what was signed is not this content by this certificate")
	}
	return nil
}

// namesCertificate reads a SigningCertificate (RFC 2634, SHA-1) or a SigningCertificateV2 (RFC 5035, SHA-256 unless it says more).
func namesCertificate(value []byte, v2 bool, signer *x509.Certificate) bool {
	var list struct {
		Certificates []asn1.RawValue
		Policies     asn1.RawValue `asn1:"optional"`
	}
	if err := whole(value, &list); err != nil || len(list.Certificates) == 0 {
		return false
	}
	if !v2 {
		var named struct {
			Digest []byte
			Issuer asn1.RawValue `asn1:"optional"`
		}
		digest := sha1.Sum(signer.Raw)
		return whole(list.Certificates[0].FullBytes, &named) == nil && bytes.Equal(named.Digest, digest[:])
	}
	var named struct {
		Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
		Digest    []byte
		Issuer    asn1.RawValue `asn1:"optional"`
	}
	if whole(list.Certificates[0].FullBytes, &named) != nil {
		return false
	}
	if algorithm := named.Algorithm.Algorithm.String(); algorithm == oidSHA512 {
		digest := crypto.SHA512.New()
		digest.Write(signer.Raw)
		return bytes.Equal(named.Digest, digest.Sum(nil))
	}
	digest := sha256.Sum256(signer.Raw)
	return bytes.Equal(named.Digest, digest[:])
}
