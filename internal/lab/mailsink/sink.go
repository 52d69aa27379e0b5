package mailsink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	kept        = 500              // messages
	longest     = 256 << 10        // bytes of a message
	longestLine = 2000             // bytes of a line, RFC 5321 section 4.5.3.1.6 doubled
	patience    = 30 * time.Second // for a client that says nothing
	farewell    = 2 * time.Second  // for clients at Close
)

// Message is one mail as a reader sees it.
type Message struct {
	Number  int // counted from 1 since the start
	At      time.Time
	From    string
	To      []string // envelope
	Subject string
	Lang    string // Content-Language; may be empty
	Header  map[string][]string
	Text    string
}

// Sink takes mail. It is safe for concurrent use.
type Sink struct {
	log      *slog.Logger
	listener net.Listener
	server   *smtp.Server
	page     *mailbox
	answers  string // host:port of the server that takes answers; empty for none, see AnswerAt
	texts    string // folder of texts to phones; empty for none, see Beside
	letters  string // folder of letters; empty for none
	done     sync.WaitGroup

	mu       sync.Mutex
	messages []Message     // oldest first; guarded by mu
	count    int           // of all that ever came; guarded by mu
	told     func(Message) // of each that comes; guarded by mu, nil for nobody
}

// Tell has somebody told of each message that comes from now on; they must not block.
func (s *Sink) Tell(told func(Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = told
}

// Start serves SMTP on the listener, which it owns from now on.
func Start(listener net.Listener, log *slog.Logger) (*Sink, error) {
	page, err := newMailbox()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("page of the mail sink: %w", err), listener.Close())
	}
	s := &Sink{log: log, listener: listener, page: page}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes, s.server.MaxLineLength, s.server.MaxRecipients = longest, longestLine, 20
	s.server.ReadTimeout, s.server.WriteTimeout = patience, patience
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	s.done.Go(func() {
		if err := s.server.Serve(listener); err != nil {
			log.Error("the mail sink ended", slog.Any("error", err))
		}
	})
	return s, nil
}

// Close takes no more mail and waits for clients, but not for long. Messages
// stay readable.
func (s *Sink) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	// The server knows the listener only once it began to serve.
	_ = s.listener.Close()
	s.done.Wait()
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Messages returns what was taken, the oldest first.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *Sink) add(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	m.Number = s.count
	if len(s.messages) == kept {
		s.messages = s.messages[1:]
	}
	s.messages = append(s.messages, m)
	if s.told != nil {
		s.told(m)
	}
}

// session is one SMTP conversation; the server uses it from one goroutine.
type session struct {
	sink *Sink
	from string
	to   []string
}

func (c *session) Reset()        { c.from, c.to = "", nil }
func (c *session) Logout() error { return nil }

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := read(string(raw))
	if err != nil {
		c.sink.log.Warn("a message was refused", slog.Any("error", err))
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "The message cannot be read"}
	}
	m.At, m.From, m.To = time.Now().UTC(), c.from, slices.Clone(c.to)
	c.sink.add(m)
	return nil
}

// sentTo says whether the message was sent to an address.
func (m Message) sentTo(address string) bool {
	return slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) })
}
