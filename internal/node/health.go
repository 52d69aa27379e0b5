package node

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/journal"
	"dobosh/internal/storage"
)

// health is what a probe reads.
type health struct {
	Status  string            `json:"status"` // "ok" or "not ready"
	Version string            `json:"version"`
	Checks  map[string]string `json:"checks,omitempty"` // by part: "ok" or what is wrong
}

// vitals are what a node cannot do its work without.
type vitals struct {
	db      *storage.DB
	stream  *bus.Bus
	journal *journal.Log
	centre  centre
}

// routes answers /healthz (the process lives) and /readyz (it can do its work).
func (v vitals) routes() *routes {
	return newRoutes().on("GET /healthz", act.Anyone(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, health{Status: "ok", Version: Version})
	})).on("GET /readyz", act.Anyone(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeHealth(w, v.ready(r.Context()))
	}))
}

func writeHealth(w http.ResponseWriter, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h) // the probe may have gone
}

func (v vitals) ready(ctx context.Context) health {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h := health{Status: "ok", Version: Version, Checks: map[string]string{}}
	check := func(part string, err error) {
		h.Checks[part] = "ok"
		if err != nil {
			h.Checks[part], h.Status = "fails", "not ready"
		}
	}
	check("storage", v.db.Ping(ctx))
	err := v.stream.Ready(ctx)
	if check("bus", err); errors.Is(err, bus.ErrNoQuorum) {
		h.Checks["bus"] = "no quorum"
	}
	check("journal", v.journal.Err())
	says, ready := v.centre.health()
	if h.Checks["registry"] = says; !ready {
		h.Status = "not ready"
	}
	return h
}
