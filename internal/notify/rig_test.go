package notify

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

const person = "tyra3d5qeh3s2m6eg2gyrsivt4"

// rig is a courier that carries when the test says so, by a clock that stands,
// to a real mail server that can be away.
type rig struct {
	*Courier
	runner *work.Runner // of the courier
	t      *testing.T
	clock  *clock.Manual
	sink   *mailsink.Sink
	at     string // address of the mail server
}

func onEngines(t *testing.T, test func(t *testing.T, r *rig)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		test(t, newRig(t, open(work.Migrations(), Migrations())))
	})
}

func newRig(t *testing.T, db *storage.DB) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	r.listen("127.0.0.1:0")
	r.Courier, r.runner = r.another(db, "one")
	r.address("milica@example.org", lang.SrCyrl)
	return r
}

// another is the courier of a process of a node, which has begun to work.
func (r *rig) another(db *storage.DB, node string) (*Courier, *work.Runner) {
	r.t.Helper()
	runner := work.New(db, r.clock.Now, slog.New(slog.DiscardHandler), node)
	c, err := New(r.config(), db, runner, r.clock.Now, slog.New(slog.DiscardHandler))
	if err == nil {
		err = runner.Begin(r.t.Context())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return c, runner
}

func (r *rig) config() Config {
	r.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", r.at)
	if err != nil {
		r.t.Fatal(err)
	}
	return Config{Host: "127.0.0.1", Port: address.Port, From: "Град Зрењанин <dobosh@zrenjanin.example>", TLS: Plain, Attempts: 3}
}

// listen starts the mail server.
func (r *rig) listen(at string) {
	r.t.Helper()
	listener, err := net.Listen("tcp", at)
	if err != nil {
		r.t.Fatal(err)
	}
	r.at = listener.Addr().String()
	if r.sink, err = mailsink.Start(listener, slog.New(slog.DiscardHandler)); err != nil {
		r.t.Fatal(err)
	}
	server := r.sink
	r.t.Cleanup(func() { _ = server.Close() })
}

func (r *rig) address(to string, tag lang.Tag) {
	r.t.Helper()
	if err := r.SetAddress(r.t.Context(), Address{person, Email, to, tag}); err != nil {
		r.t.Fatal(err)
	}
}

func offer(id string) Notice {
	return Notice{
		ID: id, Person: person, Lane: Normal, Link: "https://zrenjanin.example/offers/7",
		Subject: lang.Text{"sr": "Чека вас понуда", "en": "You have an offer"},
		Body:    lang.Text{"sr": "Погледајте је и прихватите једним додиром.", "en": "Look at it and accept it with one tap."},
	}
}

func (r *rig) send(notices ...Notice) {
	r.t.Helper()
	err := r.db.Write(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for _, n := range notices {
			if err := r.Send(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// carryAll carries all that is due, says how many those were, and fails the test
// when the server is away.
func (r *rig) carryAll() int {
	r.t.Helper()
	n, err := r.runner.RunDue(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// only returns the one delivery that there is.
func (r *rig) only() Delivery {
	r.t.Helper()
	all, err := r.Deliveries(r.t.Context(), "", 0)
	if err != nil || len(all.Items) != 1 {
		r.t.Fatalf("%d deliveries, %v", len(all.Items), err)
	}
	return all.Items[0]
}

func (r *rig) sent() (subjects []string) {
	for _, m := range r.sink.Messages() {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

var errChangedMind = errors.New("changed my mind")
