package exchange

import (
	"dobosh/internal/registry"
)

// End is what is said of a long body when all of it has left.
type End struct {
	Version int    `json:"v"`
	ID      string `json:"id"`     // of the exchange
	Of      string `json:"of"`     // leaf of the question or the reply in its sender's log, base64
	Parts   int64  `json:"parts"`  //
	Size    int64  `json:"size"`   // bytes
	Digest  string `json:"digest"` // SHA-256, base64
}

// ReadQuestion reads what a journal committed to as a question, as strictly as a
// node reads one that comes.
func ReadQuestion(meta []byte) (q Question, err error) {
	if err := q.decode(meta); err != nil {
		return Question{}, err
	}
	return q, q.check()
}

// ReadReply reads what a journal committed to as a reply.
func ReadReply(meta []byte) (r Reply, err error) {
	if err := r.decode(meta); err != nil {
		return Reply{}, err
	}
	return r, r.check()
}

// ReadEnd reads what a journal committed to as the end of a long body.
func ReadEnd(meta []byte) (e End, err error) { return e, strict(meta, &e) }

// Covers reports whether a contract lets a method and a raw path through.
func Covers(c registry.Contract, method, path string) bool {
	_, ok := covers(c, method, path)
	return ok
}

// Agreed reports whether nothing is in a document that a contract does not let
// leave: what leaves of it is the document itself, byte for byte.
func Agreed(c registry.Contract, document []byte) bool {
	f := parseFields(c.Fields)
	if f.whole || len(document) == 0 {
		return true
	}
	s, err := scan(document, f, parsePlaces(nil))
	return err == nil && string(s.leaves) == string(document)
}
