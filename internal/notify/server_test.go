package notify

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/work"
)

func TestServerAway(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		if err := r.sink.Close(); err != nil {
			t.Fatal(err)
		}
		r.send(offer("1"), offer("2"))
		for range 10 { // more often than a message may be tried
			if _, err := r.runner.RunDue(t.Context()); err == nil || work.RestOf(err, 0) != r.cfg.Pause {
				t.Fatalf("wait %v, %v", work.RestOf(err, 0), err)
			}
			r.clock.Advance(time.Hour)
		}
		all, err := r.Deliveries(t.Context(), "", 0)
		if err != nil || len(all.Items) != 2 {
			t.Fatal(all, err)
		}
		for _, d := range all.Items {
			if d.State != Queued || d.Attempts != 0 {
				t.Errorf("%+v", d)
			}
		}
		r.listen(r.at)
		r.carryAll()
		if got := r.sent(); len(got) != 2 {
			t.Errorf("sent %v", got)
		}
	})
}

// stubborn is a mail server that answers every RCPT in its own way.
func stubborn(t *testing.T, answer string) (at string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			converse(connection, answer)
		}
	})
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	return listener.Addr().String()
}

func converse(connection net.Conn, answer string) {
	defer connection.Close()
	fmt.Fprint(connection, "220 stubborn\r\n")
	buffer := make([]byte, 4096)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		switch line := string(buffer[:n]); {
		case strings.HasPrefix(line, "RCPT") && answer == "":
			return // hangs up
		case strings.HasPrefix(line, "RCPT"):
			fmt.Fprint(connection, answer+"\r\n")
		case strings.HasPrefix(line, "QUIT"):
			fmt.Fprint(connection, "221 bye\r\n")
			return
		default:
			fmt.Fprint(connection, "250 fine\r\n")
		}
	}
}

func TestServerThatRefuses(t *testing.T) {
	cases := map[string]struct {
		answer string
		states []State // after each attempt
		reason string
	}{
		"later":    {"451 later", []State{Queued, Queued, Failed}, "smtp-451"},
		"never":    {"550 nobody here", []State{Failed}, "smtp-550"},
		"hangs up": {"", []State{Queued, Queued, Failed}, NoServer},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, r *rig) {
				r.at = stubborn(t, c.answer)
				r.Courier, r.runner = r.another(r.db, "one")
				r.send(offer("1"))
				for i, want := range c.states {
					_, _ = r.runner.RunDue(t.Context())
					d := r.only()
					if d.State != want || d.Attempts != i+1 || d.Reason != c.reason {
						t.Fatalf("after %d: %+v", i+1, d)
					}
					if pause := 10 * time.Second << i; want == Queued && d.Due.Sub(r.clock.Now()) != pause {
						t.Errorf("pause %v, want %v", d.Due.Sub(r.clock.Now()), pause)
					}
					_, _ = r.runner.RunDue(t.Context()) // before it is due
					r.clock.Advance(10 * time.Second << i)
				}
				r.clock.Advance(24 * time.Hour)
				r.carryAll()
				if d := r.only(); d.Attempts != len(c.states) {
					t.Errorf("tried again: %+v", d)
				}
			})
		})
	}
}
