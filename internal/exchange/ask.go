package exchange

import (
	"cmp"
	"context"
	"io"
	"net/textproto"
	"slices"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Request is what is asked of another institution's data service.
type Request struct {
	Client   registry.ID // subsystem of this node's member
	Service  registry.ID
	Method   string
	Path     string // raw, with its leading slash
	Query    string
	Type     string // media type of Body
	Accept   string // media types of the response, as in the header
	Body     []byte
	Purpose  string      // of the contract to ask under; empty for the first that covers the request
	Matter   string      // the case or event in which is asked
	Role     string      // who stands behind the request
	Subjects []string    // persons concerned in [ReceiptSector], where the asker knows them
	ID       string      // empty for a new one
	Message  string      // id that the information system gave the request, if any
	Headers  []Header    // that the information system gets besides; those of one connection are left out
	Behalf   registry.ID // consumer for whom a delegate asks; zero for itself
	Upload   io.Reader   // a long body, read once, instead of Body; nil for none
	Trace    string      // W3C traceparent; may be empty
	Node     string      // name of the node of the provider that must be asked; empty for any
}

// Response is what came back, and how it can be proved.
type Response struct {
	Meta    ResponseMeta
	Body    []byte
	Origin  string        // log of the provider
	Index   int64         // of the response in it
	Headers []Header      // of the information system, as far as they may leave; the type stands in the response
	Stream  io.ReadCloser // a long body, proved as it flows; nil when Body holds it; the caller closes it
	Hops    []Hop
}

// Ask asks and returns when the response is here and proved, or the head of it
// where it is long. An Upload is read until the response has
// ended, and no longer: a read that is under way is waited for. Errors are
// problems: they say whether the asker, the provider or the information system
// behind it has to act.
func (g *Gateway) Ask(ctx context.Context, a Request) (Response, error) {
	begun := time.Now()
	q, err := g.prepare(a)
	answer := Response{}
	if err == nil {
		q.timeout = newIdleTimeout(ctx, g.IdleTimeout)
		answer, err = q.put()
		if answer.Stream == nil {
			q.timeout.end()
		}
	}
	g.observe(Observation{Outbound: true, Client: a.Client, Service: a.Service, Contract: q.Contract, Status: answer.Meta.Status,
		Hops: answer.Hops, RequestBytes: int64(len(a.Body)), ResponseBytes: int64(len(answer.Body))}, begun, err)
	return answer, err
}

// observe tells what an exchange was like.
func (g *Gateway) observe(o Observation, begun time.Time, err error) {
	if o.Took = time.Since(begun); err != nil {
		o.Code = problem.Of(err).Code
	}
	g.Observe(o)
}

// outboundRequest is a request of this node on its way.
type outboundRequest struct {
	RequestMeta
	g       *Gateway
	request Request
	limit   int64     // of a body, in either direction
	until   time.Time // when the response may be kept no longer; zero for no such time
	nodes   []registry.Node
	timeout *idleTimeout

	meta  []byte
	stamp journal.Stamp
	body  body // names the request
	hops  []Hop

	uploaded func() error // ends the upload; see upload
}

// prepare finds the nodes that can be asked and the contract to ask under.
func (g *Gateway) prepare(a Request) (*outboundRequest, error) {
	q := &outboundRequest{g: g, request: a}
	state := g.State()
	if err := g.fresh(); err != nil {
		return q, err
	}
	if err := g.registered(state); err != nil {
		return q, err
	}
	if a.Client.Owner() != g.Member || !state.HasSubsystem(a.Client) {
		return q, problem.New(problem.Forbidden, "client-unknown", "client", a.Client.String())
	}
	var err error
	if q.nodes, err = providers(state, a); err != nil {
		return q, err
	}
	contract, err := g.choose(state, a)
	if err != nil {
		return q, err
	}
	q.RequestMeta, q.limit, q.until = g.questionUnder(contract, a), limitOf(contract), g.retained(contract)
	if a.Upload == nil && int64(len(a.Body)) > q.limit || len(a.Body) > maxBody {
		return q, problem.New(problem.TooLarge, "question-too-large")
	}
	q.meta, err = encodeQuestion(q.RequestMeta)
	return q, err
}

// questionUnder is what is asked, and under which contract.
func (g *Gateway) questionUnder(c registry.Contract, a Request) RequestMeta {
	return RequestMeta{
		Version: Version, ID: cmp.Or(a.ID, id.New()), At: g.Now(), Client: a.Client, Behalf: a.Behalf, Service: a.Service, Contract: c.ID,
		Method: a.Method, Path: a.Path, Query: a.Query, Type: cmp.Or(a.Type, valueOf(a.Headers, "Content-Type")), Accept: cmp.Or(a.Accept, valueOf(a.Headers, "Accept")),
		Headers: passing(a.Headers), Message: a.Message, Trace: a.Trace, Parts: a.Upload != nil,
		Purpose: c.Purpose, Provision: c.Provision, Matter: a.Matter, Role: a.Role,
	}
}

// encodeQuestion gives the bytes that the journal commits to, if another node
// would take the request.
func encodeQuestion(q RequestMeta) ([]byte, error) {
	if err := checkHeaders(q.Headers, travels); err != nil {
		return nil, problem.New(problem.Invalid, "question-headers").Because(err)
	}
	if err := q.check(); err != nil {
		return nil, problem.New(problem.Invalid, "service-path").Because(err)
	}
	meta, err := q.encode()
	if err != nil {
		return nil, err
	}
	if len(meta) > maxMeta {
		return nil, problem.New(problem.TooLarge, "question-too-large")
	}
	return meta, nil
}

// providers gives the nodes of the provider that take requests.
func providers(state *registry.State, a Request) ([]registry.Node, error) {
	all := state.Nodes(a.Service)
	if len(all) == 0 || !state.HasSubsystem(a.Service.System()) {
		return nil, problem.New(problem.NotFound, "provider-unknown", "service", a.Service.String())
	}
	service, known := state.Service(a.Service)
	if !known {
		return nil, problem.New(problem.NotFound, "service-unknown", "service", a.Service.String())
	}
	if err := disabled(service); err != nil {
		return nil, err
	}
	if a.Node != "" {
		all = slices.DeleteFunc(all, func(n registry.Node) bool { return n.Name != a.Node })
		if len(all) == 0 {
			return nil, problem.New(problem.NotFound, "node-unknown", "node", a.Node, "body", a.Service.Owner().String())
		}
	}
	serving := make([]registry.Node, 0, len(all))
	for _, n := range all {
		if n.Serves() {
			serving = append(serving, n)
		}
	}
	if len(serving) == 0 {
		return nil, maintenance(all[0])
	}
	return serving, nil
}

// fresh refuses to go on with a registry that nobody has confirmed for long.
func (g *Gateway) fresh() error {
	if age := g.Now().Sub(g.Contact()); age > g.Stale {
		return problem.New(problem.Unavailable, "registry-outdated")
	}
	return nil
}

// registered refuses to ask when the registry does not have this node, or has
// another key under its name: nobody would answer it.
func (g *Gateway) registered(state *registry.State) error {
	if own, known := state.NodeByTLS(g.Credential.Pin()); !known || own.Member != g.Member || own.Name != g.Node {
		return problem.New(problem.Forbidden, "node-revoked", "node", g.Node)
	}
	return nil
}

// choose takes the first contract that lets the request through. Where none
// does, the error of the one that comes nearest says why.
func (g *Gateway) choose(state *registry.State, a Request) (registry.Contract, error) {
	var nearest error
	asker := a.Client
	if a.Behalf != (registry.ID{}) {
		asker = a.Behalf
	}
	for _, c := range state.Between(asker, a.Service) {
		if c.Service != a.Service.Service || a.Purpose != "" && c.Purpose != a.Purpose || !state.Lets(c, a.Client, a.Behalf) {
			continue
		}
		if _, covered := covers(c, a.Method, a.Path); !covered {
			continue
		}
		err := g.standing(c)
		if err == nil {
			return c, nil
		}
		nearest = err
	}
	if nearest == nil {
		nearest = missing(a.Client, a.Service)
	}
	return registry.Contract{}, nearest
}

// Standing reports why a contract does not hold on a day: its own period, or
// the provision on which it rests.
func Standing(c registry.Contract, law Law, day civil.Day) error {
	if day.Before(c.From) {
		return problem.New(problem.Forbidden, "contract-not-begun", "contract", c.ID, "day", c.From.String())
	}
	if !c.Holds(day) {
		return problem.New(problem.Forbidden, "contract-ended", "contract", c.ID, "day", c.To.String())
	}
	return law.InForce(c.Provision, day)
}

func (g *Gateway) standing(c registry.Contract) error { return Standing(c, g.Law, civil.Of(g.Now())) }

// limitOf is how many bytes one body may have under a contract.
func limitOf(c registry.Contract) int64 { return cmp.Or(c.Limit, registry.DefaultLimit) }

// retained is until when a response under a contract may be kept; zero where it
// sets no time.
func (g *Gateway) retained(c registry.Contract) time.Time {
	if c.Retention == 0 {
		return time.Time{}
	}
	return g.Now().AddDate(0, 0, c.Retention)
}

// travels reports whether a header may be among those of a request.
func travels(canonical string) bool { return !ofConnection(canonical) && !ofNode(canonical) }

// anyHeader reports whether a header may be among those of a response.
func anyHeader(canonical string) bool {
	return !ofConnection(canonical) && textproto.CanonicalMIMEHeaderKey("Content-Type") != canonical
}
