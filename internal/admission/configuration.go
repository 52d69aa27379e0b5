package admission

import (
	"encoding/json"
	"fmt"
	"strings"
)

// text is the configuration of a node that joins, for people to go on with.
func (j *machine) text() []byte {
	var b strings.Builder
	line := func(format string, values ...string) {
		quoted := make([]any, len(values))
		for i, v := range values {
			quoted[i] = quote(v)
		}
		fmt.Fprintf(&b, format+"\n", quoted...)
	}
	t := j.token
	line("# The configuration of a node. \"dobosh config check FILE\" says what is wrong in it.")
	line("# Every key: internal/node/config.go. Secrets are only ever paths of files.")
	line("name: %s", t.Node)
	line("member: %s", t.Member.String())
	line("public_url: %s  # where people reach the portal", j.PublicURL)
	line("dir: data  # everything that the node keeps; back it up")
	line("listen:")
	line("  portal: %s  # people; put your TLS terminator before it", j.Listen.Portal)
	line("  exchange: %s  # the other nodes, by mutual TLS", j.Listen.Exchange)
	line("  edge: %s  # your systems ask here and speak for your institution: private", j.Listen.Edge)
	line("  systems: %s  # your systems that bring something, by bearer token: private", j.Listen.Systems)
	line("  operations: %s  # /metrics, /healthz, /readyz: private", j.Listen.Operations)
	line("keys: {tls: %s, log: %s}", tlsKeyName, logKeyName)
	line("registry:  # the authority, as the token named it")
	line("  address: %s", t.Address)
	line("  pin: %s", t.Pin)
	line("  key: %s", t.Key)
	if len(t.Witnesses) > 0 {
		line("witnesses:  # who cosigns the journal of this node")
	}
	for _, w := range t.Witnesses {
		line("  - {address: %s, pin: %s, key: %s}", w.Address, w.Pin, w.Key)
	}
	line("# sign_in: {issuer: …, client_id: …, redirect_url: …, administrators: [ACCOUNT]}  # without it nobody signs in")
	line("# information_systems: [{subsystem: …, service: …, url: …}]  # your programs that answer for your services")
	return []byte(b.String())
}

// quote writes a text such that YAML reads it as that text: a string of JSON is
// one of YAML.
func quote(s string) string {
	raw, _ := json.Marshal(s) // a string can always be written
	return string(raw)
}
