package node_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"dobosh/internal/exchange"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// span is one as a collector of OTLP reads it.
type span struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	node                                string
}

// TestTheStepsOfOneQuestionAreOneTrace: what the client began goes on at the edge's node,
// at the provider and in the information system, each step under the one before it.
func TestTheStepsOfOneQuestionAreOneTrace(t *testing.T) {
	var mu sync.Mutex
	all := map[string]span{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var sent struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []struct {
						Key   string
						Value struct{ StringValue string }
					}
				}
				ScopeSpans []struct{ Spans []span }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, of := range sent.ResourceSpans {
			for _, s := range of.ScopeSpans[0].Spans {
				for _, a := range of.Resource.Attributes {
					if a.Key == "service.instance.id" {
						s.node = a.Value.StringValue
					}
				}
				all[s.SpanID] = s
			}
		}
	}))
	t.Cleanup(collector.Close)
	w := newTown(t)
	for _, name := range []string{demo.City, demo.Registers} {
		w.other[name] = func(cfg *node.Config) { cfg.Traces = &node.Traces{Endpoint: collector.URL} }
	}
	w.all()
	heard := make(chan string, 100)
	service := register("residence", "residents")
	former := w.nodes[demo.Registers].Replace(service, exchange.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header.Get("Traceparent") })))
	t.Cleanup(func() { w.nodes[demo.Registers].Replace(service, former) })
	w.birth("jovana")

	testkit.Eventually(t, "a question goes all the way in one trace", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, answer := range all {
			asked, known := all[answer.ParentSpanID]
			if answer.Name != "answer" || answer.Kind != 2 || answer.node != demo.Registers || !known || asked.Name != "ask" || asked.node != demo.City || asked.TraceID != answer.TraceID {
				continue
			}
			select {
			case header := <-heard:
				parts := strings.Split(header, "-")
				if len(parts) == 4 && all[parts[2]].Name == "answer" && all[parts[2]].TraceID == parts[1] {
					return true
				}
				heard <- header // its span comes with the next second
			default:
			}
		}
		return false
	})
	mu.Lock()
	defer mu.Unlock()
	steps := map[string]bool{}
	for _, s := range all {
		if s.ParentSpanID != "" && all[s.ParentSpanID].SpanID != "" {
			steps[all[s.ParentSpanID].Name+" "+s.Name] = true
		}
	}
	for _, want := range []string{"ask answer", "ask journal", "ask network", "answer system", "answer provider-journal"} {
		if !steps[want] {
			t.Errorf("no step %s in %v", want, steps)
		}
	}
}
