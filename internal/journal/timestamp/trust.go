package timestamp

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// MaxResponse bounds a response with its certificates, in bytes.
const MaxResponse = 64 << 10

// ErrTimeStamp says that a response is not a time-stamp over the data by a trusted authority.
var ErrTimeStamp = errors.New("time-stamp is not valid")

// Trust is an authority whose time-stamps are believed: by the certificate that signs them, or by that of its issuer.
type Trust struct {
	certificate *x509.Certificate
}

// NewTrust believes the holder of a certificate, in DER or PEM.
func NewTrust(certificate []byte) (Trust, error) {
	if block, _ := pem.Decode(certificate); block != nil {
		certificate = block.Bytes
	}
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		return Trust{}, fmt.Errorf("certificate of a time-stamp authority: %w", err)
	}
	return Trust{c}, nil
}

// Name is how the authority calls itself.
func (t Trust) Name() string { return t.certificate.Subject.CommonName }

// Certificate is the certificate in DER.
func (t Trust) Certificate() []byte { return t.certificate.Raw }

// TimeStamp is what an authority says: it had seen the data by this time.
type TimeStamp struct {
	At        time.Time // UTC, mostly in whole seconds
	Authority string
	Serial    *big.Int
}

// Verify checks a response (RFC 3161, 2.4.2) over data. The error is ErrTimeStamp.
func (t Trust) Verify(response, data []byte) (TimeStamp, error) {
	return t.verify(response, sha256.Sum256(data), nil)
}

// verify checks the nonce too, where it is known.
func (t Trust) verify(response []byte, digest [sha256.Size]byte, nonce *big.Int) (TimeStamp, error) {
	stamp, signer, err := parse(response)
	switch {
	case err != nil:
		return TimeStamp{}, fmt.Errorf("%w: %w", ErrTimeStamp, err)
	case stamp.Imprint.Algorithm.Algorithm.String() != oidSHA256 || !bytes.Equal(stamp.Imprint.Digest, digest[:]):
		return TimeStamp{}, fmt.Errorf("%w: it is over other data", ErrTimeStamp)
	case nonce != nil && (stamp.Nonce == nil || stamp.Nonce.Cmp(nonce) != 0):
		return TimeStamp{}, fmt.Errorf("%w: it answers another request", ErrTimeStamp)
	}
	if err := t.trusts(signer, stamp.Time); err != nil {
		return TimeStamp{}, fmt.Errorf("%w: %w", ErrTimeStamp, err)
	}
	return TimeStamp{At: stamp.Time.UTC(), Authority: signer.Subject.CommonName, Serial: stamp.Serial}, nil
}

// keyUsage is the extension that says what a key may be used for (RFC 5280, 4.2.1.12).
func keyUsage() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 37} }

// trusts checks that the signer is the authority or was made by it, was valid at that time, and signs nothing but time (RFC 3161,
// section 2.3).
func (t Trust) trusts(signer *x509.Certificate, at time.Time) error {
	if !slices.Equal(signer.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) || len(signer.UnknownExtKeyUsage) > 0 {
		return errors.New("the key that signed it is not one for time-stamps alone")
	}
	for _, extension := range signer.Extensions {
		if extension.Id.Equal(keyUsage()) && !extension.Critical {
			return errors.New("the use of the key that signed it is not critical")
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(t.certificate)
	if _, err := signer.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return fmt.Errorf("%q is not the trusted authority: %w", signer.Subject.CommonName, err)
	}
	return nil
}
