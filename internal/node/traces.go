package node

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge"
	"dobosh/internal/kit/trace"
)

// Traces says where the steps of exchanges are shown together.
type Traces struct {
	// Endpoint of a collector that takes OTLP over HTTP, to which /v1/traces is added.
	Endpoint string `yaml:"endpoint"`
}

func (t *Traces) check() []error {
	if t == nil {
		return nil
	}
	if u, err := url.Parse(t.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return []error{fmt.Errorf("traces.endpoint: %q is no http or https address", t.Endpoint)}
	}
	return nil
}

// openTraces begins to send spans; nil where nobody wants them.
func openTraces(b base) *trace.Exporter {
	if b.Traces == nil {
		return nil
	}
	return trace.Open(b.Traces.Endpoint, "service.name", "dobosh", "service.version", Version, "service.instance.id", b.Name, "organization.id", b.Member.String())
}

// noteRequest makes a span of a request at the edge, of which the exchange that it asks
// for is a step.
func noteRequest(to *trace.Exporter, surface string, s edge.Seen) {
	if to == nil {
		return
	}
	span := trace.Span{Context: s.Trace, Parent: s.Parent, Name: surface, Kind: trace.Server, Start: s.Begun, End: s.Begun.Add(s.Took),
		Pairs: []string{"http.route", s.Route, "http.request.method", s.Method, "http.response.status_code", strconv.Itoa(s.Status)}}
	if s.Refusal != nil {
		span.Fault = s.Refusal.Code
	}
	to.Add(span)
}

// noteSpans makes spans of an exchange and of its steps. The steps of the provider that
// the asker was told of are its own spans there.
func noteSpans(to *trace.Exporter, o exchange.Observation) {
	if to == nil {
		return
	}
	whole := trace.Span{Context: o.Trace, Parent: o.Parent, Name: "answer", Kind: trace.Server, Start: o.Begun, End: o.Begun.Add(o.Took), Fault: o.Code,
		Pairs: []string{"rpc.service", o.Service.String(), "dobosh.client", o.Client.String(), "dobosh.contract", o.Contract}}
	if o.Outbound {
		whole.Name, whole.Kind = "ask", trace.Client
	}
	to.Add(whole)
	at := o.Begun
	for _, hop := range o.Hops {
		kind := trace.Internal
		switch {
		case hop.Took <= 0, o.Outbound && (hop.Name == exchange.HopProvider || hop.Name == exchange.HopSystem):
			continue
		case hop.Name == exchange.HopSystem:
			kind = trace.Client
		}
		end := at.Add(hop.Took)
		to.Add(trace.Span{Context: o.Trace.Child(), Parent: o.Trace.Span, Name: hop.Name, Kind: kind, Start: at, End: at.Add(min(hop.Took, time.Hour))})
		at = end
	}
}
