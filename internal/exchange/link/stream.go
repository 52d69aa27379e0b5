package link

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// The codes of a reset.
const (
	resetRefused = 1 // it was not handled
	resetBroken  = 2 // it ends in its middle
)

// Stream is a sequence of bytes in each direction. One goroutine may read and
// one may write at a time.
type Stream struct {
	conn *Conn
	ctx  context.Context // when it ends the stream breaks off
	life *life           // ctx, where this side handles the stream

	id   uint32 // 0 until something was sent; guarded by conn.mu
	wide int    // bytes by which the window was widened; guarded by conn.mu
	gone bool   // both sides have done with it; guarded by conn.mu

	readable chan struct{} // something happened that a reader may wait for
	writable chan struct{} // the same for a writer

	mu       sync.Mutex // guards what follows
	in       []byte     // came, and was not read yet
	taken    int        // bytes of in that were read
	room     int        // bytes that may still come
	owed     int        // bytes that were read since credit was given last
	credit   int        // bytes that may be sent
	inEnded  bool       // nothing more comes
	outEnded bool       // nothing more is sent
	err      error      // why the stream broke off
	until    time.Time  // when who waits is let down; zero for never

	readStopped, writeStopped bool // this side reads, or writes, no more
}

func newStream(ctx context.Context, c *Conn, credit int) *Stream {
	return &Stream{conn: c, ctx: ctx, credit: credit, room: window, readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Read implements io.Reader. io.EOF means that the other side has said that it
// is done; a stream that broke off is another error.
func (s *Stream) Read(p []byte) (int, error) {
	for {
		n, credit, err := s.take(p)
		if credit > 0 {
			s.conn.control(frameCredit, s, uint32(credit))
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if err := s.wait(s.readable); err != nil {
			return 0, err
		}
	}
}

// take reads what is there and says how much credit the other side gets for it.
func (s *Stream) take(p []byte) (n, credit int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readStopped {
		return 0, 0, io.ErrClosedPipe
	}
	n = copy(p, s.in[s.taken:])
	if s.taken += n; s.taken == len(s.in) {
		s.in, s.taken = s.in[:0], 0
	}
	switch {
	case n == 0 && s.inEnded:
		return 0, 0, io.EOF
	case n == 0 && s.err != nil:
		return 0, 0, s.err
	}
	return n, s.owe(n), nil
}

// Next gives the next n bytes, where they lie when there are few: they are the caller's from then on. Errors are those of
// [io.ReadFull].
func (s *Stream) Next(n int) ([]byte, error) {
	if n == 0 || n > window/2 { // so many may never be there all at once
		b := make([]byte, n)
		_, err := io.ReadFull(s, b)
		return b, err
	}
	for {
		b, credit, err := s.hand(n)
		if credit > 0 {
			s.conn.control(frameCredit, s, uint32(credit))
		}
		if b != nil || err != nil {
			return b, err
		}
		if err := s.wait(s.readable); err != nil {
			return nil, err
		}
	}
}

// hand gives n bytes away, if so many are there, and says how much credit the other side gets for them.
func (s *Stream) hand(n int) (b []byte, credit int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.in[s.taken:]
	switch {
	case s.readStopped:
		return nil, 0, io.ErrClosedPipe
	case len(rest) >= n:
		s.in, s.taken = rest[n:], 0
		return rest[:n:n], s.owe(n), nil
	case s.inEnded && len(rest) == 0:
		return nil, 0, io.EOF
	case s.inEnded:
		return nil, 0, io.ErrUnexpectedEOF
	}
	return nil, 0, s.err
}

// owe counts bytes that were read and gives the credit that is due for them. The caller holds mu.
func (s *Stream) owe(n int) (credit int) {
	if s.inEnded || s.err != nil {
		return 0
	}
	if s.owed += n; s.owed < window/2 {
		return 0
	}
	credit = s.owed + s.conn.widen(s)
	s.room, s.owed = s.room+credit, 0
	return credit
}

// SetDeadline sets until when a read or a write may wait; zero for no bound but the context. A stream at which somebody waits
// longer is let go of, as by Close.
func (s *Stream) SetDeadline(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = until
}

// wait waits until something has happened. Where everything is here nobody waits, so that only who waits pays for a timer.
func (s *Stream) wait(happened <-chan struct{}) error {
	s.mu.Lock()
	until := s.until
	s.mu.Unlock()
	if until.IsZero() {
		select {
		case <-happened:
			return nil
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}

	late := time.NewTimer(time.Until(until))
	defer late.Stop()
	select {
	case <-happened:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-late.C:
	}
	s.mu.Lock()
	moved := s.until != until // meanwhile, by the goroutine that does the other of both
	s.mu.Unlock()
	if moved {
		return nil
	}
	s.Close()
	return os.ErrDeadlineExceeded
}

// Sent reports whether the other side may have seen anything of the stream.
func (s *Stream) Sent() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.id != 0
}

// Write implements io.Writer. It waits for room at the other side.
func (s *Stream) Write(p []byte) (n int, err error) { return s.send(p, false) }

// Finish writes the last bytes.
func (s *Stream) Finish(p []byte) error {
	_, err := s.send(p, true)
	return err
}

func (s *Stream) send(p []byte, end bool) (n int, err error) {
	for {
		flags, size, err := s.claim(len(p), end)
		if err != nil {
			return n, err
		}
		if size > 0 || flags&flagEnd != 0 {
			if err := s.conn.data(s, flags, p[:size]); err != nil {
				return n, err
			}
			p, n = p[size:], n+size
		}
		if len(p) == 0 && (!end || flags&flagEnd != 0) {
			return n, nil
		}
		if size > 0 {
			continue
		}
		if err := s.wait(s.writable); err != nil {
			return n, err
		}
	}
}

// claim takes credit for the next frame of want bytes that are left.
func (s *Stream) claim(want int, end bool) (flags byte, size int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return 0, 0, s.err
	case s.outEnded || s.writeStopped:
		return 0, 0, io.ErrClosedPipe
	case s.ctx.Err() != nil:
		return 0, 0, s.ctx.Err()
	}
	size = min(want, s.credit, maxPayload)
	if size == 0 && want > 0 {
		return 0, 0, nil
	}
	s.credit -= size
	if end && size == want {
		flags |= flagEnd
		s.outEnded = true
	}
	return flags, size, nil
}

// Close lets go of the stream. What was not finished breaks off for the other
// side too, and for those who read or write here.
func (s *Stream) Close() {
	s.mu.Lock()
	done := s.inEnded && s.outEnded || s.err != nil
	if s.err == nil {
		s.err = io.ErrClosedPipe
	}
	s.mu.Unlock()
	signal(s.readable)
	signal(s.writable)
	if !done {
		s.conn.control(frameReset, s, resetBroken)
	}
	s.conn.forget(s)
}

// StopReading tells whoever reads that nothing more is wanted. The other side is
// not told before Close: it waits for room.
func (s *Stream) StopReading() {
	s.mu.Lock()
	s.readStopped = true
	s.mu.Unlock()
	signal(s.readable)
}

// StopWriting ends a write that waits for room, and every later one.
func (s *Stream) StopWriting() {
	s.mu.Lock()
	s.writeStopped = true
	s.mu.Unlock()
	signal(s.writable)
}

// Refuse lets go of a stream of which nothing was handled, and says so.
func (s *Stream) Refuse() {
	s.fail(ErrRefused)
	s.conn.control(frameReset, s, resetRefused)
	s.conn.forget(s)
}

// fail breaks the stream off.
func (s *Stream) fail(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	signal(s.readable)
	signal(s.writable)
}

// arrive keeps what came for the reader. It refuses more than there is room for.
func (s *Stream) arrive(payload []byte, end bool) error {
	s.mu.Lock()
	if s.inEnded || len(payload) > s.room {
		s.mu.Unlock()
		return fmt.Errorf("%w: more than there is room for on a stream, or behind its end", ErrProtocol)
	}
	if s.err == nil { // nobody reads a broken one
		s.keep(payload)
	}
	s.room -= len(payload)
	s.inEnded = end
	done := end && s.outEnded
	s.mu.Unlock()
	signal(s.readable)
	if done {
		s.conn.forget(s)
	}
	return nil
}

// keep puts what came behind what is unread. What was read makes room first, so that
// no more is held than the window, however long the reader stays behind.
func (s *Stream) keep(payload []byte) {
	if s.taken > 0 && len(s.in)+len(payload) > cap(s.in) {
		s.in, s.taken = s.in[:copy(s.in, s.in[s.taken:])], 0
	}
	s.in = append(s.in, payload...)
}

// granted takes credit.
func (s *Stream) granted(more uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if more == 0 || int64(s.credit)+int64(more) > maxWindow {
		return fmt.Errorf("%w: credit of %d bytes", ErrProtocol, more)
	}
	s.credit += int(more)
	signal(s.writable)
	return nil
}

// broke lets the handler of a stream know that nobody waits for it.
func (s *Stream) broke() {
	if s.life != nil {
		s.life.end()
	}
}
