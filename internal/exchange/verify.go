package exchange

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// unproved reads a refusal that came before the protocol got as far as a
// proof, for example because the clocks differ.
func unproved(node registry.Node, status int, payload []byte) error {
	var r Refusal
	if err := ReadMessage(payload, &r); err != nil || r.Code == "" || len(r.Args) > maxArguments {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(fmt.Errorf("status %d: %w", status, errMessage))
	}
	return r.problem()
}

// verify checks that a message is in the log of a node, and names the log.
func (g *Gateway) verify(node registry.Node, e envelope) (stamp journal.Stamp, origin string, err error) {
	if e.kind != sealed {
		return stamp, "", fmt.Errorf("%w: without a stamp", errMessage)
	}
	verifier, origin, err := g.verifier(node)
	if err != nil {
		return stamp, "", err
	}
	if stamp, err = journal.ParseStampBytes(e.stamp); err != nil {
		return stamp, "", err
	}
	return stamp, origin, verifier.Verify(stamp, e.metaSum, e.bodySum)
}

// leaf names a message, of whose meta and body these are the hashes, by its leaf in
// its sender's log.
func leaf(s journal.Stamp, meta, body [sha256.Size]byte) string {
	hash := s.Leaf(meta, body)
	return base64.StdEncoding.EncodeToString(hash[:])
}
