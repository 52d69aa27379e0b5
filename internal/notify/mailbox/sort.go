package mailbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
	"dobosh/internal/work"

	"github.com/emersion/go-msgauth/authres"
)

// sort looks at a mail that has arrived, once: what it is, where it belongs, and what
// follows from that, which is one transaction with the end of the job.
func (m *Mailbox) sort(ctx context.Context, t *work.Try[work.None]) error {
	row, err := m.find(ctx, m.db.Read(ctx), t.Ref)
	if err != nil || row.State != Arrived {
		return err
	}
	l, err := m.read(ctx, row, nil)
	if err != nil {
		return err
	}
	row.Kind, row.Sign, row.Settled = l.Kind, l.Sign, m.now()
	place, err := m.place(ctx, row, l)
	if err != nil {
		return err
	}
	var mail Mail
	var returned string // the notice
	switch l.Kind {
	case letter.Person:
		row.State, row.Sign = Held, place.why
		if place.thread != "" {
			row.State, row.Thread = Filed, place.thread
			if mail, err = m.mail(ctx, row, l); err != nil {
				return err
			}
			mail.Person = place.person
		}
	case letter.Bounce, letter.Delay, letter.Complaint:
		row.State = Noted
		if returned, err = m.returned(ctx, row, l); err != nil {
			return err
		}
	case letter.Unsure, letter.Spam:
		row.State = Held
	case letter.List: // somebody may write through a list
		if row.State = Noted; place.thread != "" {
			row.State = Held
		}
	default:
		row.State, row.Thread = Noted, place.thread
	}
	if row.State == Held {
		row.Summary = summary(l)
	}
	return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if row.State == Filed {
			err := m.reply(ctx, tx, &row, l, mail)
			why := ""
			switch {
			case problem.HasCode(err, "thread-unknown"):
				why = ThreadGone
			case problem.HasCode(err, "thread-full"):
				why = ThreadFull
			case err != nil:
				return err
			}
			if why != "" {
				row.State, row.Sign, row.Thread, row.Summary = Held, why, "", summary(l)
			}
		}
		if returned != "" {
			r := Return{Kind: l.Kind}
			if l.Report != nil {
				r.Final, r.Hard, r.Status = l.Report.Final, l.Report.Hard, l.Report.Status
			}
			if err := m.deliveries.Returned(ctx, tx, returned, r); err != nil {
				return err
			}
		}
		return m.put(ctx, tx, row, Arrived)
	})
}

// reply writes a mail into its thread, unless the same words of the same sender are there
// already: many answer to all, and one of those addresses leads here too.
func (m *Mailbox) reply(ctx context.Context, tx *storage.Tx, row *mail, l *letter.Letter, mail Mail) error {
	row.Said = said(l)
	var same int
	if err := tx.QueryRowContext(ctx, `select count(*) from mailbox_mails where thread = $1 and said = $2 and state = 'filed'`, row.Thread, row.Said).Scan(&same); err != nil {
		return err
	}
	if same > 0 {
		row.State, row.Sign = Noted, "repeated"
		return nil
	}
	return m.threads.Reply(ctx, tx, row.Thread, mail)
}

// put writes what became of a mail that was in a state until now.
//
// Problem: mail-settled, where it is in another.
func (m *Mailbox) put(ctx context.Context, tx *storage.Tx, row mail, was State) error {
	if row.State == Held {
		row.Settled = time.Time{}
	} else {
		row.Summary = Summary{}
	}
	if row.State == Filed { // who wrote stands in the thread, which is sealed
		row.Envelope = Envelope{}
	}
	var state State
	err := tx.QueryRowContext(ctx, `select state from mailbox_mails where id = $1`, row.ID).Scan(&state)
	if err != nil {
		return err
	}
	if state != was {
		return problem.New(problem.Conflict, "mail-settled")
	}
	if err := m.close(&row); err != nil {
		return err
	}
	return mails.Put(ctx, tx, "id", row)
}

// read reads the original of a mail.
func (m *Mailbox) read(ctx context.Context, row mail, keep letter.Keep) (*letter.Letter, error) {
	content, err := m.original(ctx, row)
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	defer content.Close()
	l, err := letter.Read(content, row.Envelope.From, m.own(), letter.DefaultLimits(), keep)
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	return l, nil
}

// mail is a letter as its thread gets it, with what the thread has kept of its attachments.
func (m *Mailbox) mail(ctx context.Context, row mail, l *letter.Letter) (Mail, error) {
	out := Mail{ID: row.ID, Subject: l.Subject, Text: l.Text, Quoted: l.Quoted, Arrived: row.Arrived, Flaws: l.Flaws, Checked: m.checked(l)}
	if l.Signature != "" {
		out.Quoted = strings.Trim(l.Signature+"\n\n"+l.Quoted, "\n")
	}
	if len(l.From) > 0 {
		out.From = l.From[0]
	}
	if len(l.Attachments) == 0 {
		return out, nil
	}
	_, err := m.read(ctx, row, func(a letter.Attachment, content io.Reader) error {
		kept, err := m.threads.Keep(ctx, a.Name, content)
		if p, ok := errors.AsType[*problem.Problem](err); ok && p.Kind != problem.Unavailable {
			kept, err = nil, nil
		}
		out.Attachments = append(out.Attachments, Attachment{a, kept})
		return err
	})
	return out, err
}

// placed is where a mail belongs, or why that is not plain.
type placed struct {
	thread, person string
	why            string
}

// place finds the thread of a mail: by the token in an address, by what it answers, and
// last by who wrote it.
func (m *Mailbox) place(ctx context.Context, row mail, l *letter.Letter) (placed, error) {
	var refs []string
	for _, address := range append(slices.Clone(row.Envelope.To), l.To...) {
		if bounce, ref := m.refOf(address); ref != "" && !bounce && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	found, err := m.threadsOf(ctx, refs)
	if err != nil || len(found) > 0 {
		return one(found), err
	}
	for _, id := range l.Answers[:min(len(l.Answers), 50)] { // the nearest first
		if ref := m.refOfID(id); ref != "" {
			if found, err = m.threadsOf(ctx, []string{ref}); err != nil || len(found) > 0 {
				return one(found), err
			}
		}
	}
	if l.Kind != letter.Person || len(l.From) != 1 {
		return placed{why: NoThread}, nil
	}
	// Whose an address is, and how many matters they have, nobody learns by writing: neither who claims to be somebody,
	// since nothing is asked then, nor the officer who reads why a mail waits.
	// Nor is a mail believed that its sender wrote to somebody else, who sends it on to us with its signature.
	if !m.checked(l) || !slices.ContainsFunc(l.Plain, func(to string) bool { return slices.Contains(m.cfg.Desks, to) }) {
		return placed{why: Unchecked}, nil
	}
	open, err := m.threads.Open(ctx, l.From[0].Email)
	if err != nil {
		return placed{}, fmt.Errorf("open matters of a sender: %w", err)
	}
	if len(open) != 1 {
		return placed{why: NoThread}, nil
	}
	return placed{thread: open[0]}, nil
}

// threadsOf gives the threads that references lead to, each once.
func (m *Mailbox) threadsOf(ctx context.Context, refs []string) (found []placed, err error) {
	for _, ref := range refs {
		sent, err := m.sent(ctx, ref)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sent.Thread != "" && !slices.ContainsFunc(found, func(p placed) bool { return p.thread == sent.Thread }) {
			found = append(found, placed{thread: sent.Thread, person: sent.Person})
		}
	}
	return found, nil
}

func one(found []placed) placed {
	if len(found) > 1 {
		return placed{why: ManyThreads}
	}
	if len(found) == 0 {
		return placed{why: NoThread}
	}
	return found[0]
}

// checked reports whether our own mail server says that the sender is that one. It writes
// above all that came with the mail, so only its first field counts.
func (m *Mailbox) checked(l *letter.Letter) bool {
	if m.cfg.Checks == "" || len(l.Checked) == 0 || len(l.From) != 1 {
		return false
	}
	server, results, err := authres.Parse(l.Checked[0])
	if err != nil || !strings.EqualFold(server, m.cfg.Checks) {
		return false
	}
	_, domain, _ := strings.Cut(l.From[0].Email, "@")
	for _, result := range results {
		switch r := result.(type) {
		case *authres.DMARCResult:
			if r.Value == authres.ResultPass && same(r.From, domain) {
				return true
			}
		case *authres.DKIMResult:
			if r.Value == authres.ResultPass && same(r.Domain, domain) {
				return true
			}
		}
	}
	return false
}

// same compares domains in any form.
func same(a, b string) bool {
	return a != "" && letter.Canonical("x@"+a[strings.LastIndexByte(a, '@')+1:]) == letter.Canonical("x@"+b)
}

// returned finds the notice that a report is about: by the address to which it came, or
// by the id of what it brings back.
func (m *Mailbox) returned(ctx context.Context, row mail, l *letter.Letter) (notice string, err error) {
	var refs []string
	for _, address := range append(slices.Clone(row.Envelope.To), l.To...) {
		if _, ref := m.refOf(address); ref != "" {
			refs = append(refs, ref)
		}
	}
	ids := l.Answers
	if l.Report != nil {
		ids = l.Report.Originals
	}
	for _, id := range ids[:min(len(ids), 50)] {
		if ref := m.refOfID(id); ref != "" {
			refs = append(refs, ref)
		}
	}
	for _, ref := range refs {
		sent, err := m.sent(ctx, ref)
		if err == nil {
			return sent.Notice, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return "", err
		}
	}
	return "", nil
}

// said is by what the same words are known again.
func said(l *letter.Letter) string {
	parts := []string{l.ID, l.Subject, l.Text, l.Date.String()}
	for _, a := range l.From {
		parts = append(parts, a.Email)
	}
	for _, a := range l.Attachments {
		parts = append(parts, a.Name, strconv.FormatInt(a.Size, 10))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func summary(l *letter.Letter) Summary {
	s := Summary{To: l.To[:min(len(l.To), 10)], Subject: l.Subject, Text: strings.ToValidUTF8(l.Text[:min(len(l.Text), longestSummary)], "")}
	if len(l.From) > 0 {
		s.From = l.From[0]
	}
	for _, a := range l.Attachments[:min(len(l.Attachments), 10)] {
		s.Files = append(s.Files, a.Name)
	}
	return s
}
