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
	writing int             // entries that were taken and are not written yet
	room    chan struct{}   // closed whenever entries were taken; nil while nobody waits for that
	spare   []journal.Entry // memory for those that will wait
	empty   sync.Cond       // nothing waits or is being written
	closed  bool
	wake    chan struct{}
	ended   chan struct{}
}

func newRecorder(j Journal, log *slog.Logger) *recorder {
	r := &recorder{journal: j, log: log, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	r.empty.L = &r.mu
	go r.run()
	return r
}

// notePatience is how long a note may wait for room.
const notePatience = 10 * time.Second

// note takes an entry. It waits while too much waits already, but not for ever: then
// the entry is not noted.
func (r *recorder) note(e *journal.Entry) error {
	room, err := r.add(e)
	if room == nil || err != nil {
		return err
	}
	late := time.NewTimer(notePatience)
	defer late.Stop()
	for {
		select {
		case <-room:
		case <-late.C:
			return context.DeadlineExceeded
		}
		if room, err = r.add(e); room == nil || err != nil {
			return err
		}
	}
}

// add takes an entry, or gives what to wait for.
func (r *recorder) add(e *journal.Entry) (room <-chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, errors.New("the node is closing")
	case len(r.waiting) < backlogEntries && (r.bytes < backlogBytes || len(r.waiting) == 0):
		r.waiting = append(r.waiting, *e)
		r.bytes += len(e.Body)
		r.nudge()
		return nil, nil
	case r.room == nil:
		r.room = make(chan struct{})
	}
	return r.room, nil
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
			r.again(batch)
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
	if len(r.waiting) == 0 { // batch owns what was
		r.waiting, r.spare = r.spare, nil
	}
	if r.room != nil {
		close(r.room)
		r.room = nil
	}
	if n == 0 {
		r.empty.Broadcast()
	}
	return batch
}

// again keeps the memory of entries that were written.
func (r *recorder) again(batch []journal.Entry) {
	clear(batch)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spare == nil {
		r.spare = batch[:0]
	}
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
