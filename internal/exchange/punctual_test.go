package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/kit/problem"
)

// clockwork is an information system that ends when its time is over, and says on whose goroutine it was asked.
type clockwork struct {
	w      *world
	waits  atomic.Bool // until its time is over, with its head or with its body
	inBody atomic.Bool
	called atomic.Value // by whom: a stack
	asked  atomic.Int32
}

// Punctual implements Punctual.
func (*clockwork) Punctual() {}

// Serve implements System.
func (c *clockwork) Serve(ctx context.Context, _ Call) (Result, error) {
	c.asked.Add(1)
	c.called.Store(string(debug.Stack()))
	if _, dated := ctx.Deadline(); !dated {
		return Result{}, errors.New("nothing says until when")
	}
	if c.waits.Load() {
		<-ctx.Done()
		return Result{}, ctx.Err()
	}
	body := strings.ReplaceAll(document, "MOTHER", c.w.pseudonym("family"))
	var from io.Reader = strings.NewReader(body)
	if c.inBody.Load() {
		from = late{ctx}
	}
	return Result{Status: http.StatusOK, Headers: []Header{{"Content-Type", "application/json"}}, Body: io.NopCloser(from), Size: int64(len(body))}, nil
}

// late is a body that never comes.
type late struct{ ctx context.Context }

func (l late) Read([]byte) (int, error) {
	<-l.ctx.Done()
	return 0, l.ctx.Err()
}

// unhurried hides that a system is punctual.
type unhurried struct{ System }

// A system that keeps its time is asked on the goroutine that waits for it, and the answer is the same as when another
// asks; what takes longer than it may, the head or the body, is a system that is away, and the next request is answered.
func TestAPunctualSystem(t *testing.T) {
	w := newWorld(t, nil)
	c := &clockwork{w: w}
	var bodies [][]byte
	for _, system := range []System{c, unhurried{c}} {
		w.state.systems[birthsS] = system
		answer, err := w.ask()
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, answer.Body)
		_, hidden := system.(unhurried)
		if direct := strings.Contains(c.called.Load().(string), "(*inboundRequest).call("); direct == hidden {
			t.Errorf("asked on the goroutine that waits: %v, and it is hidden that it is punctual: %v", direct, hidden)
		}
	}
	if !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("answered %s and %s", bodies[0], bodies[1])
	}

	w.state.systems[birthsS] = c
	w.state.SystemTimeout = 50 * time.Millisecond
	for name, slow := range map[string]*atomic.Bool{"head": &c.waits, "body": &c.inBody} {
		slow.Store(true)
		_, err := w.ask()
		if p := wantCode(t, err, "system-away"); p.Kind != problem.Timeout {
			t.Errorf("%s: %v", name, err)
		}
		slow.Store(false)
	}
	w.state.SystemTimeout = time.Minute
	if _, err := w.ask(); err != nil {
		t.Errorf("after it was late: %v", err)
	}
	if n := c.asked.Load(); n != 5 {
		t.Errorf("asked %d times", n)
	}
}
