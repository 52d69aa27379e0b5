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

// collector takes spans by OTLP.
type collector struct {
	*httptest.Server
	mu  sync.Mutex
	all map[string]span // guarded by mu, by id
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{all: map[string]span{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range sent.ResourceSpans {
			for _, s := range of.ScopeSpans[0].Spans {
				for _, a := range of.Resource.Attributes {
					if a.Key == "service.instance.id" {
						s.node = a.Value.StringValue
					}
				}
				c.all[s.SpanID] = s
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// TestTheEdgeIsTheFirstStep: what one of the member's own systems asks is one trace: its own
// step, the edge, the question, the answer, the information system.
func TestTheEdgeIsTheFirstStep(t *testing.T) {
	const trace, client = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	c := collect(t)
	w := newTown(t)
	for _, name := range []string{demo.City, demo.Registers} {
		w.other[name] = func(cfg *node.Config) { cfg.Traces = &node.Traces{Endpoint: c.URL} }
	}
	w.all()
	w.followed(demo.Registers)
	w.followed(demo.City)
	w.asks(http.DefaultClient, "http://"+w.at(demo.City, "edge"), w.nodes[demo.City].Member.String()+"/family", "Traceparent", "00-"+trace+"-"+client+"-01")
	testkit.Eventually(t, "the way from the client to the system is one trace", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, last := range c.all {
			way := last.node + " " + last.Name
			for last.TraceID == trace && last.ParentSpanID != client && last.ParentSpanID != "" {
				last = c.all[last.ParentSpanID]
				way = last.node + " " + last.Name + ", " + way
			}
			if last.ParentSpanID == client && way == demo.City+" edge, "+demo.City+" ask, "+demo.Registers+" answer, "+demo.Registers+" system" {
				return true
			}
		}
		return false
	})
}

// TestTheStepsOfOneQuestionAreOneTrace: what the client began goes on at the edge's node,
// at the provider and in the information system, each step under the one before it.
func TestTheStepsOfOneQuestionAreOneTrace(t *testing.T) {
	c := collect(t)
	w := newTown(t)
	for _, name := range []string{demo.City, demo.Registers} {
		w.other[name] = func(cfg *node.Config) { cfg.Traces = &node.Traces{Endpoint: c.URL} }
	}
	w.all()
	heard := map[string]bool{} // headers that the information system was given
	listens := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		heard[r.Header.Get("Traceparent")] = true
	})
	w.birthWith(register("residence", "residents"), listens, func() {
		testkit.Eventually(t, "a question goes all the way in one trace", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, answer := range c.all {
				asked, known := c.all[answer.ParentSpanID]
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
	c.mu.Lock()
	defer c.mu.Unlock()
	steps := map[string]bool{}
	for _, s := range c.all {
		if s.ParentSpanID != "" && c.all[s.ParentSpanID].SpanID != "" {
			steps[c.all[s.ParentSpanID].Name+" "+s.Name] = true
		}
	}
	for _, want := range []string{"ask answer", "ask journal", "ask network", "answer system", "answer provider-journal"} {
		if !steps[want] {
			t.Errorf("no step %s in %v", want, steps)
		}
	}
}
