package asice

import (
	"encoding/asn1"
	"fmt"
)

// reply is a TimeStampResp (RFC 3161, section 2.4.2).
type reply struct {
	Status struct{ Status int }
	Token  asn1.RawValue
}

// rawReply is one whose status is not looked at.
type rawReply struct {
	Status asn1.RawValue
	Token  asn1.RawValue
}

// Value is the signature itself: what a time-stamp has to be over (RFC 3161,
// annex A).
func (c Container) Value() ([]byte, error) {
	p, err := parse(c.signature)
	if err != nil {
		return nil, broken("its signature: %w", err)
	}
	return p.signer.Signature, nil
}

// Stamped is the container with a time-stamp: a response in the form of RFC 3161
// over [Container.Value], which the caller has verified.
func (c Container) Stamped(response []byte) (Container, error) {
	p, err := parse(c.signature)
	if err != nil {
		return Container{}, broken("its signature: %w", err)
	}
	var r rawReply
	if err := whole(response, &r); err != nil {
		return Container{}, fmt.Errorf("read time-stamp: %w", err)
	}
	set, err := asn1.MarshalWithParams([]attribute{{oidStamp(), []asn1.RawValue{r.Token}}}, "set")
	if err != nil {
		return Container{}, fmt.Errorf("add time-stamp: %w", err)
	}
	p.info.Content.Signers[0].Unsigned = asn1.RawValue{FullBytes: retagged(set, tagUnsigned)}
	c.signature, err = asn1.Marshal(p.info)
	if err != nil {
		return Container{}, fmt.Errorf("add time-stamp: %w", err)
	}
	return c, nil
}

// response is a token in the form in which it came, to be verified.
func response(token []byte) ([]byte, error) {
	return asn1.Marshal(reply{Token: asn1.RawValue{FullBytes: token}})
}
