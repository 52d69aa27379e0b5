package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
)

// Bounds of what waits for the journal without anybody waiting for it.
const (
	backlogEntries = 1024
	backlogBytes   = 32 << 20
	batchEntries   = journal.MaxTogether
	batchBytes     = 16 << 20
)

// recorder writes what an asker notes of the responses that it got: they are
// proved already, and nobody waits until they are noted. Who has more to note
// than may wait does wait.
type recorder struct {
	journal Journal
	log     *slog.Logger

	mu      sync.Mutex // guards what follows
	waiting []journal.Entry
	bytes   int
	writing int           // entries that were taken and are not written yet
	room    chan struct{} // closed and replaced whenever entries were taken
	empty   sync.Cond     // nothing waits or is being written
	closed  bool
	wake    chan struct{}
	ended   chan struct{}
}

func newRecorder(j Journal, log *slog.Logger) *recorder {
	r := &recorder{journal: j, log: log, room: make(chan struct{}), wake: make(chan struct{}, 1), ended: make(chan struct{})}
	r.empty.L = &r.mu
	go r.run()
	return r
}

// note takes an entry. It waits while too much waits already, and gives up with
// ctx; then the entry is not noted.
func (r *recorder) note(ctx context.Context, e journal.Entry) error {
	for {
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			return errors.New("the node is closing")
		}
		if len(r.waiting) < backlogEntries && (r.bytes < backlogBytes || len(r.waiting) == 0) {
			r.waiting = append(r.waiting, e)
			r.bytes += len(e.Body)
			r.mu.Unlock()
			r.nudge()
			return nil
		}
		room := r.room
		r.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *recorder) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// flush returns when everything that was noted before is written.
func (r *recorder) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting)+r.writing > 0 {
		r.empty.Wait()
	}
}

// close writes what waits and ends.
func (r *recorder) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.nudge()
	<-r.ended
}

// run is the goroutine that writes.
func (r *recorder) run() {
	defer close(r.ended)
	for range r.wake {
		for batch := r.take(); len(batch) > 0; batch = r.take() {
			r.write(batch)
		}
		r.mu.Lock()
		done := r.closed && len(r.waiting) == 0
		r.mu.Unlock()
		if done {
			return
		}
	}
}

// take gives entries that are written together, and says that those it gave
// before are.
func (r *recorder) take() []journal.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, size := 0, 0
	for n < min(len(r.waiting), batchEntries) && (n == 0 || size+len(r.waiting[n].Body) <= batchBytes) {
		size += len(r.waiting[n].Body)
		n++
	}
	batch := r.waiting[:n:n]
	r.waiting, r.bytes, r.writing = r.waiting[n:], r.bytes-size, n
	if len(r.waiting) == 0 {
		r.waiting = nil // batch owns what was
	}
	close(r.room)
	r.room = make(chan struct{})
	if n == 0 {
		r.empty.Broadcast()
	}
	return batch
}

// write appends entries, trying again while the journal is busy. What cannot be
// written is told to the log: the requests stand in the journal already.
func (r *recorder) write(batch []journal.Entry) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		_, err := r.journal.AppendAll(ctx, batch...)
		if errors.Is(err, journal.ErrBusy) && clock.Pause(ctx, time.Millisecond) == nil {
			continue
		}
		if err != nil {
			for i := range batch {
				r.log.ErrorContext(ctx, "the answer is not in the journal", attr("exchange", batch[i].ID), attr("error", err.Error()))
			}
		}
		return
	}
}
