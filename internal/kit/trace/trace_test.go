package trace_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dobosh/internal/kit/trace"
)

func TestTraceparent(t *testing.T) {
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	c, ok := trace.Parse(good)
	if !ok || !c.Recorded || c.String() != good {
		t.Errorf("%v %s", ok, c)
	}
	child := c.Child()
	if child.Trace != c.Trace || child.Span == c.Span || !child.Recorded {
		t.Errorf("child %s", child)
	}
	if quiet, ok := trace.Parse(good[:len(good)-1] + "0"); !ok || quiet.Recorded || quiet.Child().Recorded {
		t.Error("who wants no record is recorded")
	}
	if later, ok := trace.Parse("cc" + good[2:] + "-what-comes"); !ok || later.Trace != c.Trace {
		t.Error("a later version is not read")
	}
	if first := (trace.Context{}).Child(); first.Trace == [16]byte{} || !first.Recorded {
		t.Errorf("the first of a trace: %s", first)
	}
	for _, bad := range []string{"", "00", good + "-x", "ff" + good[2:], good[:len(good)-2] + "zz", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01", "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "---"} {
		if c, ok := trace.Parse(bad); ok {
			t.Errorf("%q is read as %s", bad, c)
		}
	}
}

func TestSpansReachTheCollector(t *testing.T) {
	got := make(chan map[string]any, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var sent map[string]any
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		got <- sent
	}))
	defer collector.Close()
	e := trace.Open(collector.URL, "service.name", "dobosh")
	c := trace.Context{}.Child()
	e.Add(trace.Span{Context: c, Name: "ask", Kind: trace.Client, Start: time.Unix(1, 0), End: time.Unix(2, 0), Fault: "node-away"})
	e.Add(trace.Span{Context: trace.Context{Trace: c.Trace, Span: c.Span}, Name: "not recorded"})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(<-got)
	var sent struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct {
					TraceID, SpanID, ParentSpanID, Name, StartTimeUnixNano string
					Kind                                                   int
					Status                                                 struct{ Code int }
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &sent); err != nil || len(sent.ResourceSpans) != 1 {
		t.Fatalf("%v: %s", err, raw)
	}
	spans := sent.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 1 || spans[0].Name != "ask" || len(spans[0].TraceID) != 32 || len(spans[0].SpanID) != 16 || spans[0].ParentSpanID != "" || spans[0].StartTimeUnixNano != "1000000000" || spans[0].Kind != 3 || spans[0].Status.Code != 2 {
		t.Errorf("%s", raw)
	}
	var none *trace.Exporter
	none.Add(trace.Span{})
	if none.Close() != nil || none.Dropped() != 0 || e.Dropped() != 0 {
		t.Error("nobody to send to is an error")
	}
}
