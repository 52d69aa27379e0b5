package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/id"
)

// load puts questions over connections that stay open. It costs little, since it
// shares the machine with what it measures.
type load struct {
	address     string
	connections int
	request     func(number string) []byte
	run         string // part of every number: no two runs put the same question
	number      atomic.Int64
}

func newLoad(address string, connections int, request func(string) []byte) *load {
	return &load{address: address, connections: connections, request: request, run: id.New()}
}

// measured is what one round came to.
type measured struct {
	took      time.Duration
	latencies []time.Duration
	errors    int
	firstErr  string
	answered  []string // numbers, where somebody wants to know
}

func (m measured) perSecond() float64 { return float64(len(m.latencies)) / max(m.took.Seconds(), 1e-9) }

const (
	answerPatience = 40 * time.Second // with one answer
	warmPatience   = 60 * time.Second // until the first answer comes
)

// warmUp puts one question until it is answered, then some on every connection.
func (l *load) warmUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, warmPatience)
	defer cancel()
	var last string
	for ctx.Err() == nil {
		one := &load{address: l.address, connections: 1, request: l.request, run: id.New()}
		m := one.full(ctx, 50*time.Millisecond)
		if m.errors == 0 && len(m.latencies) > 0 {
			m = l.full(ctx, 500*time.Millisecond)
			last = m.firstErr
			if m.errors == 0 {
				return nil
			}
		}
		last = m.firstErr
		pause(ctx, time.Now().Add(200*time.Millisecond))
	}
	return fmt.Errorf("no question is answered: %s", last)
}

// full keeps every connection busy for a while.
func (l *load) full(ctx context.Context, window time.Duration) measured {
	end := time.Now().Add(window)
	return l.each(ctx, func(c *caller) {
		for time.Now().Before(end) && ctx.Err() == nil {
			c.ask(l.next(), time.Now())
		}
	})
}

// atRate puts questions when they are due, whether or not those before were
// answered; a latency counts from then on. Connections are taken in turn.
func (l *load) atRate(ctx context.Context, window time.Duration, rate float64) measured {
	begun, total := time.Now(), int64(window.Seconds()*rate)
	var taken atomic.Int64
	return l.each(ctx, func(c *caller) {
		for {
			i := taken.Add(1) - 1
			due := begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
			if i >= total || !pause(ctx, due) {
				return
			}
			c.ask(l.next(), due)
		}
	})
}

func (l *load) next() string { return l.run + "-" + strconv.FormatInt(l.number.Add(1), 10) }

func (l *load) each(ctx context.Context, drive func(*caller)) measured {
	callers := make([]*caller, l.connections)
	var all sync.WaitGroup
	begun := time.Now()
	for i := range callers {
		callers[i] = &caller{load: l}
		all.Go(func() {
			defer callers[i].close()
			drive(callers[i])
		})
	}
	all.Wait()
	m := measured{took: time.Since(begun)}
	for _, c := range callers {
		m.latencies, m.answered, m.errors = append(m.latencies, c.latencies...), append(m.answered, c.answered...), m.errors+c.errors
		if m.firstErr == "" {
			m.firstErr = c.firstErr
		}
	}
	return m
}

// caller is one connection. It belongs to one goroutine.
type caller struct {
	load      *load
	conn      net.Conn
	from      *bufio.Reader
	latencies []time.Duration
	answered  []string
	errors    int
	firstErr  string
}

func (c *caller) close() {
	if c.conn != nil {
		_ = c.conn.Close() // only asked over
		c.conn = nil
	}
}

// ask puts one question and waits for its answer. A connection that failed is
// made anew for the next.
func (c *caller) ask(number string, due time.Time) {
	if err := c.exchange(number); err != nil {
		c.errors++
		if c.firstErr == "" {
			c.firstErr = err.Error()
		}
		c.close()
		time.Sleep(5 * time.Millisecond) // a node that is away is not hammered
		return
	}
	c.latencies, c.answered = append(c.latencies, time.Since(due)), append(c.answered, number)
}

func (c *caller) exchange(number string) error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.load.address, answerPatience)
		if err != nil {
			return err
		}
		c.conn, c.from = conn, bufio.NewReaderSize(conn, 16<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerPatience)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.load.request(number)); err != nil {
		return err
	}
	return readAnswer(c.from)
}

// readAnswer reads one answer of HTTP/1.1 and wants status 200 and a body.
func readAnswer(from *bufio.Reader) error {
	line, err := from.ReadSlice('\n')
	if err != nil {
		return err
	}
	status := string(bytes.TrimSpace(line))
	head, err := textproto.NewReader(from).ReadMIMEHeader()
	if err != nil {
		return err
	}
	length, err := strconv.Atoi(head.Get("Content-Length"))
	if err != nil || length < 0 || length > maxAnswer {
		return fmt.Errorf("an answer of unknown length: %s", status)
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") {
		body := make([]byte, min(length, 300))
		_, err := io.ReadFull(from, body)
		return errors.Join(fmt.Errorf("%s: %s", status, body), err)
	}
	if length == 0 {
		return errors.New("an answer without a body")
	}
	_, err = from.Discard(length)
	return err
}
