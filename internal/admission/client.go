package admission

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry/credential"
)

// Client asks the office of one authority. It is safe for concurrent use.
type Client struct {
	address string // host:port
	client  *http.Client
}

// NewClient asks the authority at an address, which is who it should be when
// trusted says so of the pin of its key. own is the certificate that is shown;
// only its key counts.
func NewClient(address string, trusted func(pin string) bool, own func() *tls.Certificate) *Client {
	secure := &tls.Config{
		MinVersion:           tls.VersionTLS13,
		NextProtos:           []string{Protocol},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own(), nil },
		InsecureSkipVerify:   true, // names and roots of the system say nothing here; VerifyConnection checks the key
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) == 0 || !trusted(credential.Pin(c.PeerCertificates[0])) {
				return credential.ErrPeer
			}
			return nil
		},
	}
	return &Client{address: address, client: &http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true, // one request a connection
			DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				d := tls.Dialer{Config: secure}
				return d.DialContext(ctx, network, address)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Renew gets a certificate around key, in DER.
func (c *Client) Renew(ctx context.Context, key crypto.Signer, name string) ([]byte, error) {
	request, err := credential.Request(key, name)
	if err != nil {
		return nil, err
	}
	out, err := ask[renewed](ctx, c, certificatePath, renewal{request})
	return out.Certificate, err
}

// Reachable asks the authority to connect back to the address that the registry
// has for this node. The problem says that it could not, "unreachable-at-all", and
// with the secret of the token by which the node came in why: "unreachable-away",
// "unreachable-other-key", "unreachable-certificate" or "unreachable-no-tls".
func (c *Client) Reachable(ctx context.Context, secret []byte) (address string, err error) {
	out, err := ask[reached](ctx, c, reachablePath, reaching{secret})
	if err != nil {
		return "", err
	}
	if !out.Reachable {
		return out.Address, problem.New(problem.Unavailable, "unreachable-"+out.Why, "address", out.Address) // what the authority met there
	}
	return out.Address, nil
}

// ask sends one question. A refusal comes back as the problem that it is; an
// authority that does not answer is "authority-away".
func ask[T any](ctx context.Context, c *Client, path string, in any) (out T, err error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+c.address+path, bytes.NewReader(raw))
	if err != nil {
		return out, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(r)
	if err != nil {
		return out, problem.New(problem.Unavailable, "authority-away", "address", c.address).Because(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage+1))
	if err != nil {
		return out, problem.New(problem.Unavailable, "authority-away", "address", c.address).Because(err)
	}
	if resp.StatusCode != http.StatusOK {
		return out, refusedBy(resp.StatusCode, body)
	}
	if out, err = decode[T](body); err != nil {
		return out, broken(fmt.Errorf("read the answer: %w", err))
	}
	return out, nil
}

func refusedBy(status int, body []byte) error {
	r, err := decode[refusal](body)
	if err != nil || r.Code == "" {
		return broken(fmt.Errorf("status %d without a reason", status))
	}
	return problemOf(status, r)
}

// broken means that what the authority says does not hold together.
func broken(why error) error {
	return problem.New(problem.BadGateway, "join-answer-broken").Because(why)
}
