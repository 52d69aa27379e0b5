package door_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/door"
	"dobosh/internal/testkit"
)

func TestMain(m *testing.M) { testkit.NoneLeft(m) }

// taker keeps what it is given, and fails as the test says.
type taker struct {
	largest int64
	began   chan struct{} // where not nil, told when a mail begins
	goOn    chan struct{} // where not nil, a mail waits for it

	mu    sync.Mutex
	fails error              // guarded by mu
	mails []mailbox.Envelope // guarded by mu
	texts []string           // guarded by mu
}

func (k *taker) Knows(address string) bool {
	return strings.HasPrefix(address, "reply") || strings.HasPrefix(address, "одговор")
}
func (k *taker) Largest() int64 { return k.largest }
func (k *taker) Domain() string { return "city.example" }

func (k *taker) Arrive(ctx context.Context, a mailbox.Arrival) error {
	if k.began != nil {
		k.began <- struct{}{}
		select {
		case <-k.goOn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	raw, err := io.ReadAll(a.Content)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		err = k.fails
	}
	if err == nil {
		k.mails, k.texts = append(k.mails, a.Envelope), append(k.texts, string(raw))
	}
	return err
}

func (k *taker) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fails = err
}

func (k *taker) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.mails)
}

func open(t *testing.T, cfg door.Config, k *taker) (at string) {
	t.Helper()
	if k.largest == 0 {
		k.largest = 10_000
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := door.Open(listener, cfg, k, time.Now, slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(func() { _ = d.Close() })
	return listener.Addr().String()
}

// client speaks to a door, a line at a time.
type client struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, at string) *client {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, c, bufio.NewReader(c)}
}

// say sends a line and gives the last line of the answer.
func (c *client) say(format string, args ...any) string {
	c.Helper()
	if _, err := fmt.Fprintf(c, format+"\r\n", args...); err != nil {
		c.Fatal(err)
	}
	return c.hear()
}

func (c *client) hear() string {
	c.Helper()
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "gone"
		}
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimSpace(line)
		}
	}
}

// wants fails the test where an answer begins otherwise.
func (c *client) wants(answer, code string) {
	c.Helper()
	if !strings.HasPrefix(answer, code) {
		c.Errorf("%q, want %s", answer, code)
	}
}

// mail goes as far as DATA and gives the answer to the whole.
func (c *client) mail(body string) string {
	c.Helper()
	c.wants(c.say("MAIL FROM:<ana@b.example>"), "250")
	c.wants(c.say("RCPT TO:<reply+x@city.example>"), "250")
	c.wants(c.say("DATA"), "354")
	return c.say("%s\r\n.", body)
}

func TestRefusals(t *testing.T) {
	k := &taker{}
	c := dial(t, open(t, door.Config{}, k))
	c.wants(c.hear(), "220")
	c.wants(c.say("EHLO b.example"), "250")
	c.wants(c.say("MAIL FROM:<ana@b.example> SIZE=10001"), "552")
	c.wants(c.say("MAIL FROM:<ana@b.example> SIZE=10000"), "250")
	c.wants(c.say("RCPT TO:<nobody@city.example>"), "550 5.1.1")
	c.wants(c.say("DATA"), "502") // nobody is there to get it
	c.wants(c.say("RSET"), "250")
	c.wants(c.mail("Subject: x\r\n\r\n"+strings.Repeat(strings.Repeat("x", 70)+"\r\n", 200)), "552")
	for code, err := range map[string]error{
		"451": errors.New("the disk is full"), "554 5.4.6": problem.New(problem.Invalid, "mail-loops"), "552": problem.New(problem.TooLarge, "mail-too-large"),
	} {
		k.fail(err)
		answer := c.mail("Subject: x\r\n\r\nx")
		c.wants(answer, code)
		if strings.Contains(answer, "disk") {
			t.Errorf("the other side learns %q", answer)
		}
	}
	k.fail(nil)
	if k.count() != 0 {
		t.Error("what was refused was taken")
	}
	c.wants(c.mail("Subject: x\r\n\r\n..дан"), "250") // the connection lives on
	if k.count() != 1 || k.texts[0] != "Subject: x\r\n\r\n.дан\r\n" || k.mails[0].From != "ana@b.example" || k.mails[0].To[0] != "reply+x@city.example" {
		t.Errorf("%q %+v", k.texts, k.mails)
	}
	c.wants(c.say("MAIL FROM:<>"), "250")
	c.wants(c.say("RCPT TO:<reply+x@city.example>"), "250")
	c.wants(c.say("DATA"), "354")
	c.wants(c.say("x\r\n."), "250")
	if k.mails[1].From != "<>" {
		t.Errorf("%+v", k.mails[1])
	}
}

func TestAddressesOfAnyScript(t *testing.T) {
	k := &taker{}
	c := dial(t, open(t, door.Config{}, k))
	c.hear()
	c.wants(c.say("EHLO b.example"), "250")
	c.wants(c.say("MAIL FROM:<јован@пример.срб> SMTPUTF8"), "250")
	c.wants(c.say("RCPT TO:<одговор+x@град.срб>"), "250")
	c.wants(c.say("DATA"), "354")
	c.wants(c.say("Subject: ш\r\n\r\nш\r\n."), "250")
	if k.count() != 1 || k.mails[0].From != "јован@пример.срб" || k.mails[0].To[0] != "одговор+x@град.срб" {
		t.Errorf("%+v", k.mails)
	}
}

func TestLMTPAnswersForEach(t *testing.T) {
	k := &taker{}
	c := dial(t, open(t, door.Config{LMTP: true}, k))
	c.hear()
	c.wants(c.say("LHLO b.example"), "250")
	c.wants(c.say("MAIL FROM:<ana@b.example>"), "250")
	c.wants(c.say("RCPT TO:<reply+1@city.example>"), "250")
	c.wants(c.say("RCPT TO:<nobody@city.example>"), "550")
	c.wants(c.say("RCPT TO:<reply+2@city.example>"), "250")
	c.wants(c.say("DATA"), "354")
	c.wants(c.say("x\r\n."), "250")
	c.wants(c.hear(), "250")
	if k.count() != 1 || len(k.mails[0].To) != 2 {
		t.Errorf("%+v", k.mails)
	}
}

func TestBudgets(t *testing.T) {
	k := &taker{began: make(chan struct{}), goOn: make(chan struct{})}
	at := open(t, door.Config{Mails: 1, OnTheWay: 5000, Burst: 4, Each: time.Hour}, k)
	first, second := dial(t, at), dial(t, at)
	for _, c := range []*client{first, second} {
		c.hear()
		c.wants(c.say("EHLO b.example"), "250")
	}
	first.wants(first.say("MAIL FROM:<a@b.example>"), "250")
	first.wants(first.say("RCPT TO:<reply@city.example>"), "250")
	first.wants(first.say("DATA"), "354")
	<-k.began
	second.wants(second.mail("x"), "451") // one streams already
	second.wants(second.say("MAIL FROM:<a@b.example> SIZE=5001"), "452")
	k.goOn <- struct{}{}
	first.wants(first.say("x\r\n."), "250")
	second.wants(second.say("MAIL FROM:<a@b.example>"), "250")
	second.wants(second.say("RCPT TO:<reply@city.example>"), "250")
	second.wants(second.say("DATA"), "354")
	<-k.began
	k.goOn <- struct{}{}
	second.wants(second.say("%s\r\n.", strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100)), "452") // more than all that may be on the way
	second.wants(second.say("MAIL FROM:<a@b.example>"), "451")                                      // the fifth of its address
	if k.count() != 1 {
		t.Errorf("%d were taken", k.count())
	}
}

func TestWhoSaysNothingGoes(t *testing.T) {
	k := &taker{}
	at := open(t, door.Config{Silence: 50 * time.Millisecond}, k)
	silent, slow := dial(t, at), dial(t, at)
	silent.hear()
	if answer := silent.hear(); answer != "gone" && !strings.HasPrefix(answer, "421") && !strings.HasPrefix(answer, "221") {
		t.Errorf("silent: %q", answer)
	}
	slow.hear()
	_ = slow
	if k.count() != 0 {
		t.Error("something was taken")
	}
}

// TestClosingTakesNothing: a mail that was not accepted when the door closes stays with
// its sender.
func TestClosingTakesNothing(t *testing.T) {
	k := &taker{largest: 10_000, began: make(chan struct{}), goOn: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := door.Open(listener, door.Config{}, k, time.Now, slog.New(slog.DiscardHandler))
	c := dial(t, listener.Addr().String())
	c.hear()
	c.wants(c.say("EHLO b.example"), "250")
	c.wants(c.say("MAIL FROM:<a@b.example>"), "250")
	c.wants(c.say("RCPT TO:<reply@city.example>"), "250")
	c.wants(c.say("DATA"), "354")
	<-k.began
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if answer := c.hear(); strings.HasPrefix(answer, "250") {
		t.Errorf("%q", answer)
	}
	if k.count() != 0 {
		t.Error("it was taken")
	}
}
