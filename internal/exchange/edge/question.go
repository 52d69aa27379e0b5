package edge

import (
	"errors"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// maxText bounds a free text that becomes part of a record, in bytes.
const maxText = 200

// question reads who asks and what. Of several headers with one name the last
// counts.
func (r request) question() (exchange.Ask, error) {
	service, path, err := servicePath(r.path)
	if err != nil {
		return exchange.Ask{}, err
	}
	a := exchange.Ask{Service: service, Path: path, Query: r.query, Method: r.method, Role: exchange.RoleSystem, Accept: bounded(r.accept), Message: r.message, Headers: make([]exchange.Header, 0, len(r.headers))}
	var client, server, party string
	for _, h := range r.headers {
		name := known(h.Name)
		switch name {
		case "x-road-client":
			client = h.Value
		case "x-road-security-server":
			server = h.Value
		case "x-road-represented-party":
			party = h.Value
		case "content-type":
			a.Type = h.Value
		case "x-road-issue":
			a.Matter = bounded(h.Value)
		case "dobosh-purpose":
			a.Purpose = h.Value
		case "traceparent":
			a.Trace = bounded(h.Value)
		}
		if !skipped(name) {
			a.Headers = append(a.Headers, h)
		}
	}
	if a.Client, err = clientID(client); err == nil {
		a.Node, err = serverCode(server, service)
	}
	if err == nil {
		err = errors.Join(checkParty(party), checkText(a.Message), checkText(a.Type))
	}
	if a.Message == "" {
		a.Message = service.Instance + "-" + uuid()
	}
	return a, err
}

// servicePath cuts /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/rest. All five
// parts are required, as in X-Road's code (its text calls the subsystem
// optional). The rest stays as it is.
func servicePath(raw string) (registry.ID, string, error) {
	parts := strings.SplitN(raw, "/", 8)
	if len(parts) < 7 || parts[0] != "" || parts[1] != "r1" {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path")
	}
	end := len(raw)
	if len(parts) == 8 {
		end -= 1 + len(parts[7])
	}
	service, err := registry.ParseID(raw[len("/r1/"):end])
	if err != nil {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path").Because(err)
	}
	if len(parts) == 8 {
		return service, raw[end:], nil
	}
	return service, "/", nil
}

// clientID reads INSTANCE/CLASS/MEMBER or INSTANCE/CLASS/MEMBER/SUBSYSTEM.
func clientID(value string) (registry.ID, error) {
	if value == "" {
		return registry.ID{}, problem.New(problem.Invalid, "client-missing")
	}
	id, err := registry.ParseID(value)
	if err == nil && id.Service != "" {
		err = registry.ErrIdentifier
	}
	if err != nil {
		return id, problem.New(problem.Invalid, "client-invalid").Because(err)
	}
	return id, nil
}

// serverCode reads INSTANCE/CLASS/MEMBER/SERVER, which must be a node of the
// provider: its name there is that of the node. Nothing is any node.
func serverCode(value string, provider registry.ID) (string, error) {
	if value == "" {
		return "", nil
	}
	id, err := registry.ParseID(value)
	if err == nil && (id.Subsystem == "" || id.Service != "") {
		err = registry.ErrIdentifier
	}
	if err != nil {
		return "", problem.New(problem.Invalid, "server-invalid").Because(err)
	}
	if id.Owner() != provider.Owner() {
		return "", problem.New(problem.NotFound, "node-unknown", "node", id.Subsystem, "body", id.Owner().String())
	}
	return id.Subsystem, nil
}

// checkParty wants CODE or CLASS/CODE. The party is passed on and stands for
// nothing else, since nobody has verified it.
func checkParty(value string) error {
	if value == "" {
		return nil
	}
	class, code, two := strings.Cut(value, "/")
	if class == "" || two && code == "" || strings.Contains(code, "/") || checkText(value) != nil {
		return problem.New(problem.Invalid, "party-invalid")
	}
	return nil
}

// checkText refuses a text that no record would hold as it is.
func checkText(value string) error {
	if len(value) > maxText {
		return problem.New(problem.Invalid, "question-headers")
	}
	return nil
}

// bounded cuts a free text that becomes part of a record, between two characters.
func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}
