package security

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
)

// Config says where events go; several ways at once are possible.
type Config struct {
	// File is written one event a line; it changes at 64 MiB, and ten are kept.
	File string `yaml:"file"`
	// Syslog is udp://HOST:PORT, tcp://HOST:PORT (octet counting, RFC 6587) or
	// tls://HOST:PORT (RFC 5425).
	Syslog string `yaml:"syslog"`
	// CAFile holds who issued the certificate of a syslog over TLS or of a collector, PEM;
	// empty for those of this machine.
	CAFile string `yaml:"ca_file"`
	// OTLP is the address of a collector, to which /v1/logs is added: OTLP over HTTP, in JSON.
	OTLP string `yaml:"otlp"`
}

// Check reports what is wrong, each with its key.
func (c Config) Check() error {
	var errs []error
	if c.File == "" && c.Syslog == "" && c.OTLP == "" {
		errs = append(errs, errors.New("wants file, syslog or otlp"))
	}
	for key, one := range map[string]struct{ address, schemes string }{"syslog": {c.Syslog, "udp tcp tls"}, "otlp": {c.OTLP, "http https"}} {
		u, err := url.Parse(one.address)
		if one.address != "" && (err != nil || u.Host == "" || !strings.Contains(" "+one.schemes+" ", " "+u.Scheme+" ") || key == "syslog" && u.Port() == "") {
			errs = append(errs, fmt.Errorf("%s: %q is no address of %s", key, one.address, strings.ReplaceAll(one.schemes, " ", ", ")))
		}
	}
	return errors.Join(errs...)
}

const (
	queued   = 4096            // events that wait for one way out
	atOnce   = 256             // events that one step of a way out takes
	patience = 2 * time.Second // at the end, for what waits
)

// way is where events go. write is called by one goroutine; what fails is tried again.
type way interface {
	write(ctx context.Context, events []document) error
	close() error
}

// Log notes events. It is safe for concurrent use. The nil Log notes nothing.
type Log struct {
	origin Origin
	key    []byte
	now    clock.Now
	log    *slog.Logger
	outs   []*out

	stop context.CancelFunc
	done sync.WaitGroup

	mu     sync.RWMutex
	closed bool // guarded by mu
}

// out is one way out with what waits for it.
type out struct {
	name    string
	way     way
	queue   chan document
	dropped atomic.Int64 // since it was last said
	total   atomic.Int64
}

// Open opens the ways out. Nobody has to be there: what is away is tried again.
func Open(cfg Config, origin Origin, key []byte, now clock.Now, log *slog.Logger) (*Log, error) {
	l := &Log{origin: origin, key: key, now: now, log: log}
	if cfg.File != "" {
		f, err := openFile(cfg.File)
		if err != nil {
			return nil, fmt.Errorf("security log: %w", err)
		}
		l.add("file", f)
	}
	roots, err := readRoots(cfg.CAFile)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("security log: %w", err), l.Close())
	}
	if cfg.Syslog != "" {
		to, err := url.Parse(cfg.Syslog)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("security log: %w", err), l.Close())
		}
		l.add("syslog", &syslog{to: to, roots: roots, origin: origin})
	}
	if cfg.OTLP != "" {
		l.add("otlp", newCollector(cfg.OTLP, roots, origin))
	}
	running, stop := context.WithCancel(context.Background())
	l.stop = stop
	for _, o := range l.outs {
		l.done.Go(func() { l.run(running, o) })
	}
	return l, nil
}

func (l *Log) add(name string, w way) {
	l.outs = append(l.outs, &out{name: name, way: w, queue: make(chan document, queued)})
}

// Note notes an event. It does not wait.
func (l *Log) Note(e Event) {
	if l == nil || len(l.outs) == 0 {
		return
	}
	d := l.document(e)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return
	}
	for _, o := range l.outs {
		select {
		case o.queue <- d:
		default:
			o.dropped.Add(1)
			o.total.Add(1)
		}
	}
}

// Figures are how many events were dropped, by way out.
func (l *Log) Figures() map[string]int64 {
	dropped := map[string]int64{}
	if l != nil {
		for _, o := range l.outs {
			dropped[o.name] = o.total.Load()
		}
	}
	return dropped
}

// Close writes what waits, as far as that takes no longer than [patience], and closes
// the ways out.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	again := l.closed
	l.closed = true
	l.mu.Unlock()
	if again {
		return nil
	}
	if l.stop != nil {
		for _, o := range l.outs {
			close(o.queue)
		}
		late := time.AfterFunc(patience, l.stop)
		l.done.Wait()
		late.Stop()
		l.stop()
	}
	var errs []error
	for _, o := range l.outs {
		errs = append(errs, o.way.close())
	}
	return errors.Join(errs...)
}

// run writes what waits until the queue is closed and empty, or ctx ends.
func (l *Log) run(ctx context.Context, o *out) {
	pause, away := 100*time.Millisecond, false
	for first := range o.queue {
		batch := []document{first}
	more:
		for len(batch) < atOnce {
			select {
			case d, open := <-o.queue:
				if !open {
					break more
				}
				batch = append(batch, d)
			default:
				break more
			}
		}
		if n := o.dropped.Swap(0); n > 0 {
			batch = append(batch, l.document(Event{Action: Dropped, Reason: "queue-full", Count: n}))
		}
		for {
			err := o.way.write(ctx, batch)
			if err == nil {
				break
			}
			if !away {
				l.log.WarnContext(ctx, "the security log is not taken", slog.String("way", o.name), slog.Any("error", err))
			}
			away = true
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, 10*time.Second)
		}
		if away {
			l.log.InfoContext(ctx, "the security log is taken again", slog.String("way", o.name))
		}
		pause, away = 100*time.Millisecond, false
	}
}

// line is an event as JSON.
func line(d document) []byte {
	raw, _ := json.Marshal(d) // texts and numbers
	return raw
}
