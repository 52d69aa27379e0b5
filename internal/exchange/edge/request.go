package edge

import (
	"errors"
	"slices"
	"strings"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// maxText bounds a free text that becomes part of a record, in bytes.
const maxText = 200

// request reads who asks and what from a path behind a prefix and from the
// headers. What settles who asks, or what for, stands there once and by the one name that the interface
// has for it: a proxy that pins one of two would pin nothing.
func (r head) request(prefix string) (exchange.Request, error) {
	service, path, err := servicePath(prefix, r.path)
	if err != nil {
		return exchange.Request{}, err
	}
	if err := r.named(prefix); err != nil {
		return exchange.Request{}, err
	}
	q := exchange.Request{
		Service: service, Path: path, Query: r.query, Method: r.method, Role: exchange.RoleSystem, Accept: bounded(r.accept), Message: r.message, Trace: r.trace,
		Headers: make([]exchange.Header, 0, len(r.headers)),
	}
	var client, server, party, behalf string
	for _, h := range r.headers {
		switch h.known {
		case "content-type":
			q.Type = h.Value
		case "x-road-issue", "dobosh-matter": // only the one of this interface is here
			q.Matter = bounded(h.Value)
		case "dobosh-purpose":
			q.Purpose = h.Value
		case "x-road-client", "dobosh-client":
			client = h.Value
		case "x-road-security-server":
			server = h.Value
		case "x-road-represented-party":
			party = h.Value
		case "dobosh-behalf":
			behalf = h.Value
		}
		if !skipped(h.known) {
			q.Headers = append(q.Headers, h.Header)
		}
	}

	var errs [3]error
	q.Client, errs[0] = clientID(client)
	q.Node, errs[1] = serverCode(server, service)
	q.Behalf, errs[2] = behalfID(behalf)
	return q, errors.Join(errs[0], errs[1], errs[2], checkParty(party), checkText(q.Message), checkText(q.Type)) // the first of them is told
}

// named refuses a header that settles something where it stands twice, and one that is of the other interface.
func (r head) named(prefix string) error {
	foreign := xroadPath
	if prefix == xroadPath {
		foreign = ownPath
	}
	var seen [len(once)]bool
	for _, h := range r.headers {
		if h.known == "" {
			continue
		}
		if h.known == clientName(foreign) || h.known == issueName(foreign) {
			return problem.New(problem.Invalid, "header-twice")
		}
		if i := slices.Index(once[:], h.known); i >= 0 {
			if seen[i] {
				return problem.New(problem.Invalid, "header-twice")
			}
			seen[i] = true
		}
	}
	return nil
}

// once are the headers that stand at most once in a request.
var once = [...]string{"x-road-client", "dobosh-client", "x-road-id", "x-road-issue", "dobosh-matter", "x-road-security-server", "x-road-represented-party", "dobosh-purpose", "dobosh-behalf", "content-type"}

// clientName and issueName are what an interface calls the header that says who asks, and the one with the matter.
func clientName(prefix string) string {
	if prefix == ownPath {
		return "dobosh-client"
	}
	return "x-road-client"
}

func issueName(prefix string) string {
	if prefix == ownPath {
		return "dobosh-matter"
	}
	return "x-road-issue"
}

// servicePath cuts INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/rest behind a prefix.
// All five parts are required, as in X-Road's code (its text calls the subsystem
// optional). The rest stays as it is.
func servicePath(prefix, raw string) (registry.ID, string, error) {
	rest, ours := strings.CutPrefix(raw, prefix)
	parts := strings.SplitN(rest, "/", 6)
	if !ours || len(parts) < 5 {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path")
	}
	end := len(rest)
	if len(parts) == 6 {
		end -= 1 + len(parts[5])
	}
	service, err := registry.ParseID(rest[:end])
	if err != nil {
		return registry.ID{}, "", problem.New(problem.Invalid, "service-path").Because(err)
	}
	if len(parts) == 6 {
		return service, rest[end:], nil
	}
	return service, "", nil
}

// behalfID reads the subsystem for which a delegate asks; nothing is itself.
func behalfID(value string) (registry.ID, error) {
	if value == "" {
		return registry.ID{}, nil
	}
	id, err := registry.ParseID(value)
	if err != nil || id.Subsystem == "" || id.Service != "" {
		return id, problem.New(problem.Invalid, "party-invalid").Because(err)
	}
	return id, nil
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
