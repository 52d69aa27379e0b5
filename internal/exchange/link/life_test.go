package link

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// The context of a stream is made when somebody waits; it ends all the same, for those who came before the end and after it.
func TestTheContextOfAStreamEndsWithIt(t *testing.T) {
	before, after, handled := make(chan context.Context, 1), make(chan context.Context, 1), make(chan struct{})
	a, _ := pair(t, Config{}, Config{Handler: func(ctx context.Context, _ *Stream) {
		derived, cancel := context.WithCancel(ctx)
		defer cancel()
		before <- derived
		<-ctx.Done()
		after <- ctx
		<-handled
	}})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	derived := <-before
	if err := derived.Err(); err != nil {
		t.Errorf("it ended before the stream: %v", err)
	}
	s.Close()
	<-derived.Done()
	if ctx := <-after; !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("it ended with %v", ctx.Err())
	}
	close(handled)

	over := &life{conn: t.Context()}
	over.end()
	<-over.Done()
	if !errors.Is(over.Err(), context.Canceled) {
		t.Errorf("one that nobody had asked for ended with %v", over.Err())
	}
}

// A stream at which nothing moves until its deadline is let go of, and both sides hear of it.
func TestADeadlineLetsGoOfAStream(t *testing.T) {
	waited := make(chan error, 1)
	a, _ := pair(t, Config{}, Config{Handler: func(_ context.Context, s *Stream) {
		s.SetDeadline(time.Now().Add(time.Millisecond))
		_, err := s.Next(100)
		waited <- err
	}})
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Write([]byte("half a question")); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("who waited heard %v", err)
	}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, ErrReset) {
		t.Errorf("the other side heard %v", err)
	}
}

// The goroutine that came to rest last is woken first: streams that follow one another are handled by one, however many rest.
func TestFewGoroutinesHandleWhatComesOneByOne(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	a, b := pair(t, Config{}, Config{Handler: func(ctx context.Context, s *Stream) {
		entered <- struct{}{}
		<-release
		echo(ctx, s)
	}})
	b.rest = time.Hour // none of them leaves
	var asked sync.WaitGroup
	for range 8 {
		asked.Go(func() {
			if _, err := ask(t.Context(), a, []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	for range 8 {
		<-entered
	}
	close(release)
	asked.Wait()
	for rested(b) < 8 {
		runtime.Gosched()
	}

	b.mu.Lock()
	last := b.resting[7]
	b.mu.Unlock()
	for range 20 {
		asked.Go(func() { <-entered })
		if _, err := ask(t.Context(), a, []byte("x")); err != nil {
			t.Fatal(err)
		}
		for rested(b) < 8 {
			runtime.Gosched()
		}
		b.mu.Lock()
		same := b.resting[7] == last
		b.mu.Unlock()
		if !same {
			t.Fatal("another goroutine was woken")
		}
	}
	asked.Wait()
}

func rested(c *Conn) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.resting)
}
