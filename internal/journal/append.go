package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Bounds of a batch: what waits beyond them goes into the next one.
const (
	maxBatch      = 4096 // entries
	maxBatchBytes = 8 << 20

	// Under load a batch waits a little for more: each costs a write, a sync and a signature here, and a verification at every
	// reader. When the last batch had fewer requests than a crowd, nobody waits; after a full house it waits longer.
	crowd       = 2
	linger      = 500 * time.Microsecond
	house       = 12
	houseLinger = 1500 * time.Microsecond
)

// Bounds of one AppendAll.
const (
	MaxTogether      = 256
	MaxTogetherBytes = 64 << 20 // of meta and bodies
)

// request is one thing the owner is asked to do: append sealed entries, or, when there are none, to destroy keys or to show that it can write.
type request struct {
	entries []sealed
	frames  []byte // of the entries, one behind the other

	subject string // whose key is destroyed
	day     uint32 // or that of the periods which end with it, when it is not 0
	check   bool   // or nothing, once what was written is on the disk

	result chan result // buffered, answered once; the owner touches nothing of the request after that
}

// Bytes of frames that a request may keep for the next one: those of few entries are many, those of whole batches are kept apart.
const (
	maxSpare      = 64 << 10
	maxSpareBatch = 1 << 20
)

type result struct {
	stamps    []Stamp
	destroyed int // keys
	err       error
}

// owner is what the goroutine that owns the log needs between batches.
type owner struct {
	edge   *edge
	end    int64 // bytes of the last segment
	buf    []byte
	stored []tlog.Hash
	places []place
	last   int                  // requests in the last batch
	sync   func(*os.File) error // makes a segment durable; a seam for tests that let the disk fail
}

// Append takes an entry into the log and returns when it is on disk. Entries that arrive together share one write, one sync and
// one signature. Errors: ErrEntry, ErrBusy (nothing was taken), ErrClosed, ErrStopped, or that of ctx; after the last two the
// entry may or may not be in the log.
func (l *Log) Append(ctx context.Context, e Entry) (Stamp, error) {
	stamps, err := l.AppendAll(ctx, e)
	if err != nil {
		return Stamp{}, err
	}
	return stamps[0], nil
}

// AppendAll takes entries that belong together: they follow one another in the log, in this order, in one batch, and after a
// crash all of them are there or none is. At most MaxTogether entries and MaxTogetherBytes. Errors are those of Append.
func (l *Log) AppendAll(ctx context.Context, entries ...Entry) ([]Stamp, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	together, frames := 0, 0
	for i := range entries {
		together += len(entries[i].Meta) + len(entries[i].Body)
		frames += frameRoom(&entries[i])
	}
	if len(entries) > MaxTogether || together > MaxTogetherBytes { // the bounds of one entry are checked below
		return nil, fmt.Errorf("%w: %d entries of %d bytes are too much at once", ErrEntry, len(entries), together)
	}

	// Entries are sealed here, in the goroutine of the one who appends them; the owner only writes.
	spare := &l.answered
	if frames > maxSpare {
		spare = &l.answeredBatches
	}
	r, again := spare.Get().(*request)
	if !again {
		r = &request{result: make(chan result, 1)}
	}
	r.entries, r.frames = r.entries[:0], slices.Grow(r.frames[:0], frames)
	for i := range entries {
		e := entries[i]
		if e.At.IsZero() {
			e.At = l.now()
		}
		if days := l.kept[e.Kind]; days > 0 && !e.detached() {
			if until := e.At.AddDate(0, 0, days); e.Until.IsZero() || until.Before(e.Until) {
				e.Until = until
			}
		}
		if err := e.validate(); err != nil {
			return nil, err
		}
		with, err := l.keyring.sealing(&e)
		if err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
		var s sealed
		r.frames, s = sealEntry(r.frames, &e, with)
		r.entries = append(r.entries, s)
	}
	res, answered, err := l.ask(ctx, r)
	if answered && cap(r.frames) <= maxSpareBatch && (frames > maxSpare || cap(r.frames) <= maxSpare) {
		spare.Put(r)
	}
	return res.stamps, err
}

// Erase destroys the content key of a subject, durably: entries that the subject owns can never be read again, here or in a copy
// of the segments, while the log goes on to verify. Entries of that subject that are appended at the same time may be lost with
// it. known is false when the subject owns nothing.
func (l *Log) Erase(ctx context.Context, subject string) (known bool, err error) {
	if subject == "" || len(subject) > MaxSubject {
		return false, fmt.Errorf("erase: a subject has 1 to %d bytes", MaxSubject)
	}
	r, _, err := l.ask(ctx, &request{subject: subject, result: make(chan result, 1)})
	return r.destroyed > 0, err
}

// Sweep destroys the keys of the days that have ended, durably: bodies that were to be kept until then can never be read again,
// here or in a copy of the segments, while the log goes on to verify. It says how many days have ended since the last time.
func (l *Log) Sweep(ctx context.Context, now time.Time) (periods int, err error) {
	if !inPeriods(now) || dayOf(now) == 0 {
		return 0, fmt.Errorf("sweep: %s is no day", now.Format(time.DateOnly))
	}
	r, _, err := l.ask(ctx, &request{day: dayOf(now), result: make(chan result, 1)})
	return r.destroyed, err
}

// Check returns when the owner of the log has come round to it and the disk has everything that was written. Errors are those of
// Append.
func (l *Log) Check(ctx context.Context) error {
	_, _, err := l.ask(ctx, &request{check: true, result: make(chan result, 1)})
	return err
}

// Failed returns why the log takes no more entries when a write or sync has failed, or nil when ctx ends or the log is closed. What
// is on the disk is known only when the log is opened again, by another process.
func (l *Log) Failed(ctx context.Context) error {
	select {
	case <-l.stopped:
		if errors.Is(l.cause, ErrStopped) {
			return l.cause
		}
	case <-ctx.Done():
	}
	return nil
}

// ask hands a request to the owner and waits for the answer. Where none came, the owner may still have the request.
func (l *Log) ask(ctx context.Context, r *request) (res result, answered bool, err error) {
	if err := ctx.Err(); err != nil {
		return res, false, err
	}
	if err := l.Err(); err != nil {
		return res, false, err
	}
	select {
	case l.queue <- r:
	default:
		return res, false, ErrBusy
	}
	select {
	case res = <-r.result:
		return res, true, res.err
	case <-ctx.Done():
		return res, false, ctx.Err()
	case <-l.stopped:
	}
	select {
	case res = <-r.result: // answered just before the owner ended
		return res, true, res.err
	default:
		return res, false, l.cause
	}
}

// run is the owner: it ends when the log is closed or a commit fails.
func (l *Log) run(ctx context.Context) {
	defer close(l.stopped)
	l.cause = ErrClosed
	var batch []*request
	for {
		if batch = l.gather(batch[:0]); len(batch) == 0 {
			return
		}
		l.owner.last = len(batch)
		if err := l.commit(batch); err != nil {
			l.cause = fmt.Errorf("%w: %w", ErrStopped, err)
			l.log.ErrorContext(ctx, "log stopped", slog.String("origin", l.origin), slog.Any("error", err))
			return // those who wait see that the owner has ended
		}
	}
}

// gather waits for a request and takes those that are there with it. It returns none when the log is closing and nobody waits.
func (l *Log) gather(batch []*request) []*request {
	select {
	case r := <-l.queue:
		batch = append(batch, r)
	case <-l.closing:
		select {
		case r := <-l.queue:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	runtime.Gosched() // lets those that the last batch has just woken come along; costs nothing when nobody is there
	switch last := l.owner.last; {
	case last >= house:
		time.Sleep(houseLinger)
	case last >= crowd:
		time.Sleep(linger)
	}
	entries, size := len(batch[0].entries), len(batch[0].frames)
	for entries < maxBatch && size < maxBatchBytes {
		select {
		case r := <-l.queue:
			batch = append(batch, r)
			entries += len(r.entries)
			size += len(r.frames)
		default:
			return batch
		}
	}
	return batch
}

// commit makes one batch durable and answers it. After an error the log must not go on: what the disk holds is unknown.
func (l *Log) commit(batch []*request) error {
	appends := batch[:0:len(batch)]
	var destructions []*request
	for _, r := range batch {
		if len(r.entries) == 0 {
			destructions = append(destructions, r)
		} else {
			appends = append(appends, r)
		}
	}
	if len(appends) > 0 {
		if err := l.commitAppends(appends); err != nil {
			return err
		}
	}
	for _, r := range destructions {
		var destroyed int
		var err error
		switch {
		case r.check:
			_, file := l.segments.last()
			err = l.owner.sync(file)
		case r.day > 0:
			destroyed, err = l.keyring.sweep(r.day)
		default:
			var known bool
			if known, err = l.keyring.erase(r.subject); known {
				destroyed = 1
			}
		}
		if err != nil {
			return err
		}
		r.result <- result{destroyed: destroyed}
	}
	return nil
}

// commitAppends is the story of entries on their way to the disk. On the happy path: write and fdatasync of new keys (none,
// mostly), write and fdatasync of the segment, write of hashes and of offsets.
func (l *Log) commitAppends(batch []*request) error {
	o := &l.owner
	if err := l.keyring.flush(); err != nil {
		return err
	}
	if err := l.rotate(); err != nil {
		return err
	}

	// The frames of the batch and its signed checkpoint go into the buffer, the leaves into the tree.
	first := o.edge.size
	o.buf, o.stored, o.places = o.buf[:0], o.stored[:0], o.places[:0]
	for _, r := range batch {
		offset := o.end + int64(len(o.buf))
		for i := range r.entries {
			e := &r.entries[i]
			o.places = append(o.places, place{offset: uint32(offset), size: uint32(e.size)})
			o.stored = o.edge.add(o.stored, e.leaf)
			offset += int64(e.size)
		}
		o.buf = append(o.buf, r.frames...)
	}
	h, err := l.sign(o.edge.size, o.edge.close())
	if err != nil {
		return err
	}
	o.buf = appendFrame(o.buf, frameCheckpoint, h.checkpoint)

	_, file := l.segments.last()
	if _, err := file.Write(o.buf); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	if err := o.sync(file); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	o.end += int64(len(o.buf))
	if err := l.derived.write(first, o.stored, o.places); err != nil {
		return err
	}

	// Now it is durable: readers see it, and whoever waits gets the proof of each entry under the checkpoint of the batch.
	l.recent.note(first, batch)
	l.publish(h)
	for _, r := range batch {
		stamps := make([]Stamp, len(r.entries))
		for i := range r.entries {
			e := &r.entries[i]
			stamps[i] = Stamp{Index: first, Salt: e.salt, Checkpoint: h.checkpoint}
			if !e.unproved {
				stamps[i].Proof = o.edge.prove(make(tlog.RecordProof, 0, o.edge.pathLength()), first)
			}
			first++
		}
		r.result <- result{stamps: stamps}
	}
	o.edge.settle()
	return nil
}

func (l *Log) sign(size int64, root tlog.Hash) (*head, error) {
	text := Checkpoint{Origin: l.origin, Size: size, Root: root}.Text()
	signed, err := note.Sign(&note.Note{Text: text}, l.signed.Load().signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return &head{checkpoint: signed, size: size, root: root, grown: make(chan struct{})}, nil
}

// publish shows a new head to the readers and wakes those who wait for it.
func (l *Log) publish(h *head) {
	if old := l.head.Swap(h); old != nil {
		close(old.grown)
	}
}

// rotate begins a new segment when the last one is full. What Open does not scan again has to be durable first.
func (l *Log) rotate() error {
	if l.owner.end < l.limit {
		return nil
	}
	if err := l.derived.sync(); err != nil {
		return err
	}
	h := l.head.Load()
	file, err := createSegment(l.dir, l.origin, h.size, h.checkpoint)
	if err != nil {
		return err
	}
	if err := l.segments.begin(h.size, file); err != nil {
		return err
	}
	l.owner.end = int64(len(segmentHead(l.origin, h.size, h.checkpoint)))
	return nil
}
