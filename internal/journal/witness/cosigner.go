package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
)

// Source is the log whose checkpoints are witnessed.
type Source interface {
	Checkpoint() []byte
	ProveConsistency(old, size int64) (tlog.TreeProof, error)
	Wait(ctx context.Context, size int64) error
}

// Peer is a witness to ask.
type Peer struct {
	URL string        // submission prefix, without "/add-checkpoint"
	Key note.Verifier // of its cosignatures
	// Client reaches it, where that is not the client of all.
	Client *http.Client
}

func (p Peer) client(ofAll *http.Client) *http.Client {
	if p.Client != nil {
		return p.Client
	}
	return ofAll
}

// CosignerConfig says which log is brought to which witnesses.
type CosignerConfig struct {
	File   string                 // keeps the newest cosigned checkpoint
	Log    note.Verifier          // key of the log
	Keys   func() []note.Verifier // all keys of a log that changes them; nil for Log alone
	Peers  []Peer
	Quorum int           // cosignatures that make a checkpoint count; 0 means one
	Every  time.Duration // shortest time between two rounds; 0 means a second
	Client *http.Client  // reaches the witnesses that have no client of their own
}

func (cfg CosignerConfig) keys() []note.Verifier {
	if cfg.Keys == nil {
		return []note.Verifier{cfg.Log}
	}
	return cfg.Keys()
}

// Bounds of asking a witness.
const (
	askTimeout = 10 * time.Second
	maxBackoff = 5 * time.Minute
	maxAnswer  = 16 << 10
)

// startsTogether is how long after the start nobody is warned of a witness that cannot
// be reached.
const startsTogether = time.Minute

// ErrClosed says that the cosigner was closed before a checkpoint was cosigned.
var ErrClosed = errors.New("cosigner is closed")

// Cosigner keeps the checkpoints of a log witnessed. Its methods are safe for concurrent use.
type Cosigner struct {
	cfg    CosignerConfig
	source Source
	now    clock.Now
	log    *slog.Logger
	peers  []*peer // of the goroutine, but for their status
	begun  time.Time

	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	cosigned []byte
	size     int64         // of cosigned
	changed  chan struct{} // closed when cosigned has changed
}

// Start reads the newest cosigned checkpoint from its file and begins to ask for newer ones. Close comes before that of the log.
func Start(ctx context.Context, cfg CosignerConfig, source Source, now clock.Now, log *slog.Logger) (*Cosigner, error) {
	if cfg.Quorum <= 0 {
		cfg.Quorum = 1
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Second
	}
	if cfg.Quorum > len(cfg.Peers) {
		return nil, fmt.Errorf("cosigner: %d witnesses cannot make a quorum of %d", len(cfg.Peers), cfg.Quorum)
	}
	c := &Cosigner{cfg: cfg, source: source, now: now, log: log, begun: time.Now(), done: make(chan struct{}), changed: make(chan struct{})}
	for _, p := range cfg.Peers {
		c.peers = append(c.peers, &peer{Peer: p, client: p.client(cfg.Client)})
	}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("cosigner: %w", err)
	}
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go c.run(ctx)
	return c, nil
}

func (c *Cosigner) load() error {
	signed, err := os.ReadFile(c.cfg.File)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	head, err := journal.OpenCheckpoint(signed, c.cfg.keys()...)
	if err != nil { // the witnesses have it; what was kept here is fetched again
		c.log.Warn("the cosigned checkpoint that was kept cannot be read; the witnesses are asked again", slog.String("file", c.cfg.File), slog.Any("error", err))
		return nil
	}
	c.cosigned, c.size = signed, head.Size
	return nil
}

// Cosigned is the newest checkpoint with its cosignatures, nil before the first. The caller does not change it.
func (c *Cosigner) Cosigned() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cosigned
}

// Covers reports whether a checkpoint of at least this size is cosigned.
func (c *Cosigner) Covers(size int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cosigned != nil && c.size >= size
}

// WaitCosigned returns nil when a checkpoint of at least this size is cosigned.
func (c *Cosigner) WaitCosigned(ctx context.Context, size int64) error {
	for {
		c.mu.Lock()
		have, some, changed := c.size, c.cosigned != nil, c.changed
		c.mu.Unlock()
		if some && have >= size {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.done:
			return ErrClosed
		}
	}
}

// Status is how a witness is doing, for the operator's page.
type Status struct {
	Name  string
	URL   string
	Size  int64     // of the newest checkpoint that it cosigned
	At    time.Time // when it last answered; zero before the first time
	Error string    // of the last attempt; empty when it answered
}

// Status tells about every witness.
func (c *Cosigner) Status() []Status {
	var list []Status
	for _, p := range c.peers {
		list = append(list, p.status())
	}
	return list
}

// Close ends the asking and waits for it.
func (c *Cosigner) Close() error {
	c.cancel()
	<-c.done
	return nil
}

// run makes a round when there is something new to sign, and again for witnesses that did not answer.
func (c *Cosigner) run(ctx context.Context) {
	defer close(c.done)
	for {
		signed := c.source.Checkpoint()
		head, err := journal.OpenCheckpoint(signed, c.cfg.keys()...)
		if err != nil {
			c.log.ErrorContext(ctx, "the log gave a checkpoint that it did not sign", slog.Any("error", err))
			return
		}
		complete := c.round(ctx, signed, head)
		if clock.Pause(ctx, c.cfg.Every) != nil {
			return
		}
		if complete && c.source.Wait(ctx, head.Size) != nil {
			return
		}
	}
}

// round asks all witnesses that are not being left in peace, at the same time, and reports whether every one has signed.
func (c *Cosigner) round(ctx context.Context, signed []byte, head journal.Checkpoint) bool {
	var group sync.WaitGroup
	lines := make([]string, len(c.peers))
	for i, p := range c.peers {
		group.Go(func() { lines[i] = c.ask(ctx, p, signed, head) })
	}
	group.Wait()
	complete := true
	var all strings.Builder
	count := 0
	for _, line := range lines {
		if line == "" {
			complete = false
			continue
		}
		all.WriteString(line)
		count++
	}
	if count >= c.cfg.Quorum {
		c.keep(ctx, append(signed[:len(signed):len(signed)], all.String()...), head.Size)
	}
	return complete
}

// ask returns the cosignature line of a witness, empty when it has none to give.
func (c *Cosigner) ask(ctx context.Context, p *peer, signed []byte, head journal.Checkpoint) string {
	if p.line != "" && p.signed == head {
		return p.line
	}
	if c.now().Before(p.notBefore) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	line, err := p.cosign(ctx, c.source, signed, head)
	if err != nil && ctx.Err() != context.Canceled {
		level := slog.LevelWarn
		if _, ok := errors.AsType[*net.OpError](err); ok && time.Since(c.begun) < startsTogether {
			level = slog.LevelInfo // it may be starting as well
		}
		c.log.Log(ctx, level, "witness did not cosign", slog.String("witness", p.Key.Name()), slog.Any("error", err))
	}
	p.answered(c.now(), head, line, err)
	return line
}

// keep makes a cosigned checkpoint durable and shows it. One that is not larger only replaces one of the same size, when a further
// witness has signed it.
func (c *Cosigner) keep(ctx context.Context, signed []byte, size int64) {
	if string(signed) == string(c.Cosigned()) {
		return
	}
	if err := journal.WriteWhole(c.cfg.File, signed); err != nil {
		c.log.ErrorContext(ctx, "cosigned checkpoint was not kept", slog.Any("error", err))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cosigned, c.size = signed, size
	close(c.changed)
	c.changed = make(chan struct{})
}
