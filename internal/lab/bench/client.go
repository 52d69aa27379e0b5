package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// client is an information system that speaks to one node.
type client struct {
	base  string // http://host:port/births
	token string
	http  *http.Client
}

func newClient(address, path, tokenFile string) (*client, error) {
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, err
	}
	return &client{
		base: "http://" + address + path, token: strings.TrimSpace(string(token)),
		http: &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: maxFlying, DisableCompression: true}},
	}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// refusal is an answer that asking again would not change.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d: %s", r.status, r.text) }

// call asks once. in may be nil.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	switch {
	case resp.StatusCode < 300:
		return json.Unmarshal(raw, out)
	case resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests:
		return &refusal{resp.StatusCode, string(raw)}
	}
	return fmt.Errorf("status %d: %s", resp.StatusCode, raw)
}

// stubborn asks again and again while the other side is away, and counts how
// often it had to.
type stubborn struct{ again atomic.Int64 }

// do calls ask until it is answered, refused, or ctx ends.
func (s *stubborn) do(ctx context.Context, ask func() error) error {
	pause := 10 * time.Millisecond
	for {
		err := ask()
		var refused *refusal
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		s.again.Add(1)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
		pause = min(2*pause, 500*time.Millisecond)
	}
}
