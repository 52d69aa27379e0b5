package credential

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"sync"
	"time"
)

// maxStanding bounds the certificates whose signatures are remembered: each
// node has one or two.
const maxStanding = 8192

// standing remembers which certificates the issuers of the registry signed: a
// request on an open connection does not pay for the signature again. It is
// safe for concurrent use.
type standing struct {
	mu     sync.Mutex
	named  []byte // the issuers as the registry names them; guarded by mu like the rest
	roots  []*x509.Certificate
	broken error // why the issuers cannot be read
	signed map[[sha256.Size]byte]struct{}
}

// check reports whether one of the issuers named signed leaf, and now is within
// its dates.
func (s *standing) check(named []byte, leaf *x509.Certificate, now time.Time) error {
	if now.Before(leaf.NotBefore) || !now.Before(leaf.NotAfter) {
		return fmt.Errorf("%w: it is for the time from %s to %s", ErrCertificate, leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signed == nil || !bytes.Equal(named, s.named) {
		s.named, s.signed = bytes.Clone(named), map[[sha256.Size]byte]struct{}{}
		s.roots, s.broken = x509.ParseCertificates(named)
	}
	if s.broken != nil {
		return fmt.Errorf("%w: the issuer cannot be read: %w", ErrCertificate, s.broken)
	}
	id := sha256.Sum256(leaf.Raw)
	if _, held := s.signed[id]; held {
		return nil
	}
	if err := signedByOne(leaf, s.roots, now); err != nil {
		return err
	}
	if len(s.signed) >= maxStanding {
		clear(s.signed)
	}
	s.signed[id] = struct{}{}
	return nil
}

func signedByOne(leaf *x509.Certificate, roots []*x509.Certificate, now time.Time) error {
	for _, root := range roots {
		if bytes.Equal(leaf.AuthorityKeyId, root.SubjectKeyId) && now.Before(root.NotAfter) && leaf.CheckSignatureFrom(root) == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: the issuer of the registry did not sign it", ErrCertificate)
}

// stands checks the second condition, where the registry sets it.
func (h *Holder) stands(leaf *x509.Certificate) error {
	issuer, named := h.state().Issuer()
	if !named || len(issuer.Certificate) == 0 {
		return nil
	}
	return h.standing.check(issuer.Certificate, leaf, h.now())
}
