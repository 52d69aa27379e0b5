package receipts

import (
	"sync"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
)

// Bounds of the pages of the access log that are kept.
const (
	keepPage  = time.Minute // turning back to it, or loading it again, asks nobody
	keepPages = 200
)

// kept are pages of access logs as they were gathered a moment ago. Each gathering is a
// look of its own in the journals of all bodies, so a page that is loaded again and again
// would fill everybody's disks. The zero value is empty.
type kept struct {
	mu    sync.Mutex
	pages map[keptKey]keptPage // guarded by mu
}

type keptKey struct {
	person string
	after  page.Key
}

type keptPage struct {
	until  time.Time
	page   page.Page[Access]
	silent []lang.Text
}

func (k *kept) get(key keptKey, now time.Time) (keptPage, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.pages[key]
	return p, ok && now.Before(p.until)
}

// put keeps a page. Where there are too many those that are over go, or else any.
func (k *kept) put(key keptKey, p keptPage, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.pages == nil {
		k.pages = map[keptKey]keptPage{}
	}
	for old, p := range k.pages {
		if !now.Before(p.until) {
			delete(k.pages, old)
		}
	}
	for old := range k.pages {
		if len(k.pages) < keepPages {
			break
		}
		delete(k.pages, old)
	}
	k.pages[key] = p
}
