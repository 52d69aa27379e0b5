package notify

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/files"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// threads keeps what is answered.
type threads map[string]string

func (t threads) Keep(context.Context, string, io.Reader) (any, error) { return nil, nil }

func (t threads) Reply(_ context.Context, tx *storage.Tx, thread string, m mailbox.Mail) error {
	tx.AfterCommit(func() { t[thread] += m.Person + ": " + m.Text })
	return nil
}
func (threads) Open(context.Context, string) ([]string, error) { return nil, nil }
func (threads) Find(context.Context, string) (string, error)   { return "", nil }

// TestWhatComesBack: a notice goes out, is answered, is late, and comes back, by nothing
// but the headers that the mail server has seen.
func TestWhatComesBack(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(work.Migrations(), Migrations(), mailbox.Migrations()))
		r.runner = work.New(r.db, r.clock.Now, slog.New(slog.DiscardHandler), "answers")
		var err error
		if r.Courier, err = New(r.config(), r.db, r.runner, r.clock.Now, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		answered := threads{}
		key, err := seal.New(bytes.Repeat([]byte{9}, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		box, err := mailbox.New(mailbox.Config{Domain: "mail.zrenjanin.example", Keys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Seal: key, Spool: t.TempDir()},
			r.db, files.Folder(t.TempDir()), r.runner, answered, r.Courier, r.clock.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r.TakeAnswers(box)
		if err := r.runner.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := offer("1")
		n.Thread = "thread-1"
		r.send(n)
		r.carryAll()
		sent := r.sink.Messages()
		if len(sent) != 1 {
			t.Fatalf("%d messages", len(sent))
		}
		head := func(name string) string { return strings.Trim(strings.Join(sent[0].Header[name], ","), "<>") }
		id, _, _ := strings.Cut(head("Message-Id"), "@")
		if sent[0].From != "bounce+"+id+"@mail.zrenjanin.example" || head("Reply-To") != "reply+"+id+"@mail.zrenjanin.example" || head("Auto-Submitted") != "auto-generated" || head("From") == "" {
			t.Errorf("%s %+v", sent[0].From, sent[0].Header)
		}
		back := func(to string, lines ...string) Delivery {
			t.Helper()
			from := "ana@b.example"
			if strings.HasPrefix(to, "bounce") {
				from = "<>"
			}
			err := box.Arrive(t.Context(), mailbox.Arrival{Source: "lmtp", Envelope: mailbox.Envelope{From: from, To: []string{to}}, Content: strings.NewReader(strings.Join(lines, "\r\n"))})
			if err != nil {
				t.Fatal(err)
			}
			r.carryAll()
			return r.only()
		}
		report := func(action, status string) []string {
			return []string{"From: MAILER-DAEMON@b.example", "Content-Type: multipart/report; report-type=delivery-status; boundary=x", "", "--x", "Content-Type: message/delivery-status", "",
				"Reporting-MTA: dns; b.example", "", "Action: " + action, "Status: " + status, "--x--"}
		}
		if d := back(head("Reply-To"), "From: ana@b.example", "Subject: Re: x", "", "Yes."); d.State != Sent || answered["thread-1"] != person+": Yes." {
			t.Errorf("%+v %v", d, answered)
		}
		if d := back(sent[0].From, report("delayed", "4.4.1")...); d.State != Sent || d.Reason != "delayed-4.4.1" {
			t.Errorf("late: %+v", d)
		}
		if d := back(sent[0].From, report("failed", "5.1.1")...); d.State != Failed || d.Reason != "no-mailbox-5.1.1" {
			t.Errorf("no mailbox: %+v", d)
		}
		if d := back(sent[0].From, report("failed", "5.2.2")...); d.Reason != "no-mailbox-5.1.1" {
			t.Errorf("what has failed is changed: %+v", d)
		}

		// A full mailbox is no missing one. Nobody writes to a missing one again until the person
		// gives an address.
		r.send(offer("none"))
		if d, err := r.Deliveries(t.Context(), "", 1); err != nil || d.Items[0].State != Failed || d.Items[0].Reason != NoAddress {
			t.Errorf("to a missing mailbox: %+v %v", d.Items, err)
		}
		r.address("milica@example.org", lang.SrCyrl)
		r.send(offer("2"))
		r.carryAll()
		h := box.Headers(mailbox.Outgoing{Notice: "2"})
		if err := box.Arrive(t.Context(), mailbox.Arrival{Source: "lmtp", Envelope: mailbox.Envelope{From: "<>", To: []string{h.ReturnPath}}, Content: strings.NewReader(strings.Join(report("failed", "5.2.2"), "\r\n"))}); err != nil {
			t.Fatal(err)
		}
		r.carryAll()
		all, err := r.Deliveries(t.Context(), "", 0)
		if err != nil || !slices.ContainsFunc(all.Items, func(d Delivery) bool { return d.Notice == "2" && d.Reason == "returned-5.2.2" }) {
			t.Errorf("%+v %v", all.Items, err)
		}
	})
}
