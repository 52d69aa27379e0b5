package faults

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// echo answers with what it was sent.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	return listener.Addr().String()
}

// says sends a word and reads it back within a time.
func says(c net.Conn, within time.Duration) error {
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("word")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 4))
	return err
}

func TestProxyTreatsConnectionsAsTold(t *testing.T) {
	p, err := newProxy("127.0.0.1:0", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", p.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	const patience, impatience = 10 * time.Second, 50 * time.Millisecond

	c := dial()
	if err := says(c, patience); err != nil {
		t.Fatalf("at first: %v", err)
	}
	p.treat(state{hang: true})
	if err := says(c, impatience); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("while it hangs: %v", err)
	}
	p.treat(state{late: time.Millisecond})
	c = dial()
	if err := says(c, patience); err != nil {
		t.Errorf("while it is slow: %v", err)
	}
	p.treat(state{cut: true})
	if err := says(c, patience); err == nil {
		t.Error("a connection that was cut answers")
	}
	if err := says(dial(), patience); err == nil {
		t.Error("a new connection comes about while they are cut")
	}
	p.treat(state{})
	if err := says(dial(), patience); err != nil {
		t.Errorf("in the end: %v", err)
	}
}
