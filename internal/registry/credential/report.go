package credential

import "time"

// Report is what an operator wants to know of the own certificate.
type Report struct {
	Pin       string    // of the key
	Issuer    string    // name of who signed it; empty when the node did itself
	NotBefore time.Time // it begins
	NotAfter  time.Time // it ends
	RenewAt   time.Time // the next renewal is tried; zero when nobody renews it
	LastError string    // why the last renewal failed; empty when it did not
}

// Issued reports whether an issuer signed the certificate.
func (r Report) Issued() bool { return r.Issuer != "" }

// Left is how long the certificate lasts, not negative.
func (r Report) Left(now time.Time) time.Duration { return max(0, r.NotAfter.Sub(now)) }

// Report describes the certificate that is shown now.
func (h *Holder) Report() Report {
	leaf := h.Own().Leaf
	r := Report{Pin: Pin(leaf), NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC()}
	if leaf.Subject.String() != leaf.Issuer.String() {
		r.Issuer = leaf.Issuer.CommonName
	}
	return r
}
