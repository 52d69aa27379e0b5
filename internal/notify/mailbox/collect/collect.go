// Package collect takes mail from a mailbox that an institution has already, by IMAP
// (RFC 9051 and 3501).
//
// What it promises:
//
//   - Nothing is taken twice and nothing is left out: how far a mailbox was read is written
//     in the transaction that writes the mail down. A crash between that and the mark at
//     the server is made good in the next round; a mailbox that gives its mail new numbers
//     (UIDVALIDITY) is read anew, and what was taken is known by its mark or by its bytes.
//   - What was taken stays where it is, with the mark "DoboshTaken" where the server keeps
//     such marks, and is unread as before.
//   - A mail that is too large or goes round stays there, is flagged for people, and does
//     not hold up the others.
//
// What it does not: it removes nothing, and takes no folder but the one it is told.
package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
	"dobosh/internal/work"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Taken marks a mail that was taken.
const Taken imap.Flag = "DoboshTaken"

// Config leads to a mailbox.
type Config struct {
	// Name is by what the mailbox is known here; it never changes.
	Name string
	// Address is host:port of a server that speaks TLS from the first byte.
	Address string
	// Plain is for a server on this machine that does not.
	Plain        bool
	TLS          *tls.Config // nil for the usual
	User         string
	PasswordFile string
	Folder       string // INBOX when empty
	// Since leaves out what came before this day. The server's day, so one is enough of a
	// bound for a mailbox that was in use before.
	Since time.Time
}

// Check reports everything that is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	wrong := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New(what))
		}
	}
	host, _, err := net.SplitHostPort(c.Address)
	ip := net.ParseIP(host)
	wrong(c.Name == "" || len(c.Name) > 64, "name: is empty or too long")
	wrong(err != nil || host == "", "address: is no host:port")
	wrong(c.Plain && host != "localhost" && (ip == nil || !ip.IsLoopback()), "plain: is only for a server on this machine")
	wrong(c.User == "" || c.PasswordFile == "", "user, password_file: are missing")
	return errors.Join(errs...)
}

// Taker is the room that takes the mail.
type Taker interface {
	Arrive(ctx context.Context, a mailbox.Arrival) error
	Largest() int64
	Position(ctx context.Context, name string) (mailbox.Position, error)
	Move(ctx context.Context, tx *storage.Tx, name string, to mailbox.Position) error
	Pass(ctx context.Context, name string, to mailbox.Position) error
}

// Collector takes mail from one mailbox. Its rounds follow each other.
type Collector struct {
	cfg   Config
	taker Taker
	log   *slog.Logger

	failed atomic.Pointer[error] // of the last round; nil where it went well
}

// Name is by what the mailbox is known here.
func (c *Collector) Name() string { return c.cfg.Name }

// Failed is why the last round here took nothing; nil where it went well or there was none.
func (c *Collector) Failed() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// New checks the configuration; it does not connect.
func New(cfg Config, taker Taker, log *slog.Logger) (*Collector, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("mailbox to collect from: %w", err)
	}
	if cfg.Folder == "" {
		cfg.Folder = "INBOX"
	}
	return &Collector{cfg: cfg, taker: taker, log: log}, nil
}

// Rounds is the schedule by which some mailboxes are looked at, each every so often.
func Rounds(every time.Duration, of ...*Collector) work.Work {
	return work.Every("mailbox.collect", every, func(ctx context.Context) error {
		var errs []error
		for _, c := range of {
			errs = append(errs, c.Round(ctx)) // one that is away does not hold up the others
		}
		return errors.Join(errs...)
	})
}

// mostAtOnce bounds the mails of a round; the next goes on.
const mostAtOnce = 1000

// Round takes what has come since the last one, the oldest first.
func (c *Collector) Round(ctx context.Context) (err error) {
	defer func() {
		c.failed.Store(nil)
		if err != nil {
			err = fmt.Errorf("collect mail from %s: %w", c.cfg.Name, err)
			c.failed.Store(&err)
		}
	}()
	client, err := c.connect()
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // nothing is lost any more
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	folder, err := client.Select(c.cfg.Folder, nil).Wait()
	if err != nil {
		return err
	}
	marks := slices.ContainsFunc(folder.PermanentFlags, func(f imap.Flag) bool { return f == imap.FlagWildcard || f == Taken })
	at, err := c.taker.Position(ctx, c.cfg.Name)
	if err != nil {
		return err
	}
	if at.Validity != folder.UIDValidity {
		at = mailbox.Position{Validity: folder.UIDValidity}
	}

	// What was taken and not marked, since we went away in between.
	if marks && at.Last > 0 {
		unmarked, err := c.unmarked(client, true, 1, imap.UID(at.Last))
		if err != nil {
			return err
		}
		if err := c.mark(client, unmarked, Taken); err != nil {
			return err
		}
	}
	waiting, err := c.unmarked(client, marks, imap.UID(at.Last)+1, 0)
	if err != nil {
		return err
	}
	for _, uid := range waiting[:min(len(waiting), mostAtOnce)] {
		if uint32(uid) <= at.Last { // "7:*" is the last mail where there is no seventh
			continue
		}
		at.Last = uint32(uid)
		flags, err := c.take(ctx, client, uid, at)
		if err != nil {
			return err
		}
		if !marks {
			flags = slices.DeleteFunc(flags, func(f imap.Flag) bool { return f == Taken })
		}
		if err := c.mark(client, []imap.UID{uid}, flags...); err != nil {
			return err
		}
	}
	return client.Logout().Wait()
}

func (c *Collector) connect() (*imapclient.Client, error) {
	password, err := os.ReadFile(c.cfg.PasswordFile)
	if err != nil {
		return nil, err
	}
	options := &imapclient.Options{TLSConfig: c.cfg.TLS, Dialer: &net.Dialer{Timeout: 30 * time.Second}}
	dial := imapclient.DialTLS
	if c.cfg.Plain {
		dial = imapclient.DialInsecure
	}
	client, err := dial(c.cfg.Address, options)
	if err != nil {
		return nil, err
	}
	if err := client.Login(c.cfg.User, strings.TrimSpace(string(password))).Wait(); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// unmarked finds the mails from one number to another, 0 for all behind it, without our
// mark, in their order.
func (c *Collector) unmarked(client *imapclient.Client, marks bool, from, to imap.UID) ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: from, Stop: to}}}, Since: c.cfg.Since}
	if marks {
		criteria.NotFlag = []imap.Flag{Taken}
	}
	found, err := client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, err
	}
	uids := found.AllUIDs()
	slices.Sort(uids)
	return uids, nil
}

func (c *Collector) mark(client *imapclient.Client, uids []imap.UID, flags ...imap.Flag) error {
	if len(uids) == 0 || len(flags) == 0 {
		return nil
	}
	return client.Store(imap.UIDSetNum(uids...), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close()
}

// take takes one mail, and says how it is marked. One that somebody has removed meanwhile
// is passed over.
func (c *Collector) take(ctx context.Context, client *imapclient.Client, uid imap.UID, at mailbox.Position) (flags []imap.Flag, err error) {
	sized, err := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return nil, err
	}
	if len(sized) == 0 {
		return nil, c.taker.Pass(ctx, c.cfg.Name, at)
	}
	err = problem.New(problem.TooLarge, "mail-too-large")
	if sized[0].RFC822Size <= c.taker.Largest() {
		err = c.arrive(ctx, client, uid, at)
	}
	if !problem.HasCode(err, "mail-too-large") && !problem.HasCode(err, "mail-loops") {
		return []imap.Flag{Taken}, err
	}
	c.log.WarnContext(ctx, "a mail stays in its mailbox", slog.String("mailbox", c.cfg.Name), slog.Uint64("uid", uint64(uid)), slog.Any("error", err))
	return []imap.Flag{Taken, imap.FlagFlagged}, c.taker.Pass(ctx, c.cfg.Name, at)
}

func (c *Collector) arrive(ctx context.Context, client *imapclient.Client, uid imap.UID, at mailbox.Position) error {
	fetch := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	defer func() { _ = fetch.Close() }() // closed below, unless it failed
	message := fetch.Next()
	if message == nil {
		return errors.Join(fetch.Close(), io.ErrUnexpectedEOF)
	}
	for {
		item := message.Next()
		if item == nil {
			return errors.Join(fetch.Close(), io.ErrUnexpectedEOF)
		}
		body, ok := item.(imapclient.FetchItemDataBodySection)
		if !ok || body.Literal == nil {
			continue
		}
		err := c.taker.Arrive(ctx, mailbox.Arrival{Source: "imap:" + c.cfg.Name, Content: &whole{body.Literal, body.Literal.Size()},
			Also: func(ctx context.Context, tx *storage.Tx) error { return c.taker.Move(ctx, tx, c.cfg.Name, at) }})
		return errors.Join(err, fetch.Close())
	}
}

// whole is a stream that must have so many bytes: a connection that breaks is not the end
// of a mail.
type whole struct {
	in   io.Reader
	left int64
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	w.left -= int64(n)
	if errors.Is(err, io.EOF) && w.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
