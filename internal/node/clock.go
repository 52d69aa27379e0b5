package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
	"dobosh/internal/work"
)

// errClock puts off what cannot be undone.
var errClock = errors.New("the clock of this node is not confirmed by others; what cannot be undone waits")

// agreement holds the node's clock against those of the registry, of witnesses and of
// the time-stamp authority, each known by its address.
func (c Config) agreement(now clock.Now) *clock.Agreement {
	var others []string
	if c.Registry.Address != "" {
		others = append(others, c.Registry.Address)
	}
	for _, list := range [][]Witness{c.Witnesses, c.Registry.Witnesses} {
		for _, w := range list {
			others = append(others, w.Address)
		}
	}
	if at := c.stampHost(); at != "" {
		others = append(others, at)
	}
	return clock.NewAgreement(now, others...)
}

// stampHost is where the time-stamp authority is; empty for none, and for one that
// is this node itself.
func (c Config) stampHost() string {
	if c.TimeStamps == nil || c.TimeStampAuthority != nil {
		return ""
	}
	at, err := url.Parse(c.TimeStamps.URL)
	if err != nil {
		return "" // the check of the configuration says so
	}
	return at.Host
}

// surely lets a round go only while the clock is confirmed; until then it waits.
func (b base) surely(do func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if !b.agreed.Sure() {
			return work.NotYet(errClock, clockAsk)
		}
		return do(ctx)
	}
}

// clockLook is how often the clock is held against the others, and how often those
// are asked while it is not confirmed.
const (
	clockLook = time.Second
	clockAsk  = 5 * time.Second
)

// watchClock writes when the clock begins and ceases to differ, until ctx ends,
// and has others asked what they say while it is not confirmed.
func (b base) watchClock(ctx context.Context, ask func(ctx context.Context)) {
	said, asked := clock.Unknown, time.Time{}
	for clock.Pause(ctx, clockLook) == nil {
		standing, off := b.agreed.Standing()
		if standing != said {
			said = standing
			b.tellClock(ctx, standing, off)
		}
		if standing != clock.Agrees && time.Since(asked) > clockAsk {
			asked = time.Now()
			ask(ctx)
		}
	}
}

func (b base) tellClock(ctx context.Context, standing clock.Standing, off time.Duration) {
	switch standing {
	case clock.Differs:
		attributes := []any{slog.Duration("off", off)}
		for _, d := range b.agreed.Differences() {
			attributes = append(attributes, slog.Duration(d.Name, d.Off))
		}
		b.log.ErrorContext(ctx, "the clock of this node differs from those of others: they refuse its messages, and what cannot be undone waits", attributes...)
	case clock.Unknown:
		b.log.WarnContext(ctx, "the clock of this node is not confirmed by anybody; what cannot be undone waits")
	default:
		b.log.InfoContext(ctx, "the clock of this node agrees with those of others", slog.Duration("off", off))
	}
}

// askTime asks the registry and the witnesses for an answer, which has their time
// in it.
func (d *door) askTime(ctx context.Context) {
	ask := func(address, path, pin string) {
		ctx, cancel := context.WithTimeout(ctx, clockAsk)
		defer cancel()
		client := http.Client{Transport: d.agreed.Watch(&http.Transport{TLSClientConfig: d.holder.Client(pin), DisableKeepAlives: true})}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+path, nil)
		if err != nil {
			return // the check of the configuration says so
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close() // what counts is in its head
		}
	}
	if d.base.Registry.Address != "" {
		ask(d.base.Registry.Address, registry.CheckpointPath, d.base.Registry.Pin)
	}
	for _, list := range [][]Witness{d.Witnesses, d.base.Registry.Witnesses} {
		for _, w := range list {
			if w.URL == "" { // who is outside of this federation owes it no time
				ask(w.Address, witnessPath+"/", w.Pin)
			}
		}
	}
}

// dated has answers say what the node's clock says when they are given.
func dated(now clock.Now, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &datedWriter{ResponseWriter: w, now: now}
		next.ServeHTTP(answer, r)
		answer.date() // of one that is written now
	})
}

// datedWriter dates an answer when its head is written.
type datedWriter struct {
	http.ResponseWriter
	now  clock.Now
	done bool
}

func (w *datedWriter) date() {
	if !w.done {
		w.done = true
		w.Header().Set("Date", w.now().UTC().Format(http.TimeFormat))
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *datedWriter) WriteHeader(status int) {
	w.date()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *datedWriter) Write(b []byte) (int, error) {
	w.date()
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *datedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
