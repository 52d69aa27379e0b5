package catalogue

import (
	"context"
	"log/slog"

	"dobosh/internal/registry"
)

// gatherLook is how many services are looked at for one to fetch.
const gatherLook = 200

// gather fetches one description of another member that is not here yet, so
// that its words are found and its page opens at once. It stops where keeping
// one more would mean forgetting another.
func (r *Room) gather(ctx context.Context) {
	sv, found := r.lacking()
	if !found {
		return
	}
	if _, err := r.read(ctx, sv, sv.Description); err != nil && ctx.Err() == nil {
		r.Log.InfoContext(ctx, "a description is not here yet", slog.String("service", sv.ID.String()), slog.Any("error", err))
	}
}

// lacking finds a service whose description is not here, going on where it
// stopped the last time.
func (r *Room) lacking() (lacks registry.Service, found bool) {
	if r.Peers == nil {
		return lacks, false
	}
	r.refresh.Lock()
	defer r.refresh.Unlock()
	if len(r.abstract) >= maxOthers {
		return lacks, false
	}
	n := 0
	for sv := range r.State().ServicesAfter(r.gathered) {
		if n++; n > gatherLook {
			return lacks, false
		}
		r.gathered = sv.ID
		_, here := r.abstract[sv.Description]
		if sv.Description != "" && !here && sv.ID.Owner() != r.Member && !r.missing.recently(sv.Description, r.Now(), gatherAgain) {
			return sv, true
		}
	}
	r.gathered = registry.ID{}
	return lacks, false
}
