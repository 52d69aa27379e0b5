package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dobosh/internal/journal"
)

// peer is what the cosigner knows of a witness. Its fields belong to the round that runs; mu guards what Status shows.
type peer struct {
	Peer
	client *http.Client

	known     int64 // size of the newest checkpoint that the witness cosigned, as far as is known
	signed    journal.Checkpoint
	line      string // its cosignature of signed
	notBefore time.Time
	failures  int

	mu   sync.Mutex
	show Status
}

// errAhead says that a witness has cosigned more of this log than the log has: the log was cut back.
var errAhead = errors.New("witness has seen more entries of this log than it has now")

// conflict is the witness's answer 409: the size of the newest checkpoint that it cosigned.
type conflict struct{ size int64 }

func (c conflict) Error() string {
	return "witness has cosigned " + strconv.FormatInt(c.size, 10) + " entries"
}

// cosign asks once, and once more when the witness says that it stands elsewhere than assumed.
func (p *peer) cosign(ctx context.Context, source Source, signed []byte, head journal.Checkpoint) (string, error) {
	line, err := p.submit(ctx, source, signed, head)
	var other conflict
	if !errors.As(err, &other) {
		return line, err
	}
	if other.size > head.Size {
		return "", fmt.Errorf("%w: %d, not %d", errAhead, other.size, head.Size)
	}
	p.known = other.size
	return p.submit(ctx, source, signed, head)
}

func (p *peer) submit(ctx context.Context, source Source, signed []byte, head journal.Checkpoint) (string, error) {
	proof, err := source.ProveConsistency(p.known, head.Size)
	if err != nil {
		return "", err
	}
	body := request{old: p.known, proof: proof, checkpoint: signed}.encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := p.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", err
	}
	return p.read(res, answer, signed)
}

func (p *peer) read(res *http.Response, answer, signed []byte) (string, error) {
	switch res.StatusCode {
	case http.StatusOK:
		return p.open(answer, signed)
	case http.StatusConflict:
		size, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
		if err != nil || size < 0 {
			return "", errors.New("witness answered 409 without a size")
		}
		return "", conflict{size: size}
	}
	return "", fmt.Errorf("witness answered %d: %.200q", res.StatusCode, answer)
}

// open finds the cosignature of this witness in its answer and checks it. What others may have added is left out.
func (p *peer) open(answer, signed []byte) (string, error) {
	found, err := journal.Cosignatures(append(signed[:len(signed):len(signed)], answer...), p.Key)
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", errors.New("witness answered without its cosignature")
	}
	return found[0].Line, nil
}

// answered notes how an attempt went. A witness that is away is asked again after 2, 4, 8 … seconds, at most maxBackoff.
func (p *peer) answered(now time.Time, head journal.Checkpoint, line string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show.Name, p.show.URL = p.Key.Name(), p.URL
	if err != nil {
		p.failures++
		p.notBefore = now.Add(min(time.Second<<min(p.failures, 10), maxBackoff))
		p.show.Error = err.Error()
		return
	}
	p.failures, p.known, p.signed, p.line = 0, head.Size, head, line
	p.show = Status{Name: p.Key.Name(), URL: p.URL, Size: head.Size, At: now}
}

func (p *peer) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.show
	s.Name, s.URL = p.Key.Name(), p.URL
	return s
}
