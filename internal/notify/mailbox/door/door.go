// Package door is the listener to which our own mail server gives mail for the house, by
// SMTP or LMTP (RFC 5321, 2033, 6531).
//
// What it promises:
//
//   - A mail is accepted when it is durable, and never before. What is not taken is refused
//     while the other side is still there; nothing is ever sent back later.
//   - 552 for what is too large, at MAIL where its size is announced and while it streams;
//     550 for a recipient that is none; 451, 452 and 421 when there is no room now, with
//     which a mail server comes again; 554 for what goes round.
//   - Connections, mails at once, mails of one address in a time, and bytes on the way are
//     bounded; a side that says nothing loses its connection.
//   - Addresses may have any script, in either part.
//
// What it does not: it is no server for the Internet. It looks at no blocklist and checks
// no signature, and believes the fields of who delivers to it. It listens where our own
// mail server reaches it and nobody else does.
package door

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox"

	"github.com/emersion/go-smtp"
)

// Taker is the room to which the door leads.
type Taker interface {
	// Knows reports whether mail to an address is taken.
	Knows(address string) bool
	// Arrive takes a mail durably. Problems: mail-too-large, mail-loops.
	Arrive(ctx context.Context, a mailbox.Arrival) error
	// Largest is how many bytes a mail may have.
	Largest() int64
	// Domain is the name under which the door speaks.
	Domain() string
}

// Config bounds a door. A zero is the usual bound.
type Config struct {
	LMTP        bool
	TLS         *tls.Config   // for STARTTLS; nil for none
	Connections int           // at once; 100
	Mails       int           // that stream at once; 8
	OnTheWay    int64         // bytes of mails that stream; four of the largest
	Burst       int           // mails of one address at once; 100
	Each        time.Duration // and then one in this time; 100 ms
	Silence     time.Duration // that ends a connection; 5 min, as RFC 5321 section 4.5.3.2 asks
	Longest     time.Duration // that one mail may stream; 30 min
}

func (c Config) withDefaults(largest int64) Config {
	set := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	wait := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.Connections, 100)
	set(&c.Mails, 8)
	set(&c.Burst, 100)
	wait(&c.Each, 100*time.Millisecond)
	wait(&c.Silence, 5*time.Minute)
	wait(&c.Longest, 30*time.Minute)
	if c.OnTheWay == 0 {
		c.OnTheWay = 4 * largest
	}
	return c
}

// Door is an open listener.
type Door struct {
	cfg    Config
	taker  Taker
	server *smtp.Server
	rate   *entrance.Rate
	places chan struct{}   // one for each mail that streams
	bytes  atomic.Int64    // on the way
	ended  chan struct{}   // closed when the server has ended
	failed error           // why; written before ended is closed
	taking sync.WaitGroup  // mails that stream
	ctx    context.Context // ends with the door
	cancel context.CancelFunc
	log    *slog.Logger
}

// Open serves on a listener until Close, which closes it.
func Open(listener net.Listener, cfg Config, taker Taker, now clock.Now, log *slog.Logger) *Door {
	cfg = cfg.withDefaults(taker.Largest())
	d := &Door{cfg: cfg, taker: taker, rate: entrance.NewRate(cfg.Burst, cfg.Each, now), places: make(chan struct{}, cfg.Mails), ended: make(chan struct{}), log: log}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{door: d, conn: c}, nil }))
	d.server.LMTP, d.server.Domain, d.server.TLSConfig = cfg.LMTP, taker.Domain(), cfg.TLS
	d.server.MaxMessageBytes, d.server.MaxRecipients, d.server.EnableSMTPUTF8 = taker.Largest(), 100, true
	d.server.ReadTimeout, d.server.WriteTimeout = cfg.Silence, cfg.Silence
	d.server.ErrorLog = quiet{log}
	limited := entrance.Limit(listener, entrance.Budget{Total: cfg.Connections, Address: cfg.Connections, Full: []byte("421 4.3.2 Too many connections, come again later\r\n")})
	go func() {
		defer close(d.ended)
		d.failed = d.server.Serve(limited)
	}()
	return d
}

// Failed waits until ctx ends, or until the door takes no more mail: then it says why.
func (d *Door) Failed(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-d.ended:
		return fmt.Errorf("the door for mail: %w", cmp.Or(d.failed, smtp.ErrServerClosed))
	}
}

// Close ends all sessions; a mail that was not accepted by then stays with its sender.
func (d *Door) Close() error {
	d.cancel()
	closed := d.server.Close()
	d.taking.Wait()
	<-d.ended
	return errors.Join(closed, d.failed)
}

// quiet is the log of the library, which tells of sessions that ended in the middle.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, v ...any) {
	q.log.Debug("mail session", slog.String("said", fmt.Sprintf(format, v...)))
}
func (q quiet) Println(v ...any) {
	q.log.Debug("mail session", slog.String("said", fmt.Sprint(v...)))
}

// session is one connection; its methods are called one after the other.
type session struct {
	door *Door
	conn *smtp.Conn
	from string
	to   []string
}

func later(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	key := entrance.Address(s.conn.Conn().RemoteAddr()).String()
	if s.door.rate.Take(key) > 0 {
		return later(451, smtp.EnhancedCode{4, 7, 1}, "Too many messages, come again later")
	}
	if opts != nil && s.door.bytes.Load()+opts.Size > s.door.cfg.OnTheWay {
		return later(452, smtp.EnhancedCode{4, 3, 1}, "No room for a message of this size now, come again later")
	}
	if s.from = from; from == "" {
		s.from = "<>"
	}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.door.taker.Knows(to) {
		return later(550, smtp.EnhancedCode{5, 1, 1}, "No such recipient here")
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session. The same answer goes to all recipients, since they get
// the mail together or not at all.
func (s *session) Data(content io.Reader) error {
	d := s.door
	d.taking.Add(1)
	defer d.taking.Done()
	if c := entrance.Of(s.conn.Conn()); c != nil {
		if !c.Enter() {
			return later(421, smtp.EnhancedCode{4, 3, 2}, "Too many connections, come again later")
		}
		defer c.Leave()
	}
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	default:
		s.hurry()
		return later(451, smtp.EnhancedCode{4, 3, 2}, "Too many messages at once, come again later")
	}
	stream := &stream{session: s, in: content, until: time.Now().Add(d.cfg.Longest)}
	defer stream.done()
	source := "smtp"
	if d.cfg.LMTP {
		source = "lmtp"
	}
	err := d.taker.Arrive(d.ctx, mailbox.Arrival{Source: source, Envelope: mailbox.Envelope{From: s.from, To: s.to}, Content: stream})
	refusal, refused := errors.AsType[*smtp.SMTPError](err)
	switch {
	case err == nil:
		return nil
	case problem.HasCode(err, "mail-too-large"):
		refusal = smtp.ErrDataTooLarge
	case problem.HasCode(err, "mail-loops"):
		refusal = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "The message goes round in circles"}
	case !refused:
		d.log.Error("a mail could not be taken", slog.Any("error", err))
		refusal = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The message could not be kept, come again later"}
	}
	s.hurry()
	return refusal
}

// hurry bounds how long the rest of a refused mail is listened to, which the protocol asks
// for before the answer.
func (s *session) hurry() {
	_ = s.conn.Conn().SetReadDeadline(time.Now().Add(min(s.door.cfg.Silence, time.Minute))) // a connection that is gone reads no more either
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// stream counts the bytes of a mail, and ends it when it is silent or takes too long.
type stream struct {
	*session
	in    io.Reader
	until time.Time
	n     int64
}

func (s *stream) Read(p []byte) (int, error) {
	until := time.Now().Add(s.door.cfg.Silence)
	if s.until.Before(until) {
		until = s.until
	}
	if err := s.conn.Conn().SetReadDeadline(until); err != nil {
		return 0, err
	}
	n, err := s.in.Read(p)
	s.n += int64(n)
	if s.door.bytes.Add(int64(n)) > s.door.cfg.OnTheWay {
		return n, later(452, smtp.EnhancedCode{4, 3, 1}, "No room now, come again later")
	}
	return n, err
}

func (s *stream) done() { s.door.bytes.Add(-s.n) }
