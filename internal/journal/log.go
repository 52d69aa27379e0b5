package journal

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrClosed says that the log was closed before the entry was taken.
	ErrClosed = errors.New("log is closed")
	// ErrBusy says that more appends wait than the queue holds. Nothing was taken; the caller slows down and tries again.
	ErrBusy = errors.New("log is busy")
	// ErrStopped says that a write or sync failed. What is on disk is unknown until the log is opened again.
	ErrStopped = errors.New("log stopped after a failed write")
	// ErrNotFound says that the log has no entry with that index.
	ErrNotFound = errors.New("no such entry")
)

const (
	defaultQueue        = 4096
	defaultSegmentBytes = 32 << 20
	maxSegmentBytes     = 1 << 30 // places are kept in 32 bits
)

// Config says where a log lives and who signs it.
type Config struct {
	Dir    string        // made when absent; belongs to this log alone
	Origin string        // the log's name, part of every checkpoint and the name of its key
	Key    crypto.Signer // Ed25519; may live in a hardware module

	// Former are verifiers of keys that signed this log earlier.
	Former []note.Verifier
	// Known are checkpoints seen elsewhere, such as the newest cosigned one. A log that does not extend them does not open.
	Known [][]byte

	Queue        int // appends that may wait; 0 means 4096
	SegmentBytes int // a new segment is begun beyond this size; 0 means 32 MiB, at most 1 GiB

	// Keep is for how many days bodies of a kind are kept at the longest; entries with an Until before that end then. 0, and a kind that is
	// not there, for as long as their keys are. It is for entries that are appended from now on.
	Keep map[string]int

	// Archive takes full segments, and gives them back when they are read; nil for none.
	Archive files.Store
	// Local is how many full segments stay in Dir nevertheless, the newest; 0 means 16, less than that none.
	Local int
}

// Log is an open log. Its methods are safe for concurrent use.
//
// One goroutine owns the tree, the end of the last segment and the writing of derived files and keys; everybody else reads what
// it has published in head.
type Log struct {
	dir    string
	origin string
	signed atomic.Pointer[signing]
	now    clock.Now
	log    *slog.Logger
	limit  int64          // bytes of a segment
	local  int            // full segments that stay in dir
	kept   map[string]int // days, by kind

	archive   sync.Mutex            // held while segments are put into the archive
	archiving atomic.Pointer[error] // how that went the last time

	lock     *os.File
	segments segments
	derived  *derived
	keyring  *keyring

	head  atomic.Pointer[head]
	queue chan *request

	answered        sync.Pool // requests whose memory serves again; one that nobody waited for is not among them
	answeredBatches sync.Pool // the same, of large ones

	closing   chan struct{} // closed by Close
	closeOnce sync.Once
	stopped   chan struct{} // closed when the owner has ended
	cause     error         // why; set before stopped is closed

	owner  owner
	recent recent
}

// head is what readers may see: everything up to size is durable and readable.
type head struct {
	checkpoint []byte
	size       int64
	root       tlog.Hash
	grown      chan struct{} // closed when there is a newer head
}

// Open opens the log in cfg.Dir, makes it when the directory is empty, and cuts what a crash left behind the last signed batch.
// Errors: ErrLocked, *DamageError. The caller closes the log.
func Open(ctx context.Context, cfg Config, now clock.Now, log *slog.Logger) (*Log, error) {
	l, err := newLog(cfg, now, log)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.start(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open log %s: %w", cfg.Origin, err), l.closeFiles())
	}
	return l, nil
}

func newLog(cfg Config, now clock.Now, log *slog.Logger) (*Log, error) {
	if cfg.Key == nil {
		return nil, errors.New("no signing key")
	}
	signer, err := NewSigner(cfg.Origin, cfg.Key)
	if err != nil {
		return nil, err
	}
	key, err := NewKey(cfg.Origin, cfg.Key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir: cfg.Dir, origin: cfg.Origin,
		segments: segments{dir: cfg.Dir, origin: cfg.Origin, shelf: newShelf(cfg.Archive)}, local: max(cmp.Or(cfg.Local, defaultLocal), 0),
		kept: cfg.Keep,
		now:  now, log: log, limit: int64(min(orDefault(cfg.SegmentBytes, defaultSegmentBytes), maxSegmentBytes)),
		queue:   make(chan *request, orDefault(cfg.Queue, defaultQueue)),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	l.signed.Store(&signing{signer, append([]note.Verifier{key}, cfg.Former...)})
	return l, nil
}

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}

func (l *Log) start(ctx context.Context, cfg Config) (err error) {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	if l.lock, err = Lock(l.dir); err != nil {
		return err
	}
	if l.keyring, err = openKeyring(l.dir); err != nil {
		return err
	}
	if l.derived, err = openDerived(l.dir); err != nil {
		return err
	}
	if err := l.recover(ctx); err != nil {
		return err
	}
	if err := l.extends(cfg.Known); err != nil {
		return err
	}
	go l.run(context.WithoutCancel(ctx))
	return nil
}

// extends refuses a log that was cut back or forked behind a checkpoint that others have seen.
func (l *Log) extends(known [][]byte) error {
	h := l.head.Load()
	for _, signed := range known {
		c, err := OpenCheckpoint(signed, l.Keys()...)
		if err != nil {
			return fmt.Errorf("known checkpoint: %w", err)
		}
		if c.Size > h.size {
			return &DamageError{Says: fmt.Sprintf("the log has %d entries, but signed a checkpoint with %d: it was cut back", h.size, c.Size)}
		}
		root, err := l.rootAt(c.Size)
		if err != nil {
			return err
		}
		if root != c.Root {
			return &DamageError{Says: fmt.Sprintf("the log does not contain the %d entries of a checkpoint that it signed: it was forked", c.Size)}
		}
	}
	return nil
}

// Extends looks whether the log contains the entries of a checkpoint that it signed and that was seen elsewhere. Error: *DamageError.
func (l *Log) Extends(known ...[]byte) error { return l.extends(known) }

// Origin is the name of the log and of its key.
func (l *Log) Origin() string { return l.origin }

// Key verifies the log's signatures.
func (l *Log) Key() note.Verifier { return l.Keys()[0] }

// Size is the number of entries.
func (l *Log) Size() int64 { return l.head.Load().size }

// Checkpoint is the newest signed checkpoint. The caller does not change it.
func (l *Log) Checkpoint() []byte { return l.head.Load().checkpoint }

// Err is why the log takes no more entries, nil while it does.
func (l *Log) Err() error {
	select {
	case <-l.stopped:
		return l.cause
	default:
		return nil
	}
}

// Close finishes the appends that were taken, ends the owner and frees the directory. Readers must have ended.
func (l *Log) Close() error {
	l.closeOnce.Do(func() { close(l.closing) })
	<-l.stopped
	return l.closeFiles()
}

func (l *Log) closeFiles() error {
	errs := []error{l.segments.close()}
	if l.derived != nil {
		errs = append(errs, l.derived.close())
	}
	if l.keyring != nil {
		errs = append(errs, l.keyring.file.Close())
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	return errors.Join(errs...)
}
