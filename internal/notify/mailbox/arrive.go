package mailbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Envelope is what a mail comes in.
type Envelope struct {
	From string   `json:"from"` // as the server gave it; "<>" for nobody, "" where it is not known
	To   []string `json:"to"`
}

// Arrival is a mail on its way in.
type Arrival struct {
	Source   string // smtp, lmtp, or imap: and the name of a mailbox
	Envelope Envelope
	Content  io.Reader
	// Also belongs to the transaction in which the mail is written down; may be nil. It is
	// called too when the mail was there before.
	Also func(ctx context.Context, tx *storage.Tx) error
}

// Arrive takes a mail. When it returns nil the mail is durable, and need not be kept by
// whoever brought it; one that was there before changes nothing.
//
// Problems: mail-too-large, mail-loops. What the source and the stores say is given on.
func (m *Mailbox) Arrive(ctx context.Context, a Arrival) error {
	file, size, sum, err := m.spool(a.Content, m.cfg.Largest)
	if err != nil {
		return err
	}
	defer discard(file)
	head, err := letter.Read(io.LimitReader(file, 64<<10), a.Envelope.From, m.own(), letter.DefaultLimits(), nil)
	if err != nil {
		return fmt.Errorf("read what arrived: %w", err)
	}
	if head.Kind == letter.Loop && head.Sign == "hops" {
		return problem.New(problem.Invalid, "mail-loops")
	}
	e := Envelope{From: bounded(a.Envelope.From)}
	for _, to := range a.Envelope.To[:min(len(a.Envelope.To), mostRecipients)] {
		e.To = append(e.To, bounded(to))
	}
	slices.Sort(e.To)
	digest := sha256.Sum256([]byte(sum + "\x00" + strings.Join(e.To, "\x00")))
	row := mail{ID: id.New(), Digest: hex.EncodeToString(digest[:]), Source: a.Source, Envelope: e, Size: size, Arrived: m.now(), State: Arrived, Kept: true}
	if known, err := m.known(ctx, row.Digest); err != nil {
		return err
	} else if known == "" {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		if err := m.store.Put(ctx, original(row.ID), file, size); err != nil {
			return fmt.Errorf("keep what arrived: %w", err)
		}
	}
	added := int64(0)
	err = m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		if added, err = mails.Insert(ctx, tx, "on conflict (digest) do nothing", row); err != nil {
			return err
		}
		if added > 0 {
			if err := m.queue.Add(ctx, tx, row.ID, work.None{}); err != nil {
				return err
			}
		}
		if a.Also == nil {
			return nil
		}
		return a.Also(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("write down what arrived: %w", err)
	}
	if added == 0 { // another took the same mail meanwhile
		if err := m.store.Delete(context.WithoutCancel(ctx), original(row.ID)); err != nil {
			m.log.WarnContext(ctx, "a second copy of a mail stays in the store", slog.String("mail", row.ID), slog.Any("error", err))
		}
	}
	return nil
}

const mostRecipients = 100

func bounded(address string) string { return strings.ToValidUTF8(address[:min(len(address), 320)], "") }

func (m *Mailbox) known(ctx context.Context, digest string) (id string, err error) {
	err = m.db.Read(ctx).QueryRowContext(ctx, `select id from mailbox_mails where digest = $1`, digest).Scan(&id)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// spool writes a stream into a file that has no name for long. The file stands at its
// beginning; the caller discards it.
//
// Problem: mail-too-large.
func (m *Mailbox) spool(content io.Reader, largest int64) (file *os.File, size int64, sum string, err error) {
	spooled, err := os.CreateTemp(m.cfg.Spool, "mail-")
	if err != nil {
		return nil, 0, "", fmt.Errorf("spool: %w", err)
	}
	defer func() {
		if err != nil {
			discard(spooled)
		}
	}()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(spooled, hash), io.LimitReader(content, largest+1))
	if err != nil {
		return nil, 0, "", fmt.Errorf("spool: %w", err)
	}
	if size > largest {
		return nil, 0, "", problem.New(problem.TooLarge, "mail-too-large")
	}
	if _, err = spooled.Seek(0, io.SeekStart); err != nil {
		return nil, 0, "", fmt.Errorf("spool: %w", err)
	}
	return spooled, size, hex.EncodeToString(hash.Sum(nil)), nil
}

// sweep removes what processes that died have left in the spool: nobody spools a mail for
// as long as a day.
func sweep(spool string, before time.Time) error {
	left, err := filepath.Glob(filepath.Join(spool, "mail-*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(path) // another process may have done so
		}
	}
	return nil
}

// discard removes a spooled file; what remains after a crash is swept at the next start.
func discard(file *os.File) {
	_ = file.Close()
	_ = os.Remove(file.Name())
}

// original is the name of a mail in the store.
func original(id string) string { return "mail/" + id + "/original" }
