package node

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// openCatalogue opens the list of data services with what they answer. The
// descriptions of what is built in are kept at once; what holds is the registry's
// to say.
func openCatalogue(ctx context.Context, b base, db *storage.DB, c centre, g gate, pack *law.Pack, builtIn [][]byte) (*catalogue.Room, Brings, error) {
	sources := map[registry.ID]string{} // where the programs of the member show what they answer
	var behind []registry.ID
	for _, s := range b.InformationSystems {
		behind = append(behind, s.of(b.Member).Service)
		if s.Description != "" {
			sources[s.of(b.Member).Service] = s.Description
		}
	}
	room, err := catalogue.New(ctx, catalogue.Config{
		Member: b.Member, Node: b.Name, State: c.State, Submit: c.submit, Peers: descriptions{g.client}, DB: db,
		Event: lifeEvent(pack), Behind: behind, Sources: sources, Now: b.now, Log: b.log,
	})
	if err != nil {
		return nil, Brings{}, err
	}
	for _, raw := range builtIn {
		if _, err := room.Keep(ctx, raw); err != nil {
			return nil, Brings{}, fmt.Errorf("description that is built in: %w", err)
		}
	}
	room.Refresh()
	give := room.ServeDescriptions()
	return room, Brings{
		Work: []func(context.Context){room.Run},
		Peers: map[string]http.Handler{"GET " + catalogue.DescriptionsPath + "{digest}": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := g.member(r); err != nil {
				http.Error(w, "only nodes of members read descriptions here", http.StatusForbidden)
				return
			}
			give.ServeHTTP(w, r)
		})},
	}, nil
}

// lifeEvent names what happens in people's lives as the pack does.
func lifeEvent(pack *law.Pack) func(code string) (lang.Text, bool) {
	return func(code string) (lang.Text, bool) {
		for _, e := range pack.LifeEvents() {
			if e.ID == code {
				return e.Title, true
			}
		}
		return nil, false
	}
}

// descriptionWait is how long another node may take to give a description.
const descriptionWait = 15 * time.Second

// descriptions fetches what the services of other members answer.
type descriptions struct {
	client func(registry.Node) *http.Client
}

// Description implements catalogue.Peers. The connection is not kept: a
// description is fetched once.
func (d descriptions) Description(ctx context.Context, at registry.Node, digest string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+at.Address+catalogue.DescriptionsPath+digest, nil)
	if err != nil {
		return nil, err
	}
	client := d.client(at)
	client.Timeout = descriptionWait
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // only the status counts
		return nil, fmt.Errorf("node %s of %s: status %d", at.Name, at.Member, answer.StatusCode)
	}
	return answer.Body, nil
}

// describer gives the description of a service; the catalogue is one.
type describer interface {
	Description(ctx context.Context, service registry.ID) (*openapi.Document, error)
}

// offered tells who makes contracts what services offer, by their descriptions.
type offered struct{ describer }

// Operations implements contracts.Descriptions. A description that cannot be
// read now is as good as none: the terms are then typed.
func (o offered) Operations(ctx context.Context, service registry.ID) ([]contracts.Operation, bool) {
	doc, err := o.Description(ctx, service)
	if err != nil {
		return nil, false
	}
	operations := make([]contracts.Operation, len(doc.Operations))
	for i, op := range doc.Operations {
		operations[i] = contracts.Operation{Method: op.Method, Path: op.Path, Says: op.Title}
		for _, p := range op.Parameters {
			switch p.In {
			case "query":
				operations[i].Parameters = append(operations[i].Parameters, p.Name)
			case "header":
				operations[i].Passes = append(operations[i].Passes, p.Name)
			}
		}
		for _, f := range catalogue.Fields(op) {
			operations[i].Fields = append(operations[i].Fields, contracts.Pointer(f))
		}
	}
	return operations, true
}
