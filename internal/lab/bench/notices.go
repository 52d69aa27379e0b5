package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// NoticesOptions are the choices of "dobosh-lab bench notices".
type NoticesOptions struct {
	Dir     string    // of the database; must be empty or missing
	Engine  string    // SQLite or Postgres
	Notices int       // each in a transaction of its own, as an outcome brings it; 1,000 to 1,000,000
	Mailing int       // notices of one mailing, while urgent ones come; 1,000 to 1,000,000
	Log     io.Writer // progress for people
}

// NoticesResult is what the measurement says, one JSON object.
type NoticesResult struct {
	Engine       string  `json:"engine"`
	Notices      int     `json:"notices"`
	PerMinute    float64 `json:"notices_per_minute"` // from the first transaction until the mail server has the last
	CPU          float64 `json:"notice_cpu_us"`      // of this process, the mail server in it, for each
	Mailing      int     `json:"mailing"`
	MailPerMin   float64 `json:"mailing_per_minute"` // the same for a mailing, whose notices are written together
	Urgent       int     `json:"urgent"`             // one after the other, while the mailing went out
	UrgentMedian float64 `json:"urgent_p50_ms"`      // until the mail server has it
	UrgentMost   float64 `json:"urgent_max_ms"`
	Arrived      int     `json:"arrived"` // at the mail server, of all
	Cores        int     `json:"cores"`
}

// OK says that nothing was lost, and that urgent ones came while the mailing went out.
func (r NoticesResult) OK() bool { return r.Urgent > 0 && r.Arrived == r.Notices+r.Mailing+r.Urgent }

// Write says it for people.
func (r NoticesResult) Write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s, %d cores: %d notices, %.0f a minute, %.0f µs of CPU each\na mailing of %d, %.0f a minute; %d urgent ones meanwhile, %.0f ms median, %.0f ms at most\n%d arrived\n",
		r.Engine, r.Cores, r.Notices, r.PerMinute, r.CPU, r.Mailing, r.MailPerMin, r.Urgent, r.UrgentMedian, r.UrgentMost, r.Arrived)
}

// noticesRig is a courier with the mail server to which it carries.
type noticesRig struct {
	db      *storage.DB
	courier *notify.Courier
	sink    *mailsink.Sink
	urgent  chan string // subjects of urgent notices that arrived
	arrived atomic.Int64
}

// RunNotices measures how fast notices go out, and how long an urgent one waits for a
// mailing.
func RunNotices(ctx context.Context, o NoticesOptions) (result NoticesResult, err error) {
	result = NoticesResult{Engine: o.Engine, Notices: o.Notices, Mailing: o.Mailing, Cores: runtime.NumCPU()}
	if err := errors.Join(within("notices", o.Notices, 1000, 1_000_000), within("mailing", o.Mailing, 1000, 1_000_000), mustBeEmpty(o.Dir)); err != nil {
		return result, err
	}
	r, end, err := newNoticesRig(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, end()) }()

	// Each for itself, by rooms that do other things too.
	const rooms = 16
	var next atomic.Int64
	busy, begun := cpuSoFar(), time.Now()
	err = together(ctx, rooms, func(ctx context.Context) error {
		for n := next.Add(1); n <= int64(o.Notices); n = next.Add(1) {
			if err := r.send(ctx, r.notice("one", n, notify.Normal)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return result, err
	}
	if err := r.until(ctx, o.Notices); err != nil {
		return result, err
	}
	result.PerMinute = round(float64(o.Notices) / time.Since(begun).Minutes())
	result.CPU = round(float64((cpuSoFar() - busy).Microseconds()) / float64(o.Notices))
	_, _ = fmt.Fprintf(o.Log, "%.0f notices a minute\n", result.PerMinute)

	// A mailing, and what is urgent meanwhile.
	begun = time.Now()
	mailed := make(chan error, 1)
	go func() { mailed <- r.mail(ctx, o.Mailing) }()
	var waited []time.Duration
	for int(r.arrived.Load()) < o.Notices+o.Mailing {
		took, err := r.hurry(ctx, int64(len(waited)))
		if err != nil {
			return result, errors.Join(err, <-mailed)
		}
		waited = append(waited, took)
		if err := clock.Pause(ctx, 250*time.Millisecond); err != nil {
			return result, err
		}
	}
	if err := <-mailed; err != nil {
		return result, err
	}
	result.Urgent = len(waited)
	if err := r.until(ctx, o.Notices+o.Mailing+result.Urgent); err != nil {
		return result, err
	}
	result.MailPerMin = round(float64(o.Mailing) / time.Since(begun).Minutes())
	result.UrgentMedian, result.UrgentMost = milliseconds(quantile(waited, 0.5)), milliseconds(quantile(waited, 1))
	result.Arrived = int(r.arrived.Load())
	return result, nil
}

// noticePersons is among how many people the notices are.
const noticePersons = 10_000

// newNoticesRig opens an empty database with an address book, a mail server and a courier
// that carries.
func newNoticesRig(ctx context.Context, o NoticesOptions) (r *noticesRig, end func() error, err error) {
	var ends []func() error
	end = func() (err error) {
		for i := range ends {
			err = errors.Join(err, ends[len(ends)-1-i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, end, err
	}
	where := storage.Config{Engine: o.Engine, Path: filepath.Join(o.Dir, "notices.db")}
	if o.Engine == Postgres {
		server, err := startPostgres(ctx)
		if err != nil {
			return nil, end, err
		}
		ends = append(ends, server.stop)
		where.URL = server.url("postgres")
	}
	quiet := slog.New(slog.DiscardHandler)
	r = &noticesRig{urgent: make(chan string, 1000)}
	if r.db, err = storage.Open(ctx, where, quiet, []fs.FS{work.Migrations(), notify.Migrations()}...); err != nil {
		return nil, end, err
	}
	ends = append(ends, r.db.Close)
	runner := work.New(r.db, now, quiet, "bench")
	closed, err := r.post(ctx, runner)
	ends = append(ends, closed)
	if err != nil {
		return nil, end, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); runner.Run(running) }()
	ends = append(ends, func() error { stop(); <-ended; return nil })
	return r, end, nil
}

// post opens an address book, a mail server, and a courier that carries to it when the work begins.
func (r *noticesRig) post(ctx context.Context, runner *work.Runner) (closed func() error, err error) {
	quiet := slog.New(slog.DiscardHandler)
	closed = func() error { return nil }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return closed, err
	}
	if r.sink, err = mailsink.Start(listener, quiet); err != nil {
		return closed, err
	}
	closed = r.sink.Close
	r.sink.Tell(func(m mailsink.Message) {
		if len(m.Subject) > 7 && m.Subject[:7] == "urgent " {
			r.urgent <- m.Subject
		}
		r.arrived.Add(1)
	})
	from := notify.Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "Bench <bench@bench.example>", TLS: notify.Plain}
	if r.courier, err = notify.New(from, r.db, runner, now, quiet); err != nil {
		return closed, err
	}
	const atOnce = 500
	for from := 0; from < noticePersons; from += atOnce {
		err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for n := from; n < from+atOnce; n++ {
				to := notify.Address{Person: fmt.Sprintf("person-%d", n), Channel: notify.Email, To: fmt.Sprintf("person-%d@bench.example", n), Lang: lang.SrLatn}
				if err := r.courier.WriteAddress(ctx, tx, to); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return closed, err
		}
	}
	return closed, nil
}

func (r *noticesRig) notice(of string, n int64, lane notify.Lane) notify.Notice {
	text := lang.Text{"sr": fmt.Sprintf("%s %d", of, n), "en": fmt.Sprintf("%s %d", of, n)}
	const body = "Good day,\n\nan officer is looking at your case. This is not a refusal. You will have a decision by 23 December 2026. You do not need to do anything; if we need a fact, we will ask you.\n\nCity\nCase ZR-2026-7KQ4-M9PD-X"
	return notify.Notice{
		ID: fmt.Sprintf("%s-%d", of, n), Person: fmt.Sprintf("person-%d", n%noticePersons), Lane: lane, Link: "https://city.example/cases/ZR-2026-7KQ4-M9PD-X",
		Subject: text, Body: lang.Text{"sr": body, "en": body},
	}
}

func (r *noticesRig) send(ctx context.Context, notices ...notify.Notice) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.courier.SendAll(ctx, tx, notices...) })
}

// mail writes a mailing, some hundred notices at a time.
func (r *noticesRig) mail(ctx context.Context, many int) error {
	for n := 0; n < many; n += notify.MostAtOnce {
		var some []notify.Notice
		for i := n; i < min(n+notify.MostAtOnce, many); i++ {
			some = append(some, r.notice("bulk", int64(i), notify.Bulk))
		}
		if err := r.send(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// hurry sends an urgent notice and says how long it took until the mail server had it.
func (r *noticesRig) hurry(ctx context.Context, n int64) (time.Duration, error) {
	begun := time.Now()
	if err := r.send(ctx, r.notice("urgent", n, notify.Urgent)); err != nil {
		return 0, err
	}
	select {
	case <-r.urgent:
		return time.Since(begun), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// until waits for messages at the mail server.
func (r *noticesRig) until(ctx context.Context, want int) error {
	for int(r.arrived.Load()) < want {
		if err := clock.Pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("%d of %d notices arrived: %w", r.arrived.Load(), want, err)
		}
	}
	return nil
}
