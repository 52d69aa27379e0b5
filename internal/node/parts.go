package node

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"strconv"
	"syscall"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

//go:embed migrations/*.sql
var migrations embed.FS

// From where on somebody should see to a part, and from where on the node cannot
// do its work.
const (
	lateJob      = 5 * time.Minute
	lateEvent    = time.Minute // an event that the stream does not take
	lateRegistry = 10 * time.Minute
	lateWitness  = 10 * time.Minute
	lateRenewal  = 48 * time.Hour
	lowDisk      = 0.10
	lowestDisk   = 0.01
	leastDisk    = 8 << 20 // bytes
	manyFiles    = 0.80    // of the descriptors that the process may have
	tooManyFiles = 0.95
)

// parts are everything that /readyz asks, the operator's page warns of and
// Prometheus is told.
func (d *door) parts(db *storage.DB, stream *bus.Bus, relay func() *bus.Relay, jobs *work.Runner, whole *integrity, pack *law.Pack) []part {
	return []part{
		{"storage", d.storagePart(db)},
		asks("journal", "stopped", "", func(ctx context.Context) error { return d.journal.Check(ctx) }),
		{"archive", func(context.Context) finding { return archivePart(d.journal.Archiving()) }},
		{"bus", busPart(stream)},
		{"outbox", outboxPart(relay)},
		{"integrity", whole.part},
		{"queue", d.queuePart(jobs)},
		{"disk", func(context.Context) finding { return diskPart(d.Dir) }},
		{"descriptors", func(context.Context) finding { return descriptorPart() }},
		{"clock", func(context.Context) finding { return d.clockPart() }},
		{"registry", func(context.Context) finding { return d.registryPart() }},
		{"witnesses", func(context.Context) finding { return d.witnessPart() }},
		{"certificate", func(context.Context) finding { return d.certificatePart() }},
		{"calendars", func(context.Context) finding { return calendarPart(pack, d.now()) }},
	}
}

// calendarPart says a year ahead that a calendar of the pack ends.
func calendarPart(pack *law.Pack, now time.Time) finding {
	short := pack.Short(civil.Of(now))
	if len(short) == 0 {
		return finding{}
	}
	return finding{grade: poor, code: "short", alarm: "calendar", values: []any{"calendar", short[0].Calendar.ID, "year", strconv.Itoa(short[0].Year)}}
}

// storagePart writes: a database that can only be read is none.
func (d *door) storagePart(db *storage.DB) func(context.Context) finding {
	return func(ctx context.Context) finding {
		err := db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `insert into node_pulse (node, beat) values ($1, 1) on conflict (node) do update set beat = node_pulse.beat + 1`, d.Name)
			return err
		})
		if err != nil {
			return finding{grade: bad, code: "no-write", alarm: "database", cause: err}
		}
		return finding{}
	}
}

// archivePart never keeps the node from its work: what should go into the archive stays
// here meanwhile, and what lies there is not needed for proofs.
func archivePart(a journal.ArchiveState) finding {
	if !a.Configured {
		return finding{}
	}
	f := finding{figures: map[string]float64{"dobosh_archive_segments": float64(a.Segments), "dobosh_archive_waiting": float64(a.Waiting)}}
	_, damaged := errors.AsType[*journal.DamageError](a.Err)
	switch {
	case damaged:
		f.code, f.alarm = "damaged", "archive-damaged"
	case a.Err != nil:
		f.code, f.alarm = "away", "archive"
	default:
		return f
	}
	f.grade, f.values, f.cause = poor, []any{"n", a.Waiting}, a.Err
	return f
}

func busPart(stream *bus.Bus) func(context.Context) finding {
	asked := asks("bus", "stopped", "bus", stream.Check)
	return func(ctx context.Context) finding {
		f := asked.ask(ctx)
		if errors.Is(f.cause, bus.ErrNoQuorum) {
			f.code = "no quorum"
		}
		return f
	}
}

func outboxPart(relay func() *bus.Relay) func(context.Context) finding {
	return func(ctx context.Context) finding {
		r := relay()
		if r == nil {
			return finding{}
		}
		n, err := r.Waiting(ctx)
		if err != nil {
			return finding{} // the database says so itself
		}
		lost, err := r.Gone(ctx)
		if err != nil {
			return finding{}
		}
		late := r.Failing()
		f := finding{figures: map[string]float64{"dobosh_outbox_waiting": float64(n), "dobosh_outbox_failing_seconds": late.Seconds(), "dobosh_stream_lost": float64(lost)}}
		if late > lateEvent {
			f.grade, f.code, f.alarm, f.values = bad, "stuck", "outbox", []any{"n", n}
		}
		return f
	}
}

func (d *door) queuePart(jobs *work.Runner) func(context.Context) finding {
	return func(ctx context.Context) finding {
		counts, err := jobs.Counts(ctx)
		if err != nil {
			return finding{}
		}
		var dead, due int
		var late time.Duration
		for _, c := range counts {
			dead, due = dead+c.Dead, due+c.Due
			if !c.Oldest.IsZero() {
				late = max(late, d.now().Sub(c.Oldest))
			}
		}
		f := finding{figures: map[string]float64{"dobosh_work_oldest_seconds": late.Seconds()}}
		switch {
		case late > lateJob:
			f.grade, f.code, f.alarm, f.values = poor, "late", "queue", []any{"n", due}
		case dead > 0:
			f.grade, f.code, f.alarm, f.values = poor, "put-aside", "dead", []any{"n", dead}
		}
		return f
	}
}

func diskPart(dir string) finding {
	free, size, err := diskFree(dir)
	if err != nil || size == 0 {
		return finding{cause: err}
	}
	f := finding{figures: map[string]float64{"dobosh_disk_free_bytes": float64(free), "dobosh_disk_size_bytes": float64(size)}}
	share := float64(free) / float64(size)
	values := []any{"free", free >> 20}
	switch {
	case share < lowestDisk || free < leastDisk:
		f.grade, f.code, f.alarm, f.values = bad, "full", "disk", values
	case share < lowDisk:
		f.grade, f.code, f.alarm, f.values = poor, "low", "disk", values
	}
	return f
}

func descriptorPart() finding {
	open, most, err := descriptors()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		// A process that can open nothing cannot even count what it has.
		return finding{grade: bad, code: "none-left", alarm: "descriptors", values: []any{"share", 100}, cause: err}
	}
	if err != nil || most == 0 {
		return finding{cause: err}
	}
	share := float64(open) / float64(most)
	values := []any{"share", int(100 * share)}
	switch {
	case share > tooManyFiles:
		return finding{grade: bad, code: "none-left", alarm: "descriptors", values: values}
	case share > manyFiles:
		return finding{grade: poor, code: "many", alarm: "descriptors", values: values}
	}
	return finding{}
}

// clockPart names the clock: others refuse what comes from a node whose clock is
// off.
func (d *door) clockPart() finding {
	standing, off := d.agreed.Standing()
	f := finding{figures: map[string]float64{"dobosh_clock_offset_seconds": off.Seconds()}}
	switch standing {
	case clock.Differs:
		f.grade, f.code, f.alarm, f.values = bad, "off", "clock", []any{"off", off.Abs().Round(time.Second).String()}
		if off < 0 {
			f.alarm = "clock-behind"
		}
	case clock.Unknown:
		f.code = "unconfirmed"
		if time.Since(d.begun) >= lateRegistry { // until then nobody could be met, which is no fault
			f.grade, f.alarm = poor, "clock-unknown"
		}
	}
	return f
}

func (d *door) registryPart() finding {
	says, ready := d.health()
	if !ready {
		return finding{grade: bad, code: says}
	}
	age := d.now().Sub(d.contact(d.now()))
	switch stale := cmp.Or(d.base.Registry.Stale, exchange.DefaultStale); {
	case age > stale:
		return finding{grade: bad, code: "outdated"}
	case says != "ok":
		return finding{grade: poor, code: says}
	case age > lateRegistry:
		return finding{grade: poor, code: "away"}
	}
	return finding{}
}

func (d *door) witnessPart() finding {
	if d.witnesses.Cosigner == nil {
		return finding{}
	}
	var at time.Time
	for _, status := range d.witnesses.Status() {
		if status.At.After(at) {
			at = status.At
		}
	}
	var size int64
	if seen, err := journal.PeekCheckpoint(d.witnesses.Cosigned()); err == nil {
		size = seen.Size
	}
	behind := d.journal.Size() - size
	f := finding{figures: map[string]float64{"dobosh_witness_behind_entries": float64(behind)}}
	if behind > 0 && d.now().Sub(at) > lateWitness && time.Since(d.begun) > lateWitness {
		f.grade, f.code = poor, "away"
	}
	return f
}

func (d *door) certificatePart() finding {
	c := d.certificate()
	if !c.Issued() {
		return finding{}
	}
	f := finding{figures: map[string]float64{"dobosh_certificate_expires_seconds": float64(c.NotAfter.Unix())}}
	switch left := c.NotAfter.Sub(d.now()); {
	case left <= 0:
		f.grade, f.code = bad, "expired"
	case left < lateRenewal:
		f.grade, f.code = poor, "expires"
	}
	if c.LastError != "" {
		f.cause = errors.New(c.LastError)
	}
	return f
}
