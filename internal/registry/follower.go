package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// Follower is every other node's side: it keeps up with the authority.
type Follower struct {
	*Registry
	log    *slog.Logger
	quorum witnesses

	asking  sync.Mutex // guards what follows
	sources []Mirror   // who can be asked, the one that is asked first
	reach   func(address, pin string) Mirror
}

// witnesses are those whose cosignatures a checkpoint needs, and how many.
type witnesses struct {
	keys []note.Verifier
	need int
}

// NewFollower opens the node's copy. The authority is asked at url through
// client, which must make sure that it talks to the authority.
func NewFollower(ctx context.Context, db *storage.DB, verifier note.Verifier, url string, client *http.Client, now clock.Now, log *slog.Logger) (*Follower, error) {
	r, err := open(ctx, db, verifier, now)
	if err != nil {
		return nil, err
	}
	return &Follower{Registry: r, sources: []Mirror{{Registry: url, Client: client}}, log: log}, nil
}

// Also names another node that may be asked when the one before does not answer:
// a standby, or any that follows. reach finds those that the registry itself
// names, when another node keeps it. It is called before the first round.
func (f *Follower) Also(reach func(address, pin string) Mirror, more ...Mirror) {
	f.sources, f.reach = append(f.sources, more...), reach
}

// known are those who can be asked, in the order of trying: first who keeps the
// registry by its own word.
func (f *Follower) known() []Mirror {
	f.asking.Lock()
	defer f.asking.Unlock()
	all := slices.Clone(f.sources)
	keeper, decided := f.State().Keeper()
	if !decided || f.reach == nil {
		return all
	}
	named := f.reach(keeper.Address, keeper.Pin)
	return append([]Mirror{named}, slices.DeleteFunc(all, func(s Mirror) bool { return s.Registry == named.Registry })...)
}

// next goes on with the next of those who can be asked.
func (f *Follower) next() {
	f.asking.Lock()
	defer f.asking.Unlock()
	f.sources = append(f.sources[1:], f.sources[0])
}

// Require makes the follower refuse checkpoints that fewer than quorum of the
// witnesses have cosigned. It is called before the first round.
func (f *Follower) Require(quorum int, keys ...note.Verifier) { f.quorum = witnesses{keys, quorum} }

// How long to wait between two rounds: at least pause, so that an authority
// that answers at once is not asked without end; at most longestPause while it
// cannot be reached.
const (
	pause        = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// Run keeps the copy current until ctx ends. A registry that cannot be followed
// is tried again with growing pauses, at the next address; one that forked is
// followed again when the keys of recovery have said which history goes on.
func (f *Follower) Run(ctx context.Context) {
	wait, told := pause, false
	for {
		err := f.Sync(ctx, true)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrForked):
			if wait = longestPause; !told {
				f.log.ErrorContext(ctx, "the registry forked; it is not followed until a continuation says which history goes on", slog.Any("error", err))
			}
			told = true
		case err != nil:
			wait = min(2*wait, longestPause)
			f.log.Log(ctx, missed(wait), "registry not followed", slog.Any("error", err))
			f.next()
		default:
			wait, told = pause, false
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// missed is how loud it is that the registry was not followed: nodes that start
// together do not find each other at once, which is no news.
func missed(wait time.Duration) slog.Level {
	if wait < longestPause/2 {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// Sync fetches what is new, once. With wait it holds until there is something
// or the authority has nothing to say for a while. Where the copy does not fit what
// is shown, it looks for a continuation that says how the registry goes on.
func (f *Follower) Sync(ctx context.Context, wait bool) error {
	err := f.distrust()
	if err == nil {
		err = f.sync(ctx, f.known()[0], wait)
	}
	if !errors.Is(err, ErrForked) && !errors.Is(err, errForeign) {
		return err
	}
	settled, why := f.settle(ctx)
	if settled {
		return nil
	}
	return errors.Join(err, why)
}

func (f *Follower) sync(ctx context.Context, source Mirror, wait bool) error {
	p, err := f.collect(ctx, source, f.State().Size, wait)
	if err != nil {
		return err
	}
	return f.accept(ctx, p)
}

// distrust is an error once the authority showed two histories.
func (f *Follower) distrust() error {
	if _, forked := f.Forked(); forked {
		return fmt.Errorf("%w, as was found earlier", ErrForked)
	}
	return nil
}

func (s Mirror) fetch(ctx context.Context, after, heard int64, wait bool) (Delta, error) {
	url := s.Registry + "?after=" + strconv.FormatInt(after, 10)
	if heard > after {
		url += "&heard=" + strconv.FormatInt(heard, 10)
	}
	if wait {
		url += "&wait=1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Delta{}, err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return Delta{}, fmt.Errorf("ask the registry: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK {
		return Delta{}, fmt.Errorf("ask the registry: status %d", resp.StatusCode)
	}
	delta, err := readDelta(resp.Body)
	if err == nil && delta.From != after {
		err = fmt.Errorf("read delta: asked for %d, got %d", after, delta.From)
	}
	delta.current, _ = strconv.ParseInt(resp.Header.Get(currentHeader), 10, 64) // zero where nothing is said
	return delta, err
}

// accept takes a piece in, if its checkpoint is over exactly the history that
// results, and witnessed. What another call took in meanwhile is left out.
func (f *Follower) accept(ctx context.Context, p piece) error {
	if p.checkpoint == "" {
		return nil // the authority has said nothing at all yet
	}
	checkpoint, leaves := p.checkpoint, p.leaves
	signed, err := journal.PeekCheckpoint([]byte(checkpoint)) // its signature is looked at when it is known whose counts
	if err != nil {
		return fmt.Errorf("ask the registry: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.distrust(); err != nil {
		return err
	}
	if signed.Size < f.tree.size {
		if _, err := f.State().open(f.verifier, []byte(checkpoint)); err != nil {
			return fmt.Errorf("ask the registry: %w: %w", errForeign, err)
		}
		return f.shorter(ctx, signed, checkpoint)
	}
	if p.intake.base != f.state.Load() || p.from != f.tree.size {
		leaves = leaves[min(f.tree.size-p.from, int64(len(leaves))):]
		p.intake = f.intakeOf(leaves)
		p.intake.end()
	}
	grown, root, err := p.intake.tree()
	if err != nil {
		return err
	}
	if grown.size != signed.Size {
		return fmt.Errorf("read delta: %d statements, %d signed", grown.size, signed.Size)
	}
	if root != signed.Root {
		if _, err := f.State().open(f.verifier, []byte(checkpoint)); err != nil {
			return fmt.Errorf("ask the registry: %w: %w", errForeign, err)
		}
		return f.discontinued(ctx, checkpoint)
	}
	next, err := p.intake.state()
	if err != nil {
		return err
	}
	if _, err := next.open(f.verifier, []byte(checkpoint)); err != nil {
		return fmt.Errorf("ask the registry: %w: %w", errForeign, err)
	}
	if err := f.quorum.check(checkpoint); err != nil {
		if errors.Is(err, ErrUnwitnessed) {
			err = errors.Join(err, f.revokeEarly(leaves))
		}
		return err
	}
	if err := f.commit(ctx, leaves, next, grown, checkpoint); err != nil {
		return err
	}
	return f.confirm(ctx, p.current)
}

// revokeEarly takes nodes out that the authority took out, before its checkpoint is
// cosigned: whoever holds a stolen key must not win by the silence of witnesses. All
// else waits. The signature of the authority was verified. The caller holds mu.
func (f *Follower) revokeEarly(leaves []string) error {
	readings, err := readLeaves(f.tree.size, leaves)
	if err != nil {
		return err
	}
	early, some := f.state.Load().clone(), false
	for i, st := range readings {
		if st.Node == nil || st.Node.Address != "" || st.By != "" {
			continue
		}
		if _, there := early.Node(st.Node.Member, st.Node.Name); !there {
			continue // it came in by a statement that waits too
		}
		if err := early.applyNode(*st.Node, f.tree.size+int64(i)); err != nil {
			return err
		}
		some = true
	}
	if size := f.tree.size + int64(len(leaves)); some && f.heard.Swap(size) != size {
		f.early.Store(early)
		close(f.changed)
		f.changed = make(chan struct{})
	}
	return nil
}

// discontinued is the error for statements and a checkpoint that do not go with
// what is known here. Where that is nothing, they only do not go together. The
// caller holds mu.
func (f *Follower) discontinued(ctx context.Context, checkpoint string) error {
	if f.tree.size == 0 {
		return errors.New("read delta: the statements are not those that were signed")
	}
	return f.isForked(ctx, f.head.checkpoint, checkpoint)
}

// confirm notes that the copy is current, unless others have seen otherwise. Who
// follows too knows only that it was at an instant, current, in microseconds; zero
// stands for now. The caller holds mu.
func (f *Follower) confirm(ctx context.Context, current int64) error {
	if err := f.catchUpWithOthers(ctx); err != nil {
		return err
	}
	if f.withheld() {
		return ErrWithheld
	}
	at := storage.Micros(f.now())
	if current != 0 {
		at = max(min(at, current), f.contact.Load())
	}
	f.contact.Store(at)
	return nil
}

// check refuses a checkpoint that is not witnessed.
func (w witnesses) check(checkpoint string) error {
	if w.need == 0 {
		return nil
	}
	found, err := journal.Cosignatures([]byte(checkpoint), w.keys...)
	if err != nil {
		return err
	}
	if len(found) < w.need {
		return fmt.Errorf("%w: %d cosignatures of %d", ErrUnwitnessed, len(found), w.need)
	}
	return nil
}

// shorter says whether a checkpoint over less than is known here is at least
// over the same beginning. The caller holds mu.
func (f *Follower) shorter(ctx context.Context, signed journal.Checkpoint, checkpoint string) error {
	if err := f.contradicts(ctx, sighting{Checkpoint: signed, signed: checkpoint}); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d statements here, %d signed there", ErrBehind, f.tree.size, signed.Size)
}
