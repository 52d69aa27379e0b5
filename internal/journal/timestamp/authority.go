package timestamp

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"net/http"
	"time"

	tsp "github.com/digitorus/timestamp"

	"dobosh/internal/kit/clock"
)

// The media types of RFC 3161, section 3.4.
const (
	queryType = "application/timestamp-query"
	replyType = "application/timestamp-reply"
)

const maxQuery = 8 << 10

// Authority answers requests for time-stamps over HTTP (RFC 3161, section 3.4). It is safe for concurrent use.
type Authority struct {
	key         crypto.Signer // P-256
	certificate *x509.Certificate
	now         clock.Now
}

// NewAuthority signs with a key and the certificate that [LoadAuthority] made for it.
func NewAuthority(key crypto.Signer, certificate *x509.Certificate, now clock.Now) *Authority {
	return &Authority{key: key, certificate: certificate, now: now}
}

// Certificate is the certificate of the authority in DER.
func (a *Authority) Certificate() []byte { return a.certificate.Raw }

// policy is under the arc that ITU-T X.660 reserves for examples: nobody may take this authority for one that follows a policy.
func policy() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 999, 3161} }

// ServeHTTP implements [http.Handler].
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != queryType {
		http.Error(w, "POST a time-stamp query (RFC 3161, section 3.4)", http.StatusUnsupportedMediaType)
		return
	}
	query, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuery))
	if err != nil {
		http.Error(w, "the query is too large", http.StatusRequestEntityTooLarge)
		return
	}
	response, err := a.respond(query)
	if err != nil {
		http.Error(w, "no time-stamp could be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", replyType)
	_, _ = w.Write(response) // whoever asked may have gone
}

// respond makes the response to a query; one that says no is a response too.
func (a *Authority) respond(query []byte) ([]byte, error) {
	request, err := parseQuery(query)
	switch {
	case err != nil:
		return tsp.CreateErrorResponse(tsp.Rejection, tsp.BadDataFormat)
	case request.HashAlgorithm != crypto.SHA256 && request.HashAlgorithm != crypto.SHA384 && request.HashAlgorithm != crypto.SHA512:
		return tsp.CreateErrorResponse(tsp.Rejection, tsp.BadAlgorithm)
	case len(request.HashedMessage) != request.HashAlgorithm.Size():
		return tsp.CreateErrorResponse(tsp.Rejection, tsp.BadDataFormat)
	case request.TSAPolicyOID != nil && !request.TSAPolicyOID.Equal(policy()):
		return tsp.CreateErrorResponse(tsp.Rejection, tsp.UnacceptedPolicy)
	case len(request.Extensions) > 0:
		return tsp.CreateErrorResponse(tsp.Rejection, tsp.UnacceptedExtension)
	}
	stamp := tsp.Timestamp{
		HashAlgorithm: request.HashAlgorithm, HashedMessage: request.HashedMessage, Nonce: request.Nonce,
		Time: a.now().UTC().Truncate(time.Second), Accuracy: time.Second, Policy: policy(), AddTSACertificate: request.Certificates,
	}
	return stamp.CreateResponseWithOpts(a.certificate, a.key, crypto.SHA256)
}

// parseQuery reads a query; what makes the reader panic is no query.
func parseQuery(query []byte) (request *tsp.Request, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = ErrTimeStamp
		}
	}()
	return tsp.ParseRequest(query)
}
