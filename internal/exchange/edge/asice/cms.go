package asice

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// The signature is written and read here and not by a library, for the reason
// that package timestamp gives: DER alone, read strictly.

// contentInfo, signedData and signerInfo are those of RFC 5652, sections 3, 5.1
// and 5.3.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content signedData `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version int
	Digests []pkix.AlgorithmIdentifier `asn1:"set"`
	Inner   struct {
		Type asn1.ObjectIdentifier
	} // without content: the signature is detached
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	Signers      []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version    int
	Signer     issuerAndSerial
	Digest     pkix.AlgorithmIdentifier
	Attributes asn1.RawValue `asn1:"tag:0"`
	Algorithm  pkix.AlgorithmIdentifier
	Signature  []byte
	Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// signingCertificate is SigningCertificateV2 of RFC 5035 with SHA-256, its
// default.
type signingCertificate struct {
	Certificates []struct{ Digest []byte }
}

// The object identifiers of RFC 5652, 5035, 3161, 5754 and 5758.
func oidData() asn1.ObjectIdentifier       { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }
func oidSignedData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2} }
func oidContentType() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
}
func oidMessageDigest() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
}
func oidSigningTime() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
}
func oidCertificate() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
}
func oidStamp() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
}
func oidSHA256() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
}
func oidECDSA() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2} }

// The tags of the attributes that are signed and of those that are not, and of
// the set that is signed in place of the former (RFC 5652, section 5.4).
const (
	tagSigned   = 0xa0 // of the certificates too
	tagUnsigned = 0xa1
	tagSet      = 0x31
)

// attributesOf are the signed attributes over content, in DER as a set.
func attributesOf(content []byte, certificate *x509.Certificate, at time.Time) ([]byte, error) {
	digest, named := sha256.Sum256(content), sha256.Sum256(certificate.Raw)
	var attributes []attribute
	for _, a := range []struct {
		of    asn1.ObjectIdentifier
		value any
	}{
		{oidContentType(), oidData()},
		{oidSigningTime(), at.UTC().Truncate(time.Second)},
		{oidMessageDigest(), digest[:]},
		{oidCertificate(), signingCertificate{[]struct{ Digest []byte }{{named[:]}}}},
	} {
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, attribute{a.of, []asn1.RawValue{{FullBytes: value}}})
	}
	return asn1.MarshalWithParams(attributes, "set")
}

// retagged is DER with another tag in front.
func retagged(der []byte, tag byte) []byte {
	der = bytes.Clone(der)
	der[0] = tag
	return der
}

// parsed is a signature with its parts read.
type parsed struct {
	info   contentInfo
	signer signerInfo
	chain  []*x509.Certificate // that of the signer first
	at     time.Time           // when it was signed, as the signer says
	token  []byte              // time-stamp token in DER; nil without one
}

// parse reads a signature and checks its form: it is detached, by one signer,
// with a certificate and the one that issued it.
func parse(der []byte) (parsed, error) {
	var p parsed
	if err := whole(der, &p.info); err != nil {
		return p, err
	}
	if again, err := asn1.Marshal(p.info); err != nil || !bytes.Equal(again, der) {
		return p, errors.New("it has more than it should, as content") // the reader passes over what follows in a sequence
	}
	signed := p.info.Content
	if !p.info.Type.Equal(oidSignedData()) || !signed.Inner.Type.Equal(oidData()) || signed.Version != 1 || len(signed.Signers) != 1 {
		return p, errors.New("it is not a detached signature by one signer")
	}
	p.signer = signed.Signers[0]
	if !bytes.HasPrefix(signed.Certificates.FullBytes, []byte{tagSigned}) || !bytes.HasPrefix(p.signer.Attributes.FullBytes, []byte{tagSigned}) {
		return p, errors.New("its certificates or signed attributes are no list") // the reader does not look at this bit
	}
	chain, err := x509.ParseCertificates(signed.Certificates.Bytes)
	if err != nil {
		return p, err
	}
	if len(chain) != 2 || !bytes.Equal(chain[0].RawIssuer, p.signer.Signer.Issuer.FullBytes) || p.signer.Signer.Serial == nil || chain[0].SerialNumber.Cmp(p.signer.Signer.Serial) != 0 {
		return p, errors.New("its certificates are not those of its signer")
	}
	p.chain = chain
	p.token, err = tokenOf(p.signer.Unsigned)
	return p, err
}

// tokenOf finds the time-stamp, the only thing that may be there unsigned.
func tokenOf(unsigned asn1.RawValue) ([]byte, error) {
	if len(unsigned.FullBytes) == 0 {
		return nil, nil
	}
	var attributes []attribute
	rest, err := asn1.UnmarshalWithParams(retagged(unsigned.FullBytes, tagSet), &attributes, "set")
	if err != nil || len(rest) > 0 || len(attributes) != 1 || !attributes[0].Type.Equal(oidStamp()) || len(attributes[0].Values) != 1 {
		return nil, errors.New("something is in it that was not signed")
	}
	if again, err := asn1.MarshalWithParams(attributes, "set"); err != nil || !bytes.Equal(retagged(again, tagUnsigned), unsigned.FullBytes) {
		return nil, errors.New("something stands beside its time-stamp")
	}
	return attributes[0].Values[0].FullBytes, nil
}

// over checks that the signature is over content, by the key of its certificate,
// and reads when.
func (p *parsed) over(content []byte) error {
	s := p.signer
	listed := p.info.Content.Digests
	if len(listed) != 1 || !is(listed[0], oidSHA256()) || !is(s.Digest, oidSHA256()) || !is(s.Algorithm, oidECDSA()) || s.Version != 1 {
		return errors.New("it is not ECDSA over SHA-256")
	}
	set := retagged(s.Attributes.FullBytes, tagSet)
	if err := p.chain[0].CheckSignature(x509.ECDSAWithSHA256, set, s.Signature); err != nil {
		return err
	}
	var attributes []attribute
	if rest, err := asn1.UnmarshalWithParams(set, &attributes, "set"); err != nil || len(rest) > 0 {
		return errors.New("the signed attributes cannot be read")
	}
	found := map[string]bool{}
	for _, a := range attributes {
		name := a.Type.String()
		if len(a.Values) != 1 || found[name] {
			return errors.New("a signed attribute stands twice or is empty")
		}
		found[name] = p.fits(a, content)
	}
	for _, needed := range []asn1.ObjectIdentifier{oidContentType(), oidMessageDigest(), oidSigningTime(), oidCertificate()} {
		if !found[needed.String()] {
			return errors.New("what was signed is not this content by this certificate")
		}
	}
	return nil
}

// fits reports whether a signed attribute says what is so. Others than the
// needed ones say nothing here.
func (p *parsed) fits(a attribute, content []byte) bool {
	value := a.Values[0].FullBytes
	switch {
	case a.Type.Equal(oidContentType()):
		var kind asn1.ObjectIdentifier
		return whole(value, &kind) == nil && kind.Equal(oidData())
	case a.Type.Equal(oidMessageDigest()):
		var digest []byte
		now := sha256.Sum256(content)
		return whole(value, &digest) == nil && bytes.Equal(digest, now[:])
	case a.Type.Equal(oidSigningTime()):
		return whole(value, &p.at) == nil
	case a.Type.Equal(oidCertificate()):
		var named signingCertificate
		shown := sha256.Sum256(p.chain[0].Raw)
		return whole(value, &named) == nil && len(named.Certificates) == 1 && bytes.Equal(named.Certificates[0].Digest, shown[:])
	}
	return true
}

// is reports whether an algorithm is the one named, without parameters.
func is(algorithm pkix.AlgorithmIdentifier, name asn1.ObjectIdentifier) bool {
	return algorithm.Algorithm.Equal(name) && len(algorithm.Parameters.FullBytes) == 0
}

// whole reads DER with nothing behind it.
func whole(der []byte, into any) error {
	rest, err := asn1.Unmarshal(der, into)
	if err == nil && len(rest) > 0 {
		err = errors.New("something follows it")
	}
	return err
}
