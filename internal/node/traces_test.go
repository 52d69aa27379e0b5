package node_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

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
	heard := map[string]bool{} // headers that the information system was given
	listens := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard[r.Header.Get("Traceparent")] = true
	})
	w.birthWith(register("residence", "residents"), listens, func() {
		testkit.Eventually(t, "a question goes all the way in one trace", func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, answer := range all {
				asked, known := all[answer.ParentSpanID]
				if answer.Name != "answer" || answer.Kind != 2 || answer.node != demo.Registers || !known || asked.Name != "ask" || asked.node != demo.City || asked.TraceID != answer.TraceID {
					continue
				}
				if heard["00-"+answer.TraceID+"-"+answer.SpanID+"-01"] {
					return true
				}
			}
			return false
		})
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
