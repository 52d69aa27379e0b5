package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
)

// Seen is the largest tree of a log that one witness knows.
type Seen struct {
	Witness string
	Size    int64  // entries; 0 when it knows none
	Signed  []byte // the checkpoint of that size, signed by the log, where the witness shows it; nil where it tells the size alone
	Err     error  // why it did not say
}

// Question is what witnesses are asked about a log.
type Question struct {
	Peers  []Peer
	Client *http.Client    // reaches the witnesses that have no client of their own
	Keys   []note.Verifier // all keys of the log
	// Signed is a checkpoint that the log signed, of whatever size. A witness that knows nothing but C2SP add-checkpoint is
	// shown it: one that never heard of the log cosigns it, any other answers with the size that it knows.
	Signed []byte
}

// Ask asks all witnesses for the largest tree of a log that they know, at the same time, before the log goes on: a log that is
// smaller was cut back, or restored from an old copy. There is one answer for each peer, in their order; ctx bounds the time,
// and each is asked for at most ten seconds.
func (q Question) Ask(ctx context.Context) []Seen {
	answers := make([]Seen, len(q.Peers))
	var group sync.WaitGroup
	for i, p := range q.Peers {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			answers[i] = q.ask(ctx, p)
			answers[i].Witness = p.Key.Name()
		})
	}
	group.Wait()
	return answers
}

// Newest asks all witnesses of this program for the newest checkpoint of a log that
// they cosigned, by whoever may know nothing of the log. Others say nothing.
func (q Question) Newest(ctx context.Context, origin string) []Seen {
	answers := make([]Seen, len(q.Peers))
	var group sync.WaitGroup
	for i, p := range q.Peers {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			answers[i], _ = q.newest(ctx, p.client(q.Client), p, origin)
			answers[i].Witness = p.Key.Name()
		})
	}
	group.Wait()
	return answers
}

// Largest is the largest tree of all that witnesses said; the zero Seen when they know none.
func Largest(answers []Seen) (largest Seen) {
	for _, s := range answers {
		if s.Err == nil && s.Size > largest.Size {
			largest = s
		}
	}
	return largest
}

func (q Question) ask(ctx context.Context, p Peer) Seen {
	own, err := journal.OpenCheckpoint(q.Signed, q.Keys...)
	if err != nil {
		return Seen{Err: err}
	}
	client := p.client(q.Client)
	if seen, ours := q.newest(ctx, client, p, own.Origin); ours {
		return seen
	}
	w := &peer{Peer: p, client: client}
	_, err = w.submit(ctx, nothing{}, q.Signed, own)
	var other conflict
	switch {
	case errors.As(err, &other):
		return Seen{Size: other.size}
	case err != nil:
		return Seen{Err: err}
	}
	return Seen{} // it had never heard of the log
}

// newest asks a witness of this program, which shows the checkpoint itself; ours is false for every other.
func (q Question) newest(ctx context.Context, client *http.Client, p Peer, origin string) (seen Seen, ours bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(p.URL, "/")+newestPath+"?origin="+url.QueryEscape(origin), nil)
	if err != nil {
		return Seen{Err: err}, true
	}
	res, err := client.Do(req)
	if err != nil {
		return Seen{Err: err}, true
	}
	defer res.Body.Close()
	signed, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return Seen{Err: err}, true
	}
	switch {
	case res.StatusCode == http.StatusNoContent:
		return Seen{}, true
	case res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), newestType):
		return Seen{}, false
	}
	c, err := journal.OpenCheckpoint(signed, q.Keys...)
	if err != nil || c.Origin != origin {
		return Seen{Err: fmt.Errorf("witness showed a checkpoint that the log did not sign: %w", err)}, true
	}
	return Seen{Size: c.Size, Signed: signed}, true
}

// nothing is a log of which only that is proved which needs no hashes: that every tree continues the empty one.
type nothing struct{ Source }

// ProveConsistency implements [Source].
func (nothing) ProveConsistency(int64, int64) (tlog.TreeProof, error) { return nil, nil }
