package node

import (
	"net/http"

	"dobosh/internal/act"
)

// routes is what one surface answers. Nothing is answered that does not say who
// may ask: there is no other way to an address of a node.
type routes struct {
	mux  *http.ServeMux
	rows []act.Row
}

func newRoutes() *routes { return &routes{mux: http.NewServeMux()} }

// ServeHTTP answers one request.
func (r *routes) ServeHTTP(w http.ResponseWriter, q *http.Request) { r.mux.ServeHTTP(w, q) }

// on answers one route.
func (r *routes) on(pattern string, right act.Right, handler http.Handler) *routes {
	r.rows = append(r.rows, act.Row{Pattern: pattern, Right: right})
	r.mux.Handle(pattern, handler)
	return r
}

// all answers the routes of a handler that has several.
func (r *routes) all(rows []act.Row, handler http.Handler) *routes {
	for _, row := range rows {
		r.on(row.Pattern, row.Right, handler)
	}
	return r
}

// HandleFunc implements operator.Routes: who may open the door is the operator.
func (r *routes) HandleFunc(pattern string, answer func(http.ResponseWriter, *http.Request)) {
	r.on(pattern, act.SignedIn(), http.HandlerFunc(answer))
}

// Row is a route of a node with the surface on which it stands.
type Row struct {
	Surface string
	act.Row
}

// Rows is the table of routes and rights: all that the node answers on all its
// surfaces. By what somebody is known, depends on the surface: a session of the
// portal, the token of a system, the certificate of a member's node, or that of
// a client at the edge; at the operator's door it is the account of the node.
func (n *Node) Rows() (all []Row) {
	for _, s := range n.servers {
		for _, row := range s.rows {
			all = append(all, Row{s.name, row})
		}
	}
	return all
}
