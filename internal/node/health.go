package node

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/clock"
)

// grade is how well a part of the node is.
type grade int

const (
	good grade = iota
	poor       // somebody should see to it, and the node goes on
	bad        // the node cannot do its work
)

// finding is what a part answered.
type finding struct {
	grade   grade
	code    string             // what is wrong, in a word; empty when nothing is
	alarm   string             // sentence for the operator's page, alarm.KEY; empty for none
	values  []any              // pairs for the sentence
	figures map[string]float64 // for Prometheus, by name
	cause   error              // for the log
}

// part is something that the node cannot do its work without, or that somebody
// has to see to.
type part struct {
	name string
	ask  func(ctx context.Context) finding
}

// Bounds of asking the parts.
const (
	// partPatience is how long a part may take to answer.
	partPatience = 2 * time.Second
	// healthKept is how long an answer serves whoever asks.
	healthKept = time.Second
	// healthEvery is how often the node asks its parts by itself.
	healthEvery = 5 * time.Second
)

// vitals ask the parts of a node how they are, at most once a second for all who
// want to know.
type vitals struct {
	parts []part
	log   *slog.Logger

	mu    sync.Mutex
	asked time.Time          // guarded by mu; by the machine's clock
	found map[string]finding // guarded by mu; by part
}

// health is what a probe reads.
type health struct {
	Status  string            `json:"status"` // "ok" or "not ready"
	Version string            `json:"version"`
	Checks  map[string]string `json:"checks,omitempty"` // by part: "ok" or what is wrong
}

// routes answers /healthz (the process lives) and /readyz (it can do its work).
func (v *vitals) routes() *routes {
	return newRoutes().on("GET /healthz", act.Anyone(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, health{Status: "ok", Version: Version})
	})).on("GET /readyz", act.Anyone(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeHealth(w, v.ready(r.Context()))
	}))
}

// operationsOpenAPI describes the routes for those who run the node.
//
//go:embed openapi.json
var operationsOpenAPI []byte

// describeOperations answers with what can be asked.
func describeOperations(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(operationsOpenAPI) // who asked may have gone
}

func writeHealth(w http.ResponseWriter, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h) // the probe may have gone
}

// ready says whether the node can do its work. A part that somebody should see to
// is named, and does not keep the node from its work.
func (v *vitals) ready(ctx context.Context) health {
	h := health{Status: "ok", Version: Version, Checks: map[string]string{}}
	for name, f := range v.look(ctx) {
		h.Checks[name] = "ok"
		if f.code != "" {
			h.Checks[name] = f.code
		}
		if f.grade == bad {
			h.Status = "not ready"
		}
	}
	return h
}

// look gives what the parts answered within the last second, or asks all of them
// together.
func (v *vitals) look(ctx context.Context) map[string]finding {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.asked.IsZero() && time.Since(v.asked) < healthKept {
		return v.found
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partPatience) // what is found is for others as well
	defer cancel()
	answers := make([]finding, len(v.parts))
	var group sync.WaitGroup
	for i, p := range v.parts {
		group.Go(func() { answers[i] = p.ask(ctx) })
	}
	group.Wait()
	found := make(map[string]finding, len(v.parts))
	for i, p := range v.parts {
		found[p.name] = answers[i]
		if before := v.found[p.name]; before.code != answers[i].code || before.grade != answers[i].grade {
			v.tell(ctx, p.name, answers[i])
		}
	}
	v.found, v.asked = found, time.Now()
	return found
}

// tell writes that a part is another than before.
func (v *vitals) tell(ctx context.Context, part string, f finding) {
	level := slog.LevelInfo
	switch f.grade {
	case poor:
		level = slog.LevelWarn
	case bad:
		level = slog.LevelError
	}
	attributes := []slog.Attr{slog.String("part", part), slog.String("state", f.state())}
	if f.cause != nil {
		attributes = append(attributes, slog.Any("error", f.cause))
	}
	for i := 1; i < len(f.values); i += 2 {
		attributes = append(attributes, slog.Any(f.values[i-1].(string), f.values[i]))
	}
	v.log.LogAttrs(ctx, level, "a part of the node has changed", attributes...)
}

// state is the code, or "ok".
func (f finding) state() string {
	if f.code == "" {
		return "ok"
	}
	return f.code
}

// watch asks the parts again and again until ctx ends, so that it is known and
// written how they are when nobody asks.
func (v *vitals) watch(ctx context.Context) {
	for clock.Pause(ctx, healthEvery) == nil {
		v.look(ctx)
	}
}

// asks makes a part of a question that is answered by an error or none.
func asks(name, code, alarm string, ask func(ctx context.Context) error) part {
	return part{name, func(ctx context.Context) finding {
		err := ask(ctx)
		switch {
		case err == nil:
			return finding{}
		case errors.Is(err, context.DeadlineExceeded):
			return finding{grade: bad, code: "slow", alarm: alarm, cause: err}
		}
		return finding{grade: bad, code: code, alarm: alarm, cause: err}
	}}
}
