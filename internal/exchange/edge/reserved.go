package edge

import (
	"context"
	"net/url"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge/metadata"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"github.com/valyala/fasthttp"
)

// answerReserved answers one of the services that X-Road keeps for itself. In X-Road the
// provider's server answers; here it is this one, from the registry that every
// node has, so that a provider that is away can be read about too. No right is
// needed, and nothing is journaled, since nothing leaves that is not public.
func (e *Edge) answerReserved(ctx *fasthttp.RequestCtx, r head, a exchange.Request) {
	body, mediaType, err := e.reserved(ctx, r, a)
	if err != nil {
		e.refuse(ctx, r, err)
		return
	}
	a.ID = id.New()
	e.head(ctx, r, a, nil)
	ctx.SetContentType(mediaType)
	ctx.Response.SetBodyRaw(body)
}

func (e *Edge) reserved(ctx *fasthttp.RequestCtx, r head, a exchange.Request) (body []byte, mediaType string, err error) {
	if err := e.mayRead(ctx, a.Client, a.Service); err != nil {
		return nil, "", err
	}
	state, provider := e.State(), a.Service.System()
	switch code := a.Service.Service; {
	case code == "getWsdl":
		return nil, "", problem.New(problem.Invalid, "service-type", "service", a.Service.String())
	case r.method != "GET":
	case code == metadata.ListMethods:
		return e.methods(state, provider), metadata.Plain, nil
	case code == metadata.AllowedMethods:
		return metadata.Allowed(state, a.Client, provider, e.InForce), metadata.Plain, nil
	case code == metadata.GetOpenAPI:
		return e.openAPI(state, provider, metadata.Target(r.query))
	}
	return nil, "", problem.New(problem.NotFound, "service-unknown", "service", a.Service.String())
}

// mayRead refuses metadata to those who are no clients here, and of those who
// provide nothing.
func (e *Edge) mayRead(ctx *fasthttp.RequestCtx, client, service registry.ID) error {
	if client != e.Member { // the member itself may read what is public, as in X-Road
		if err := e.admit(ctx, client); err != nil {
			return err
		}
	}
	state, provider := e.State(), service.System()
	if len(state.Nodes(provider)) == 0 || !state.HasSubsystem(provider) {
		return problem.New(problem.NotFound, "provider-unknown", "service", service.String())
	}
	return nil
}

// methods lists the services of a subsystem. What cannot be read of their
// descriptions in the time of one request stays away.
func (e *Edge) methods(state *registry.State, provider registry.ID) []byte {
	ctx, cancel := context.WithTimeout(e.life, headTimeout)
	defer cancel()
	return metadata.Methods(state, provider, func(sv registry.Service) []metadata.Endpoint {
		if e.Descriptions == nil || ctx.Err() != nil {
			return nil
		}
		raw, _, err := e.Descriptions.Document(ctx, sv.ID)
		if err != nil {
			return nil
		}
		doc, err := openapi.Read(raw)
		if err != nil {
			return nil
		}
		return metadata.Endpoints(doc)
	})
}

// openAPI gives the description of a service.
func (e *Edge) openAPI(state *registry.State, provider registry.ID, code string) (body []byte, mediaType string, err error) {
	if code == "" {
		return nil, "", problem.New(problem.Invalid, "service-unnamed")
	}
	named := provider.With(code)
	switch sv, known := state.Service(named); {
	case !known:
		return nil, "", problem.New(problem.NotFound, "service-absent", "service", named.String())
	case sv.Description == "":
		return nil, "", problem.New(problem.NotFound, "description-none", "service", named.String())
	case e.Descriptions == nil:
		return nil, "", problem.New(problem.Unavailable, "description-away", "service", named.String())
	}
	ctx, cancel := context.WithTimeout(e.life, headTimeout)
	defer cancel()
	raw, mediaType, err := e.Descriptions.Document(ctx, named)
	if err == nil {
		body, mediaType, err = metadata.OpenAPI(raw, mediaType)
	}
	if err != nil {
		return nil, "", problem.New(problem.Unavailable, "description-away", "service", named.String()).Because(err)
	}
	return body, mediaType, nil
}

// listClients answers with all members and subsystems; who asks is not said.
func (e *Edge) listClients(ctx *fasthttp.RequestCtx, r head) {
	if r.method != "GET" {
		e.refuse(ctx, r, problem.New(problem.Invalid, "method-unknown", "value", r.method))
		return
	}
	instance := e.Member.Instance
	if query, err := url.ParseQuery(r.query); err == nil && query.Get("xRoadInstance") != "" {
		instance = query.Get("xRoadInstance")
	}
	if metadata.AcceptsJSON([]string{r.accept}) {
		ctx.SetContentType(metadata.JSON)
		ctx.Response.SetBodyRaw(metadata.Clients(e.State(), instance))
		return
	}
	ctx.SetContentType(metadata.XML)
	ctx.Response.SetBodyRaw(metadata.ClientsXML(e.State(), instance))
}

// verificationConf answers with the registry as tools of X-Road read it.
func (e *Edge) verificationConf(ctx *fasthttp.RequestCtx, r head) {
	if r.method != "GET" {
		e.refuse(ctx, r, problem.New(problem.Invalid, "method-unknown", "value", r.method))
		return
	}
	archive, err := metadata.VerificationConf(e.State(), e.Member.Instance)
	if err != nil {
		e.refuse(ctx, r, err)
		return
	}
	ctx.SetContentType(metadata.Zip)
	ctx.Response.SetBodyRaw(archive)
}
