package exchange

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// The headers in which a message between nodes and its stamp travel.
const (
	MessageHeader = "Dobosh-Message"
	StampHeader   = "Dobosh-Stamp"
)

// What follows lets a room that speaks to other nodes about something else than
// requests do it in the same way.

// Peer is the node at the other side of a request. Its error is the problem
// peer-unknown.
func (g *Gateway) Peer(r *http.Request) (registry.Node, error) {
	node, err := g.Credential.Peer(r.TLS)
	if err != nil {
		return registry.Node{}, problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	return node, nil
}

// Stands reports why nothing may happen under a contract at present: nobody
// confirmed the registry for long, this node was taken out of it, or the contract's
// period or its provision does not hold.
func (g *Gateway) Stands(c registry.Contract) error {
	if err := g.fresh(); err != nil {
		return err
	}
	if err := g.registered(g.State()); err != nil {
		return err
	}
	return g.standing(&c)
}

// Reach gives the connections to a node, which are known by its key.
func (g *Gateway) Reach(node registry.Node) *http.Client { return g.client(node.TLS) }

// Proved reads a message of a node and what proves it, as both travel in the headers.
// The error is the problem node-answer-broken when the message is not in the node's
// log as it came.
func (g *Gateway) Proved(node registry.Node, h http.Header, body []byte) (meta []byte, stamp journal.Stamp, err error) {
	meta, err = decodeHeader(h.Get(MessageHeader))
	if err != nil {
		return nil, stamp, broken(node, err)
	}
	verifier, _, err := g.verifier(node)
	if err != nil {
		return nil, stamp, broken(node, err)
	}
	if stamp, err = journal.ParseStamp(h.Get(StampHeader)); err != nil {
		return nil, stamp, broken(node, err)
	}
	if err := verifier.Verify(stamp, sha256.Sum256(meta), sha256.Sum256(body)); err != nil {
		return nil, stamp, broken(node, err)
	}
	return meta, stamp, nil
}

// Refused reads the refusal that a node sent instead of a message.
func (g *Gateway) Refused(node registry.Node, status int, payload []byte) error {
	return unproved(node, status, payload)
}

// Refuse answers a request of another node over HTTP with a refusal that is not
// journaled.
func Refuse(w http.ResponseWriter, err error) {
	r := refusalOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(r) // the asker may have gone
}

// SetMessage puts a message and its stamp into the headers of a response.
func SetMessage(h http.Header, meta []byte, stamp journal.Stamp) {
	h.Set(MessageHeader, base64.StdEncoding.EncodeToString(meta))
	h.Set(StampHeader, stamp.Text())
}

// maxHeader bounds a message in its header, decoded, in bytes.
const maxHeader = 24 << 10

func decodeHeader(s string) ([]byte, error) {
	if s == "" || len(s) > base64.StdEncoding.EncodedLen(maxHeader) {
		return nil, fmt.Errorf("%w: a header is missing or too long", errMessage)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return raw, nil
}
