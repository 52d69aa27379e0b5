package admission

import (
	"context"
	"crypto"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry/credential"
)

// How long to wait between attempts when one failed, and how often the clock is
// looked at: a machine that slept must not miss its hour.
const (
	shortestPause = time.Second
	longestPause  = 5 * time.Minute
	look          = time.Minute
)

// Renewer keeps a node's certificate fresh.
type Renewer struct {
	holder *credential.Holder
	issue  func(ctx context.Context, key crypto.Signer) ([]byte, error)
	save   func(der []byte) error
	now    clock.Now
	log    *slog.Logger

	working sync.Mutex // held while a certificate is asked for and put in place

	mu      sync.Mutex
	pause   time.Duration // before the next attempt; guarded by mu
	retryAt time.Time     // guarded by mu
	last    string        // code of why the last attempt failed; guarded by mu
	none    bool          // the authority issues none; guarded by mu
}

// NewRenewer renews what holder shows. issue asks for a certificate around a
// key, in DER; save keeps it over a restart.
func NewRenewer(holder *credential.Holder, issue func(context.Context, crypto.Signer) ([]byte, error), save func([]byte) error, now clock.Now, log *slog.Logger) *Renewer {
	return &Renewer{holder: holder, issue: issue, save: save, now: now, log: log, pause: shortestPause}
}

// Run renews at two thirds of each certificate's life until ctx ends.
func (r *Renewer) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(r.Step(ctx))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Step renews the certificate if it is time, and gives how long to wait before
// the next step.
func (r *Renewer) Step(ctx context.Context) time.Duration {
	if wait := r.due().Sub(r.now()); wait > 0 {
		return min(wait, look)
	}
	err := r.renew(ctx)
	if ctx.Err() != nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.pause, r.retryAt, r.last, r.none = shortestPause, time.Time{}, "", false
		return 0
	}
	r.last, r.none = problem.Of(err).Code, problem.HasCode(err, "issuer-none")
	r.retryAt = r.now().Add(r.pause)
	wait := r.pause
	r.pause = min(2*r.pause, longestPause)
	if !r.none {
		r.log.WarnContext(ctx, "the certificate was not renewed", slog.Any("error", err), slog.Time("ends", r.holder.Report().NotAfter))
	}
	return min(wait, look)
}

func (r *Renewer) renew(ctx context.Context) error {
	r.working.Lock()
	defer r.working.Unlock()
	key, ok := r.holder.Own().PrivateKey.(crypto.Signer)
	if !ok {
		return credential.ErrOtherKey
	}
	return r.put(ctx, key)
}

// Switch goes over to another key, which the registry must know already as the
// node's. Where no certificates are issued the node signs its own.
func (r *Renewer) Switch(ctx context.Context, key crypto.Signer, name string) error {
	r.working.Lock()
	defer r.working.Unlock()
	err := r.put(ctx, key)
	if !problem.HasCode(err, "issuer-none") {
		return err
	}
	own, err := credential.SelfSigned(key, name, r.now())
	if err != nil {
		return err
	}
	r.holder.Replace(own)
	return nil
}

// put asks for a certificate around key and shows it from then on. The caller
// holds working.
func (r *Renewer) put(ctx context.Context, key crypto.Signer) error {
	der, err := r.issue(ctx, key)
	if err != nil {
		return err
	}
	own, err := credential.Around(key, der)
	if err != nil {
		return broken(err)
	}
	if err := r.save(der); err != nil {
		return err
	}
	r.holder.Replace(own)
	r.log.InfoContext(ctx, "the certificate was renewed", slog.Time("ends", own.Leaf.NotAfter))
	return nil
}

// due is when the next attempt is made.
func (r *Renewer) due() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := renewAt(r.holder.Report(), r.now())
	if at.Before(r.retryAt) {
		at = r.retryAt
	}
	return at
}

// renewAt is when two thirds of a certificate's life are over; at once for one
// that nobody issued, and for one of the future, which was issued while a clock was wrong and
// which no other node believes.
func renewAt(c credential.Report, now time.Time) time.Time {
	if !c.Issued() || now.Before(c.NotBefore) {
		return now
	}
	return c.NotAfter.Add(-c.NotAfter.Sub(c.NotBefore) / 3)
}

// Report describes the certificate and its renewal.
func (r *Renewer) Report() credential.Report {
	c := r.holder.Report()
	c.RenewAt = r.due()
	r.mu.Lock()
	defer r.mu.Unlock()
	c.LastError = r.last
	if r.none {
		c.RenewAt, c.LastError = time.Time{}, ""
	}
	return c
}
