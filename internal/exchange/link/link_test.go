package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair gives both ends of a connection over loopback.
func pair(t testing.TB, asker, holder Config) (*Conn, *Conn) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	accepted := make(chan *Conn, 1)
	go func() {
		raw, err := listener.Accept()
		if err != nil {
			accepted <- nil
			return
		}
		c, err := New(context.Background(), raw, holder, false)
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return both(t, raw, asker, accepted)
}

func both(t testing.TB, raw net.Conn, asker Config, accepted <-chan *Conn) (*Conn, *Conn) {
	t.Helper()
	a, err := New(context.Background(), raw, asker, true)
	if err != nil {
		t.Fatal(err)
	}
	b := <-accepted
	if b == nil {
		t.Fatal("not accepted")
	}
	t.Cleanup(func() {
		a.Close()
		b.Close()
		a.Wait()
		b.Wait()
	})
	return a, b
}

// echo gives back what came, when all of it has.
func echo(_ context.Context, s *Stream) {
	all, err := io.ReadAll(s)
	if err == nil {
		_ = s.Finish(all)
	}
}

func ask(ctx context.Context, c *Conn, question []byte) ([]byte, error) {
	s, err := c.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.Finish(question); err != nil {
		return nil, err
	}
	return io.ReadAll(s)
}

func TestManyStreamsOfEverySize(t *testing.T) {
	a, _ := pair(t, Config{}, Config{Handler: echo})
	var asked sync.WaitGroup
	for i, size := range []int{0, 1, headSize, maxPayload - 1, maxPayload, maxPayload + 1, window, window + 1, 3 * wideWindow} {
		for j := range 20 {
			asked.Go(func() {
				question := bytes.Repeat([]byte{byte(i + j)}, size)
				answer, err := ask(t.Context(), a, question)
				if err != nil || !bytes.Equal(answer, question) {
					t.Errorf("%d bytes: %d came back, %v", size, len(answer), err)
				}
			})
		}
	}
	asked.Wait()
	if a.Load() != 0 || !a.Usable() {
		t.Errorf("%d streams are open at the end", a.Load())
	}
}

func TestMoreStreamsThanMayBeOpenWait(t *testing.T) {
	var most, now atomic.Int64
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, s *Stream) {
		now.Add(1)
		for seen := most.Load(); now.Load() > seen && !most.CompareAndSwap(seen, now.Load()); seen = most.Load() {
		}
		echo(ctx, s)
		now.Add(-1)
	}})
	var asked sync.WaitGroup
	for range 3 * maxStreams {
		asked.Go(func() {
			if answer, err := ask(t.Context(), a, []byte("x")); err != nil || string(answer) != "x" {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
	asked.Wait()
	if most.Load() > maxHandlers {
		t.Errorf("%d handlers ran at once", most.Load())
	}
}

// A reader that never comes takes what its window holds, and the others go on.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	sent := make(chan int64, 1)
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, s *Stream) {
		kind := make([]byte, 1)
		if _, err := io.ReadFull(s, kind); err != nil {
			return
		}
		if kind[0] != 'l' {
			echo(ctx, s)
			return
		}
		var n int64
		for {
			more, err := s.Write(make([]byte, 1<<10))
			if n += int64(more); err != nil {
				sent <- n
				return
			}
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	slow, err := a.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.Finish([]byte("l")); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if answer, err := ask(t.Context(), a, append([]byte("x"), make([]byte, 2*window)...)); err != nil || len(answer) != 2*window {
			t.Fatalf("%d bytes, %v", len(answer), err)
		}
	}
	cancel()
	slow.Close()
	if n := <-sent; n > window {
		t.Errorf("%d bytes were taken for a reader that never came", n)
	}
}

func TestLongBodyStaysWithinItsWindow(t *testing.T) {
	const size = 64 << 20
	a, _ := pair(t, Config{}, Config{Handler: func(_ context.Context, s *Stream) {
		part := make([]byte, 1<<20)
		for range size / len(part) {
			if _, err := s.Write(part); err != nil {
				return
			}
		}
		_ = s.Finish(nil)
	}})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Finish([]byte("go")); err != nil {
		t.Fatal(err)
	}
	var came int64
	for part := make([]byte, 256<<10); ; {
		n, err := s.Read(part)
		came += int64(n)
		s.mu.Lock()
		kept := cap(s.in)
		s.mu.Unlock()
		if kept > 2*wideWindow {
			t.Fatalf("%d bytes are kept", kept)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if came != size {
		t.Errorf("%d bytes came", came)
	}
}

// What was read makes room for what comes, also when the reader never catches up.
func TestWhatWasReadIsNotKept(t *testing.T) {
	s := &Stream{conn: &Conn{}, readable: make(chan struct{}, 1), room: window}
	payload, part := make([]byte, maxPayload), make([]byte, maxPayload)
	if err := s.arrive(payload, false); err != nil { // from now on something is always left
		t.Fatal(err)
	}
	for range 1000 {
		if err := s.arrive(payload, false); err != nil {
			t.Fatal(err)
		}
		if n, _, err := s.take(part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if kept := cap(s.in); kept > 2*window {
		t.Errorf("%d bytes are kept for %d that nobody has read", kept, len(payload))
	}
}

func TestBothSidesSeeABreak(t *testing.T) {
	ended := make(chan error, 1)
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, s *Stream) {
		_, _ = s.Write([]byte("begin"))
		<-ctx.Done()
		_, err := io.Copy(io.Discard, s)
		ended <- err
	}})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("half a question")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-ended; !errors.Is(err, ErrReset) {
		t.Errorf("at the other side: %v", err)
	}
	s, err = a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Write([]byte("?")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if _, err := io.ReadAll(s); !errors.Is(err, ErrClosed) {
		t.Errorf("after the connection has ended: %v", err)
	}
	<-ended
}

func TestHandlerThatReturnsEarlyBreaksTheStream(t *testing.T) {
	a, _ := pair(t, Config{}, Config{Handler: func(_ context.Context, s *Stream) { _, _ = s.Write([]byte("half")) }})
	if answer, err := ask(t.Context(), a, []byte("x")); !errors.Is(err, ErrReset) || string(answer) != "half" {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestRefusedStreamsWereNotHandled(t *testing.T) {
	a, b := pair(t, Config{}, Config{Handler: func(_ context.Context, s *Stream) { s.Refuse() }})
	if _, err := ask(t.Context(), a, []byte("x")); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
	b.Leave()
	s, err := a.Open(t.Context())
	if err == nil {
		err = s.Finish([]byte("x"))
		if err == nil {
			_, err = s.Read(make([]byte, 1))
		}
		s.Close()
	}
	if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrClosed) {
		t.Errorf("after the other side left: %v", err)
	}
	<-a.Done()
	<-b.Done()
}

func TestLeaveLetsOpenStreamsEnd(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	a, b := pair(t, Config{}, Config{Handler: func(ctx context.Context, s *Stream) {
		close(begun)
		<-release
		echo(ctx, s)
	}})
	result := make(chan error, 1)
	go func() {
		answer, err := ask(t.Context(), a, []byte("late"))
		if err == nil && string(answer) != "late" {
			err = fmt.Errorf("answer %q", answer)
		}
		result <- err
	}()
	<-begun
	b.Leave()
	b.Leave()
	close(release)
	if err := <-result; err != nil {
		t.Error(err)
	}
	<-a.Done()
	<-b.Done()
}

func TestDeadlineOfAStream(t *testing.T) {
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, _ *Stream) { <-ctx.Done() }})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := ask(ctx, a, []byte("x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if a.Load() != 0 {
		t.Error("the stream is still open")
	}
}

func TestCloseWakesWhoWaits(t *testing.T) {
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, _ *Stream) { <-ctx.Done() }})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(make([]byte, window)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	go func() { _, err := s.Read(make([]byte, 1)); ended <- err }()
	go func() { _, err := s.Write(make([]byte, 1)); ended <- err }()
	s.Close()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("it went on")
		}
	}
}

func TestGreetings(t *testing.T) {
	heard := make(chan string, 2)
	hear := func(greeting []byte) { heard <- string(greeting) }
	pair(t, Config{Greeting: func() []byte { return []byte("from a") }, Heard: hear}, Config{Greeting: func() []byte { return bytes.Repeat([]byte("b"), maxGreeting+1) }, Heard: hear})
	got := []string{<-heard, <-heard}
	if !(got[0] == "from a" || got[1] == "from a") || !(len(got[0]) == maxGreeting || len(got[1]) == maxGreeting) {
		t.Errorf("%.20q", got)
	}
}

// silence is a connection whose other side reads and says nothing.
func TestSilentOtherSide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			_, _ = far.Write(hello{streams: 1, window: window}.frame())
			_, _ = io.Copy(io.Discard, far)
		}()
		c, err := New(t.Context(), near, Config{}, true)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		<-c.Done()
		if !errors.Is(c.Err(), ErrSilent) || time.Since(begun) > time.Minute {
			t.Errorf("after %s: %v", time.Since(begun), c.Err())
		}
		c.Wait()
		_ = far.Close()
	})
}

func TestIdleConnectionIsHungUpAndBusyOneIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		accepted := make(chan *Conn, 1)
		go func() {
			c, err := New(t.Context(), far, Config{Handler: echo}, false)
			if err != nil {
				t.Error(err)
			}
			accepted <- c
		}()
		a, err := New(t.Context(), near, Config{}, true)
		if err != nil {
			t.Fatal(err)
		}
		b := <-accepted
		for range 10 {
			time.Sleep(80 * time.Second)
			if _, err := ask(t.Context(), a, []byte("still there?")); err != nil {
				t.Fatal(err)
			}
		}
		<-a.Done()
		<-b.Done()
		a.Wait()
		b.Wait()
	})
}

// raw gives a connection whose other side is played by hand.
func raw(t *testing.T, dialed bool) (*Conn, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	made := make(chan *Conn, 1)
	go func() {
		c, err := New(context.Background(), near, Config{Handler: func(ctx context.Context, _ *Stream) { <-ctx.Done() }}, dialed) // reads nothing
		if err != nil {
			t.Error(err)
		}
		made <- c
	}()
	go func() { _, _ = far.Write(hello{streams: maxStreams, window: window}.frame()) }()
	if _, err := io.ReadFull(far, make([]byte, len(hello{}.frame()))); err != nil {
		t.Fatal(err)
	}
	c := <-made
	t.Cleanup(func() {
		c.Close()
		_ = far.Close()
		c.Wait()
	})
	return c, far
}

func TestBrokenFramesEndTheConnection(t *testing.T) {
	data := func(flags byte, stream uint32, size int) []byte {
		return appendFrame(nil, frameData, flags, stream, make([]byte, size))
	}
	for name, frames := range map[string][]byte{
		"no type":                appendFrame(nil, 9, 0, 0, nil),
		"too long":               appendFrame(nil, frameData, flagOpen, 1, make([]byte, maxPayload+1)),
		"endless":                {0xff, 0xff, 0xff, 0xff, frameData, flagOpen, 0, 0, 0, 1},
		"empty data":             data(0, 1, 0),
		"unknown flag":           data(8, 1, 1),
		"flags on credit":        appendFrame(nil, frameCredit, 1, 1, make([]byte, wordSize)),
		"data on no stream":      data(flagOpen, 0, 1),
		"never opened":           data(0, 1, 1),
		"opened twice":           append(data(flagOpen, 1, 1), data(flagOpen, 1, 1)...),
		"opened backwards":       append(data(flagOpen, 2, 1), data(flagOpen, 1, 1)...),
		"behind the end":         append(data(flagOpen|flagEnd, 1, 1), data(0, 1, 1)...),
		"more than the window":   bytes.Join([][]byte{data(flagOpen, 1, maxPayload), data(0, 1, maxPayload), data(0, 1, maxPayload), data(0, 1, maxPayload), data(0, 1, 1)}, nil),
		"credit of nothing":      append(data(flagOpen, 1, 1), appendWord(nil, frameCredit, 1, 0)...),
		"credit without end":     append(data(flagOpen, 1, 1), appendWord(nil, frameCredit, 1, 1<<31)...),
		"hello again":            hello{streams: 1, window: window}.frame(),
		"reset without a stream": appendWord(nil, frameReset, 0, 1),
		"short ping":             appendFrame(nil, framePing, 0, 0, make([]byte, 7)),
	} {
		c, far := raw(t, false)
		go func() { _, _ = io.Copy(io.Discard, far) }()
		_, _ = far.Write(frames) // it may be hung up in the middle
		<-c.Done()
		if !errors.Is(c.Err(), ErrProtocol) {
			t.Errorf("%s: %v", name, c.Err())
		}
	}
}

func TestTheSideThatDialledIsAskedNothing(t *testing.T) {
	c, far := raw(t, true)
	go func() { _, _ = io.Copy(io.Discard, far) }()
	_, _ = far.Write(appendFrame(nil, frameData, flagOpen, 1, []byte("x")))
	<-c.Done()
	if !errors.Is(c.Err(), ErrProtocol) {
		t.Error(c.Err())
	}
}

func TestBrokenHellos(t *testing.T) {
	for name, first := range map[string][]byte{
		"HTTP": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "another frame": appendFrame(nil, framePing, 0, 0, make([]byte, pingSize)), "no window": hello{streams: 1}.frame(),
		"a window without end": hello{streams: 1, window: 1 << 31}.frame(), "greeting without end": hello{window: window, greeting: make([]byte, maxGreeting+1)}.frame(), "nothing": nil,
	} {
		near, far := net.Pipe()
		go func() {
			_, _ = io.CopyN(io.Discard, far, int64(len(hello{}.frame())))
			_, _ = far.Write(first)
			_ = far.Close()
		}()
		if c, err := New(t.Context(), near, Config{}, true); err == nil {
			c.Close()
			t.Errorf("%s: was taken", name)
		}
	}
}

// Whoever opens and resets without end does not make handlers without end.
func TestOpenAndResetWithoutEnd(t *testing.T) {
	release := make(chan struct{})
	var running atomic.Int64
	near, far := net.Pipe()
	made := make(chan *Conn, 1)
	go func() {
		c, err := New(context.Background(), near, Config{Handler: func(context.Context, *Stream) { running.Add(1); <-release }}, false)
		if err != nil {
			t.Error(err)
		}
		made <- c
	}()
	go func() { _, _ = far.Write(hello{streams: maxStreams, window: window}.frame()) }()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	c := <-made
	for i := range uint32(5 * maxHandlers) {
		if _, err := far.Write(appendWord(appendFrame(nil, frameData, flagOpen, i+1, []byte("x")), frameReset, i+1, resetBroken)); err != nil {
			t.Fatal(err)
		}
	}
	if n := running.Load(); n > maxHandlers {
		t.Errorf("%d handlers run", n)
	}
	close(release)
	c.Close()
	_ = far.Close()
	c.Wait()
}

// What an endless other side says never makes more of it than is bounded, and
// the connection and its goroutines end.
func FuzzConn(f *testing.F) {
	open := appendFrame(nil, frameData, flagOpen, 1, []byte("question"))
	f.Add(open)
	f.Add(append(open, appendFrame(nil, frameData, flagEnd, 1, nil)...))
	f.Add(appendWord(open, frameReset, 1, resetRefused))
	f.Add(appendWord(appendWord(open, frameCredit, 1, 9), frameLeave, 0, 1))
	f.Add(appendFrame(nil, framePing, 0, 0, make([]byte, pingSize)))
	f.Fuzz(func(t *testing.T, frames []byte) {
		for _, dialed := range []bool{false, true} {
			near, far := net.Pipe()
			go func() {
				_, _ = far.Write(hello{streams: 4, window: minWindow}.frame())
				_, _ = far.Write(frames)
				_ = far.Close()
			}()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			c, err := New(context.Background(), near, Config{Handler: echo}, dialed)
			if err != nil {
				continue // hung up too early
			}
			c.Wait()
		}
	})
}

func BenchmarkStreams(b *testing.B) {
	a, _ := pair(b, Config{}, Config{Handler: echo})
	question := make([]byte, 1<<10)
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := ask(context.Background(), a, question); err != nil {
				b.Error(err)
			}
		}
	})
}

// What is handed out where it lies belongs to the one who took it: nothing that comes later changes it.
func TestBytesAreHandedOutWhereTheyLie(t *testing.T) {
	a, _ := pair(t, Config{}, Config{Handler: func(_ context.Context, s *Stream) {
		for i := range 200 {
			if _, err := s.Write(bytes.Repeat([]byte{byte(i)}, 1000)); err != nil {
				return
			}
		}
		_ = s.Finish([]byte("end"))
	}})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Finish([]byte("go")); err != nil {
		t.Fatal(err)
	}
	var parts [][]byte
	for range 160 {
		part, err := s.Next(1000)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, append(part, 0xff)) // whoever owns them may write behind them
	}
	rest, err := s.Next(window/2 + 1000) // more than is ever there at once for sure
	if err != nil || len(rest) != window/2+1000 {
		t.Fatalf("%d bytes, %v", len(rest), err)
	}
	for i, part := range parts {
		if want := append(bytes.Repeat([]byte{byte(i)}, 1000), 0xff); !bytes.Equal(part, want) {
			t.Fatalf("part %d was changed", i)
		}
	}
	if n, err := io.Copy(io.Discard, s); n != 200_003-160_000-int64(len(rest)) || err != nil {
		t.Errorf("%d bytes are left, %v", n, err)
	}
	if _, err := s.Next(1); !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %v", err)
	}
}
