package journal

import "sync"

// recentEntries is for how many of the newest entries it is remembered what they are.
const recentEntries = 4096

// glimpse is what can be said of an entry without its content: enough for a reader to pass over what does not concern it.
type glimpse struct {
	kind     string
	subjects int
}

// recent remembers glimpses of the newest entries, so that followers, who are mostly there, decrypt only what they want. Its
// zero value remembers nothing.
type recent struct {
	mu   sync.Mutex
	ring [recentEntries]glimpse // guarded by mu
	end  int64                  // index behind the newest; guarded by mu
	size int64                  // how many are remembered; guarded by mu
}

// note remembers the entries of a batch, the first of which has this index.
func (r *recent) note(first int64, batch []*request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range batch {
		for i := range request.entries {
			r.ring[first%recentEntries] = request.entries[i].glimpse
			first++
			r.size = min(r.size+1, recentEntries)
		}
	}
	r.end = first
}

// of is what the entry with this index is, if that is remembered.
func (r *recent) of(index int64) (glimpse, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if index >= r.end || index < r.end-r.size {
		return glimpse{}, false
	}
	return r.ring[index%recentEntries], true
}
