package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// sourceWait is how long an information system may take to show a description.
const sourceWait = 15 * time.Second

// HasSource reports whether the description of a service can be fetched from
// its information system.
func (r *Room) HasSource(service registry.ID) bool { return r.Sources[service] != "" }

// Fetch reads the description of a service where its information system shows
// it. The address is the operator's, in the configuration: nobody at a page can
// make the node ask anything else. Redirects are not followed.
//
// Problem: not-allowed, source-unknown, source-away, description-too-large.
func (r *Room) Fetch(ctx context.Context, by act.Actor, service registry.ID) ([]byte, error) {
	if err := r.mayDescribe(by); err != nil {
		return nil, err
	}
	address := r.Sources[service]
	if address == "" {
		return nil, problem.New(problem.NotFound, "source-unknown", "service", service.String())
	}
	ctx, cancel := context.WithTimeout(ctx, sourceWait)
	defer cancel()
	raw, err := show(ctx, address)
	if err != nil && !problem.HasCode(err, "description-too-large") {
		return nil, problem.New(problem.Unavailable, "source-away", "service", service.String()).Because(err)
	}
	return raw, err
}

// show gets what stands at an address.
func show(ctx context.Context, address string) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", "application/json, application/yaml")
	transport := &http.Transport{Proxy: nil, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	return limited(answer.Body)
}
