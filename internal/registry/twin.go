package registry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// errUnkept is the cause of every error about what a twin does not keep.
var errUnkept = errors.New("a twin keeps no statements")

// Twin is a follower that knows at once what f knows, and from then on asks the
// authority at url through client for itself. It accepts by the same rules, but
// shares with f the state that both began with, and keeps what it learns in
// memory alone: so one process can watch the registry through the eyes of
// thousands. What needs the old statements or their hashes, such as a comparison
// with an old checkpoint, is an error.
func (f *Follower) Twin(url string, client *http.Client) *Follower {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := newRegistry(unkept{}, f.verifier, f.now)
	r.state.Store(f.State())
	r.contact.Store(f.contact.Load())
	r.forked.Store(f.forked.Load())
	r.tree, r.head, r.shown = f.tree, f.head, f.shown
	return &Follower{Registry: r, sources: []Mirror{{Registry: url, Client: client}}, log: f.log, quorum: f.quorum}
}

// unkept forgets what it is given.
type unkept struct{}

func (unkept) leaves(context.Context, int64, int64) ([]string, error) { return nil, errUnkept }

func (unkept) save(context.Context, int64, []string, *growth, string, time.Time) error { return nil }

func (unkept) replace(context.Context, []string, *growth, string, time.Time) error { return errUnkept }

func (unkept) endFork(context.Context, time.Time) error { return errUnkept }

func (unkept) saveFork(context.Context, Fork) error { return nil }

func (unkept) reader(context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, errUnkept })
}
