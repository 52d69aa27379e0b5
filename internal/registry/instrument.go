package registry

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
)

// Instrument says that a law or bylaw was enacted, and until when it is in
// force. A contract whose provision is of an instrument that ended stops at
// that instant.
type Instrument struct {
	Ref    string    `json:"ref"` // as in the references of package law: "zfpp"
	Title  lang.Text `json:"title"`
	From   civil.Day `json:"from"`
	To     civil.Day `json:"to,omitzero"`      // last day; none while nobody ended it
	Digest string    `json:"digest,omitempty"` // SHA-256 of the text in force in hex; empty where nobody gave one
}

func (i Instrument) check() error {
	wrong := func(what string) error { return fmt.Errorf("%w: instrument %.60q: %s", ErrStatement, i.Ref, what) }
	switch raw, err := hex.DecodeString(i.Digest); {
	case i.Ref == "" || len(i.Ref) > maxTerm || strings.ContainsFunc(i.Ref, func(r rune) bool { return r == '/' || forbidden(r) }):
		return wrong("the reference is not that of an instrument")
	case !validText(i.Title, maxTitle):
		return wrong("the title is too long")
	case i.From.IsZero() || !i.To.IsZero() && i.To.Before(i.From):
		return wrong("has no period or ends before it begins")
	case i.Digest != "" && (err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != i.Digest):
		return wrong("the digest is not a SHA-256 in hex")
	}
	return nil
}

// inForce returns nil on the days of the instrument, and otherwise a problem
// that names the provision and the instrument.
func (i Instrument) inForce(ref law.Ref, day civil.Day) error {
	if !day.Before(i.From) && (i.To.IsZero() || !day.After(i.To)) {
		return nil
	}
	return problem.New(problem.Forbidden, "provision-not-in-force",
		"provision", string(ref), "cite", i.cite(ref, "sr"), "cite_en", i.cite(ref, "en"),
		"day", day.String(), "from", i.From.String(), "to", i.To.String())
}

func (i Instrument) cite(ref law.Ref, language string) string {
	if title := i.Title[language]; title != "" {
		return title + " (" + string(ref) + ")"
	}
	return string(ref)
}

// Issuer says whose certificates and time-stamps count.
type Issuer struct {
	Certificate []byte `json:"certificate,omitempty"` // DER, of the authority that issues the certificates of nodes; former ones may follow while what they signed lasts
	Stamper     []byte `json:"stamper,omitempty"`     // DER, of the time-stamp authority
}

func (i Issuer) check() error {
	for _, der := range [][]byte{i.Certificate, i.Stamper} {
		if len(der) == 0 {
			continue
		}
		if _, err := x509.ParseCertificates(der); err != nil {
			return fmt.Errorf("%w: a certificate of the issuer cannot be read: %w", ErrStatement, err)
		}
	}
	return nil
}

// Class is a class of members, such as GOV or COM.
type Class struct {
	Code  string    `json:"code"`
	Title lang.Text `json:"title"`
}

func (c Class) check() error {
	if checkName(c.Code) != nil || !validText(c.Title, maxTitle) {
		return fmt.Errorf("%w: class %.60q has no code or a title that is too long", ErrStatement, c.Code)
	}
	return nil
}
