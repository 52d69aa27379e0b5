package admission

import (
	"encoding/json"
	"fmt"
	"strings"

	"dobosh/internal/registry"
)

// text is the configuration of a node that joins, for people to go on with.
func (j *machine) text() []byte {
	var t configText
	of := j.token
	t.line("# The configuration of a node. \"dobosh config check FILE\" says what is wrong in it.")
	t.node(of.Node, of.Member, j.PublicURL, j.Listen, j.Address)
	t.line("keys: {tls: %s, log: %s}", tlsKeyName, logKeyName)
	t.line("registry:  # the authority, as the token named it")
	t.line("  address: %s", of.Address)
	t.line("  pin: %s", of.Pin)
	t.line("  key: %s", of.Key)
	if len(of.Witnesses) > 0 {
		t.line("witnesses:  # who cosigns the journal of this node")
	}
	for _, w := range of.Witnesses {
		t.line("  - {address: %s, pin: %s, key: %s}", w.Address, w.Pin, w.Key)
	}
	t.rest()
	return t.bytes()
}

// configText is a configuration that is being written.
type configText struct{ b strings.Builder }

// line writes one; values are quoted.
func (t *configText) line(format string, values ...string) {
	quoted := make([]any, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	fmt.Fprintf(&t.b, format+"\n", quoted...)
}

// node writes who a node is and where; address is where others reach it, when
// that is not where it listens.
func (t *configText) node(name string, member registry.ID, url string, at Surfaces, address string) {
	t.line("# Every key: internal/node/config.go. Secrets are only ever paths of files.")
	t.line("name: %s", name)
	t.line("member: %s", member.String())
	t.line("public_url: %s  # where people reach the portal", url)
	t.line("dir: data  # everything that the node keeps; back it up")
	t.line("listen:")
	t.line("  portal: %s  # people; put your TLS terminator before it", at.Portal)
	t.line("  exchange: %s  # the other nodes, by mutual TLS", at.Exchange)
	t.line("  edge: %s  # your systems ask here and speak for your institution: private", at.Edge)
	t.line("  systems: %s  # your systems that bring something, by bearer token: private", at.Systems)
	t.line("  operations: %s  # /metrics, /healthz, /readyz: private", at.Operations)
	if address != "" && address != at.Exchange {
		t.line("address: %s  # where the other nodes reach listen.exchange", address)
	}
}

// rest names what most nodes need later.
func (t *configText) rest() {
	t.line("# sign_in: {issuer: …, client_id: …, redirect_url: …, administrators: [ACCOUNT]}  # without it nobody signs in")
	t.line("# information_systems: [{subsystem: …, service: …, url: …}]  # your programs that answer for your services")
}

func (t *configText) bytes() []byte { return []byte(t.b.String()) }

// quote writes a text such that YAML reads it as that text: a string of JSON is
// one of YAML.
func quote(s string) string {
	raw, _ := json.Marshal(s) // a string can always be written
	return string(raw)
}
