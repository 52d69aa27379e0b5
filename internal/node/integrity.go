package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

// integrityEvery is how often the whole database is read.
const integrityEvery = 24 * time.Hour

// integrity is what was found when the whole database was read last.
type integrity struct {
	db *storage.DB

	mu     sync.Mutex
	damage error // guarded by mu; nil while none was found
}

// watch reads the database at the start and every day, beside everything else,
// until ctx ends.
func (i *integrity) watch(ctx context.Context) {
	for {
		if err := i.db.Integrity(ctx); ctx.Err() == nil {
			i.mu.Lock()
			i.damage = err
			i.mu.Unlock()
		}
		if clock.Pause(ctx, integrityEvery) != nil {
			return
		}
	}
}

// part tells of damage. The node goes on with what it can read; what is damaged
// fails by itself.
func (i *integrity) part(context.Context) finding {
	i.mu.Lock()
	defer i.mu.Unlock()
	if errors.Is(i.damage, storage.ErrDamaged) {
		return finding{grade: bad, code: "damaged", alarm: "integrity", cause: i.damage}
	}
	return finding{cause: i.damage}
}
