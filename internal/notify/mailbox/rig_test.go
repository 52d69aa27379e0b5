package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

func TestMain(m *testing.M) { testkit.NoneLeft(m) }

// cases stands for the room that has the threads, and for the one that sends notices.
type cases struct {
	open    map[string][]string // threads by address
	gone    map[string]string   // why threads take nothing: a code
	fails   error               // of the next Reply
	replies map[string][]mailbox.Mail
	returns map[string][]mailbox.Return // by notice
}

func (c *cases) Reply(_ context.Context, tx *storage.Tx, thread string, m mailbox.Mail) error {
	if code := c.gone[thread]; code != "" {
		return problem.New(problem.NotFound, code)
	}
	if err := c.fails; err != nil {
		c.fails = nil
		return err
	}
	tx.AfterCommit(func() { c.replies[thread] = append(c.replies[thread], m) })
	return nil
}

// Keep keeps what is in a file, and refuses what is named so.
func (c *cases) Keep(_ context.Context, name string, content io.Reader) (any, error) {
	if name == "refused.exe" {
		return nil, problem.New(problem.Unsupported, "file-type-unknown")
	}
	raw, err := io.ReadAll(content)
	return string(raw), err
}

func (c *cases) Open(_ context.Context, address string) ([]string, error) {
	return c.open[address], nil
}

func (c *cases) Find(_ context.Context, number string) (string, error) {
	if thread, ok := strings.CutPrefix(number, "RS-"); ok {
		return thread, nil
	}
	return "", problem.New(problem.NotFound, "thread-unknown")
}

func (c *cases) Returned(_ context.Context, tx *storage.Tx, notice string, r mailbox.Return) error {
	tx.AfterCommit(func() { c.returns[notice] = append(c.returns[notice], r) })
	return nil
}

// rig is a mailbox that sorts when the test says so.
type rig struct {
	*mailbox.Mailbox
	*cases
	testing.TB
	db     *storage.DB
	runner *work.Runner
	clock  *clock.Manual
	store  files.Store
	config mailbox.Config
}

func newRig(tb testing.TB, engine string) *rig {
	open := testkit.Database(tb, engine)
	r := &rig{
		TB: tb, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), store: files.Folder(tb.TempDir()),
		cases: &cases{open: map[string][]string{}, gone: map[string]string{}, replies: map[string][]mailbox.Mail{}, returns: map[string][]mailbox.Return{}},
		config: mailbox.Config{
			Domain: "пошта.пример.срб", From: []string{"dobosh@city.example"}, Desks: []string{"pisarnica@city.example", "шалтер@град.срб"},
			Keys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Largest: 1 << 20, Checks: "mx.city.example", Spool: filepath.Join(tb.TempDir(), "spool"),
			Seal:        testSeal(tb),
			Unsubscribe: "https://city.example/mailings/end/",
		},
	}
	r.db = open(work.Migrations(), mailbox.Migrations())
	r.runner = work.New(r.db, r.clock.Now, slog.New(slog.NewTextHandler(tb.Output(), nil)), "one")
	r.Mailbox = r.another(r.config)
	r.must(r.runner.Begin(tb.Context()))
	return r
}

func testSeal(tb testing.TB) *seal.Sealer {
	key, err := seal.New(bytes.Repeat([]byte{9}, seal.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// original is a mail as it came; empty where it is kept no more.
func (r *rig) original(id string) string {
	r.Helper()
	content, err := r.Original(r.Context(), id)
	if problem.HasCode(err, "mail-unknown") {
		return ""
	}
	r.must(err)
	defer content.Close()
	raw, err := io.ReadAll(content)
	r.must(err)
	return string(raw)
}

// another is a mailbox with a configuration of its own; the first of a rig does the work.
func (r *rig) another(config mailbox.Config) *mailbox.Mailbox {
	r.Helper()
	runner := r.runner
	if r.Mailbox != nil {
		runner = work.New(r.db, r.clock.Now, slog.New(slog.DiscardHandler), "other")
	}
	m, err := mailbox.New(config, r.db, r.store, runner, r.cases, r.cases, r.clock.Now, slog.New(slog.NewTextHandler(r.Output(), nil)))
	r.must(err)
	return m
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// sends lets a notice go out.
func (r *rig) sends(notice, thread string) mailbox.Headers {
	r.Helper()
	o := mailbox.Outgoing{Notice: notice, Person: "person of " + notice, Thread: thread}
	r.must(r.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error { return r.Sends(ctx, tx, o) }))
	return r.Headers(o)
}

// arrives lets a mail come in; from is the sender of the envelope.
func (r *rig) arrives(raw, from string, to ...string) {
	r.Helper()
	r.must(r.Arrive(r.Context(), mailbox.Arrival{Source: "smtp", Envelope: mailbox.Envelope{From: from, To: to}, Content: strings.NewReader(raw)}))
}

// sorts looks at all that has arrived.
func (r *rig) sorts() {
	r.Helper()
	for {
		n, err := r.runner.RunDue(r.Context())
		r.must(err)
		if n == 0 {
			return
		}
	}
}

// in gives the mails in a state, in their order.
func (r *rig) in(state mailbox.State) (all []mailbox.Item) {
	r.Helper()
	p, err := r.List(r.Context(), state, "", 200)
	r.must(err)
	for ; ; p, err = r.List(r.Context(), state, p.Next, 200) {
		r.must(err)
		all = append(all, p.Items...)
		if p.Next == "" {
			return all
		}
	}
}

func (r *rig) blob(name string) string {
	r.Helper()
	content, err := r.store.Get(r.Context(), name)
	if errors.Is(err, files.ErrNotFound) {
		return ""
	}
	r.must(err)
	defer content.Close()
	raw, err := io.ReadAll(content)
	r.must(err)
	return string(raw)
}

// blobs counts what is in the store.
func (r *rig) blobs() int {
	r.Helper()
	all, err := r.store.List(r.Context(), "")
	r.must(err)
	return len(all)
}

// written is a mail of Ana with some more lines of a header, and a body.
func written(body string, head ...string) string {
	lines := append(slices.Clone(head), "Subject: Re: question", "Message-ID: <1@b.example>", "Content-Type: text/plain; charset=utf-8", "", body)
	if !slices.ContainsFunc(head, func(line string) bool { return strings.HasPrefix(line, "From:") }) {
		lines = append([]string{"From: Ana <ana@b.example>"}, lines...)
	}
	return strings.Join(lines, "\r\n")
}
