package metadata

import (
	"slices"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/registry"
)

// The types of services in the lists.
const (
	typeOpenAPI = "OPENAPI"
	typeREST    = "REST"
)

// Endpoint is a method and a path of a service in the words of X-Road's access
// rights: "*" stands for one segment of the path.
type Endpoint struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// service is one of a list of methods.
type service struct {
	Class     string     `json:"member_class"`
	Member    string     `json:"member_code"`
	Object    string     `json:"object_type"`
	Code      string     `json:"service_code"`
	Type      string     `json:"service_type"`
	Subsystem string     `json:"subsystem_code"`
	Instance  string     `json:"xroad_instance"`
	Endpoints []Endpoint `json:"endpoint_list"`
}

// Methods answers listMethods: all services of a subsystem. What endpoints one
// has, described says of those that have a description; it may be nil.
func Methods(state *registry.State, provider registry.ID, described func(registry.Service) []Endpoint) []byte {
	return methodsOf(state, provider, func(sv registry.Service) ([]Endpoint, bool) {
		if described == nil || sv.Description == "" {
			return nil, true
		}
		return described(sv), true
	})
}

// Allowed answers allowedMethods: the services of a subsystem that some contract
// lets client ask, with what these contracts allow. Whether a contract stands at
// present, inForce says: its period and its provision.
func Allowed(state *registry.State, client, provider registry.ID, inForce func(registry.Contract) bool) []byte {
	allowed := map[string][]Endpoint{}
	for _, c := range state.Between(client, provider) {
		if c.Service != "" && inForce(*c) {
			allowed[c.Service] = append(allowed[c.Service], endpointsOf(*c)...)
		}
	}
	return methodsOf(state, provider, func(sv registry.Service) ([]Endpoint, bool) {
		endpoints, some := allowed[sv.ID.Service]
		return endpoints, some
	})
}

func methodsOf(state *registry.State, provider registry.ID, listed func(registry.Service) ([]Endpoint, bool)) []byte {
	all := []service{}
	for sv := range servicesOf(state, provider.System()) {
		if endpoints, is := listed(sv); is {
			all = append(all, newService(sv, endpoints))
		}
	}
	return inJSON(struct {
		Services []service `json:"service"`
	}{all})
}

// servicesOf goes through the services of a subsystem in the order of their codes.
func servicesOf(state *registry.State, provider registry.ID) func(yield func(registry.Service) bool) {
	return func(yield func(registry.Service) bool) {
		for sv := range state.ServicesAfter(provider) {
			if sv.ID.System() != provider || !yield(sv) {
				return
			}
		}
	}
}

func newService(sv registry.Service, endpoints []Endpoint) service {
	kind := typeREST
	if sv.Description != "" {
		kind = typeOpenAPI
	}
	return service{
		Class: sv.ID.Class, Member: sv.ID.Member, Object: typeService, Code: sv.ID.Service, Type: kind, Subsystem: sv.ID.Subsystem,
		Instance: sv.ID.Instance, Endpoints: inOrder(endpoints),
	}
}

// inOrder sorts endpoints by path and method, each once; an empty list is one too.
func inOrder(endpoints []Endpoint) []Endpoint {
	sorted := append([]Endpoint{}, endpoints...)
	slices.SortFunc(sorted, func(a, b Endpoint) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Method, b.Method)
	})
	return slices.Compact(sorted)
}

// Endpoints are those of a description.
func Endpoints(doc *openapi.Document) []Endpoint {
	var all []Endpoint
	for _, op := range doc.Operations {
		all = append(all, Endpoint{op.Method, starred(op.Path)})
	}
	return all
}

func endpointsOf(c registry.Contract) []Endpoint {
	var all []Endpoint
	for _, path := range c.Paths {
		for _, method := range c.Methods {
			all = append(all, Endpoint{method, starred(path)})
		}
	}
	return all
}

// starred writes "*" for every name in braces.
func starred(path string) string {
	var b strings.Builder
	for {
		before, after, open := strings.Cut(path, "{")
		b.WriteString(before)
		_, rest, closed := strings.Cut(after, "}")
		if !open || !closed {
			b.WriteString(path[len(before):])
			return b.String()
		}
		b.WriteByte('*')
		path = rest
	}
}
