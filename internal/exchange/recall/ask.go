package recall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// Bounds of what is taken from one partner.
const (
	maxMessages = 10_000
	askTimeout  = 20 * time.Second
)

// errShown says that a partner showed what the log never signed.
var errShown = errors.New("a partner showed what this log did not sign")

// Partner is a node that exchanged with this one.
type Partner struct {
	Node   registry.Node
	Client *http.Client // reaches it, and nobody else
}

// Name is that of the partner's journal.
func (p Partner) Name() string { return originOf(p.Node) }

// Known is what a partner holds of the journal beyond the copy.
type Known struct {
	Partner
	Largest  []byte    // the checkpoint with the most entries, as the log signed it; nil when it holds none beyond the copy
	Size     int64     // of it, entries
	Messages []Message // in the order of the partner's journal; each is proved
	More     bool      // there are more than are taken
	Err      error     // why it did not say
}

// Question is what partners are asked.
type Question struct {
	Keys  []note.Verifier // all keys of the journal
	From  int64           // entries that the copy has
	Since time.Time       // when the last of them was made, or earlier
	// Has says of a checkpoint that the log signed whether it has the entries; what is under it is not lost.
	Has func(signed []byte) (bool, error)
}

// Ask asks all partners at the same time; there is one answer for each, in their order.
func (q Question) Ask(ctx context.Context, partners []Partner) []Known {
	answers := make([]Known, len(partners))
	var group sync.WaitGroup
	for i, p := range partners {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			answers[i] = q.ask(ctx, p)
		})
	}
	group.Wait()
	return answers
}

func (q Question) ask(ctx context.Context, p Partner) Known {
	k := Known{Partner: p}
	for after := int64(0); ; {
		var got page
		if got, k.Err = q.fetch(ctx, p, after); k.Err != nil {
			return k
		}
		for _, m := range got.Messages {
			s, c, err := q.open(m)
			if err != nil {
				k.Err = fmt.Errorf("%w: %w", errShown, err)
				return k
			}
			switch has, err := q.Has(s.Checkpoint); {
			case err != nil:
				k.Err = err
				return k
			case has:
				continue
			}
			if c.Size > k.Size {
				k.Size, k.Largest = c.Size, s.Checkpoint
			}
			k.Messages = append(k.Messages, m)
		}
		if got.Next <= after || len(k.Messages) >= maxMessages {
			k.More = got.Next > after
			return k
		}
		after = got.Next
	}
}

// open proves a message to be one of the log.
func (q Question) open(m Message) (s journal.Stamp, c journal.Checkpoint, err error) {
	if len(m.Meta) != sha256.Size || len(m.Body) != sha256.Size {
		return s, c, errShown
	}
	if s, err = journal.ParseStampBytes(m.Stamp); err != nil {
		return s, c, err
	}
	if s.Index < q.From {
		return s, c, fmt.Errorf("entry %d, asked from %d on", s.Index, q.From)
	}
	if c, err = journal.OpenCheckpoint(s.Checkpoint, q.Keys...); err != nil {
		return s, c, err
	}
	return s, c, c.Includes(s.Proof, s.Index, s.Leaf([sha256.Size]byte(m.Meta), [sha256.Size]byte(m.Body)))
}

// Index is the place of a message in the log that it came from.
func (m Message) Index() (int64, error) {
	s, err := journal.ParseStampBytes(m.Stamp)
	return s.Index, err
}

func (q Question) fetch(ctx context.Context, p Partner, after int64) (got page, err error) {
	query := url.Values{"from": {strconv.FormatInt(q.From, 10)}, "since": {q.Since.UTC().Format(time.RFC3339)}, "after": {strconv.FormatInt(after, 10)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.Node.Address+Path+"?"+query.Encode(), nil)
	if err != nil {
		return got, err
	}
	res, err := p.Client.Do(req)
	if err != nil {
		return got, err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if res.StatusCode != http.StatusOK {
		return got, fmt.Errorf("it answers %s", res.Status)
	}
	return got, strict.Upto(maxPage).AllowUnknown().Read(io.LimitReader(res.Body, maxPage), &got)
}

// Tell tells a partner that the log goes on from less than it has seen.
func Tell(ctx context.Context, p Partner, signed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+p.Node.Address+ContinuePath, bytes.NewReader(signed))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := p.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s answers %s", p.Name(), res.Status)
	}
	return nil
}
