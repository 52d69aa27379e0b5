package admission

import (
	"encoding/json"
	"net/http"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Protocol is the ALPN name (RFC 7301) under which whoever has any key may ask
// this room, and nothing else. One request a connection, HTTP/1.1.
const Protocol = "dobosh-join/1"

// What can be asked.
const (
	joinPath        = "/dobosh/1/join"
	certificatePath = "/dobosh/1/certificate"
	reachablePath   = "/dobosh/1/reachable"
)

// maxMessage bounds a request and an answer, with their headers, in bytes. An
// answer holds a statement of the registry and its proof.
const maxMessage = 128 << 10

// joining is the question of a joiner. The key of the TLS connection is the one
// that the certificate request is about.
type joining struct {
	Secret  []byte `json:"secret"`
	Address string `json:"address"` // where the other nodes will reach it, host:port
	Log     string `json:"log"`     // verifier key of its journal
	Request []byte `json:"request"` // PKCS #10, DER

	At time.Time `json:"at"` // by the joiner's clock
}

// Admitted is the answer: how the node stands in the registry now.
type Admitted struct {
	Member      registry.Member `json:"member"`
	Node        registry.Node   `json:"node"`
	Certificate []byte          `json:"certificate,omitempty"` // DER; none where no issuer is named
	Issuer      []byte          `json:"issuer,omitempty"`      // DER
	Index       int64           `json:"index"`                 // of the statement about the node
}

// renewal asks for a new certificate around a key of a node that is known.
type renewal struct {
	Request []byte `json:"request"` // PKCS #10, DER
}

// renewed is the answer.
type renewed struct {
	Certificate []byte `json:"certificate"` // DER
}

// reaching asks to be connected back. Who shows the token by which it came in is
// told what the authority met.
type reaching struct {
	Secret []byte `json:"secret,omitempty"`
}

// reached says whether the authority could connect back to the address that the
// registry has for a node.
type reached struct {
	Address   string `json:"address"`
	Reachable bool   `json:"reachable"`
	Why       string `json:"why,omitempty"` // when not: "at-all", or to who shows its token "away", "other-key", "certificate" or "no-tls"
}

// refusal is an error on the wire: the code of a problem with its arguments.
type refusal struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

func refuse(w http.ResponseWriter, err error) {
	p := problem.Of(err)
	w.WriteHeader(p.Kind.Status())
	_ = json.NewEncoder(w).Encode(refusal{p.Code, p.Args}) // the asker may have gone
}

// problemOf turns a refusal that came back into the problem that it was.
func problemOf(status int, r refusal) error {
	for kind := problem.Internal; kind <= problem.Timeout; kind++ {
		if kind.Status() == status {
			return &problem.Problem{Kind: kind, Code: r.Code, Args: r.Args}
		}
	}
	return problem.New(problem.BadGateway, "join-answer-broken")
}
