package mailbox

import (
	"bytes"
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
	"dobosh/internal/kit/seal"
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
	row := mail{ID: id.New(), Source: a.Source, Arrived: m.now(), State: Arrived, Kept: true}
	key, kept, err := m.newKey(row.ID)
	if err != nil {
		return err
	}
	s, err := m.spool(a.Content, m.cfg.Largest, row.ID, key)
	if err != nil {
		return err
	}
	defer s.discard()
	head, err := letter.Read(bytes.NewReader(s.head), a.Envelope.From, m.own(), letter.DefaultLimits(), nil)
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
	digest := sha256.Sum256([]byte(s.sum + "\x00" + strings.Join(e.To, "\x00")))
	row.Digest, row.Size, row.Envelope, row.key = hex.EncodeToString(digest[:]), s.size, e, kept
	if err := m.close(&row); err != nil {
		return err
	}
	if known, err := m.known(ctx, row.Digest); err != nil {
		return err
	} else if known == "" {
		if err := m.store.Put(ctx, sealedName(row.ID), s.file, s.sealed); err != nil {
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
		if err := m.store.Delete(context.WithoutCancel(ctx), sealedName(row.ID)); err != nil {
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

// spooled is a mail in a file that has no name for long, sealed.
type spooled struct {
	file         *os.File // stands at its beginning
	size, sealed int64    // bytes, as it came and as it lies there
	sum          string   // SHA-256 of it as it came, hexadecimal
	head         beginning
}

// beginning keeps the first bytes of a stream.
type beginning []byte

const longestBeginning = 64 << 10

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), longestBeginning-len(*b))]...)
	return len(p), nil
}

// spool seals a stream into a file, under the key of a mail. The caller discards it.
//
// Problem: mail-too-large.
func (m *Mailbox) spool(content io.Reader, largest int64, id string, key *seal.Sealer) (s spooled, err error) {
	if s.file, err = os.CreateTemp(m.cfg.Spool, "mail-"); err != nil {
		return s, fmt.Errorf("spool: %w", err)
	}
	defer func() {
		if err != nil {
			s.discard()
		}
	}()
	hash, out := sha256.New(), key.Writer(s.file, "mail "+id)
	if s.size, err = io.Copy(io.MultiWriter(out, hash, &s.head), io.LimitReader(content, largest+1)); err != nil {
		return s, fmt.Errorf("spool: %w", err)
	}
	if s.size > largest {
		return s, problem.New(problem.TooLarge, "mail-too-large")
	}
	if err = out.Close(); err != nil {
		return s, fmt.Errorf("spool: %w", err)
	}
	if _, err = s.file.Seek(0, io.SeekStart); err != nil {
		return s, fmt.Errorf("spool: %w", err)
	}
	s.sealed, s.sum = out.Sealed, hex.EncodeToString(hash.Sum(nil))
	return s, nil
}

// discard removes the file; what remains after a crash is swept at the next start.
func (s spooled) discard() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
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
