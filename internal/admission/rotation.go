package admission

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// LongestWait bounds how long the other nodes have to hear of a new key.
const LongestWait = 5 * time.Minute

// defaultWait is how long they have where nobody says: a change of the registry
// is everywhere in less than five seconds.
const defaultWait = 15 * time.Second

// maxRotation bounds one replacement of keys.
const maxRotation = 3*LongestWait + time.Minute

// lastNews is when the longest wait for news of the registry is over that began
// with a former key.
const lastNews = 30 * time.Second

// Rotation replaces the keys of a node while it serves. Each step is durable
// before the next, and a node that was stopped between two goes on with the next
// when it starts. It is safe for concurrent use.
type Rotation struct {
	RotationConfig
	turning sync.Mutex // held while keys are replaced
}

// RotationConfig is what replacing keys touches.
type RotationConfig struct {
	Member    registry.ID
	Node      string
	Authority bool   // whose TLS key stands in the configuration of all others, so that it stays
	TLSFile   string // where the keys lie
	LogFile   string
	Former    string // the file of the former keys of the journal
	Registry  *registry.Registry
	Submit    registry.Submitter
	Holder    *credential.Holder
	Renewer   *Renewer // nil at an authority that issues no certificates
	Journal   *journal.Log
	Signer    *journal.TurningSigner
	Rekeyed   func(ed25519.PrivateKey) error // the journal goes on with this key
	// Beside does something that outlasts the call, until the node ends.
	Beside func(do func(ctx context.Context))
	Log    *slog.Logger
}

// Keys says which keys are replaced, and by what a node is known afterwards:
// empty for what was not replaced.
type Keys struct {
	TLS string // pin
	Log string // verifier key
}

// Turn replaces keys, and goes on until ctx ends; the other nodes have a time to
// hear of each. Problems: rotate-authority, rotate-runs, node-unregistered.
func (r *Rotation) Turn(ctx context.Context, tls, log bool, wait time.Duration) (out Keys, err error) {
	switch {
	case wait < 0 || wait > LongestWait || !tls && !log:
		return out, problem.New(problem.Invalid, "body-malformed")
	case tls && r.Authority:
		return out, problem.New(problem.Conflict, "rotate-authority")
	}
	if _, err := r.own(); err != nil {
		return out, err
	}
	if !r.turning.TryLock() {
		return out, problem.New(problem.Conflict, "rotate-runs")
	}
	defer r.turning.Unlock()
	ctx, cancel := context.WithTimeout(ctx, maxRotation)
	defer cancel()
	if log {
		if out.Log, err = r.turnLog(ctx, wait); err != nil {
			return out, err
		}
	}
	if tls {
		out.TLS, err = r.turnTLS(ctx, wait)
	}
	return out, err
}

// next is where a key lies that is about to follow.
func next(path string) string { return path + ".next" }

// turnTLS goes over to a new TLS key: the registry names it beside the present
// one; when the others know it, it is shown; when nothing is under way with the
// former key any more, the registry names the new one alone.
func (r *Rotation) turnTLS(ctx context.Context, wait time.Duration) (pin string, err error) {
	key, err := credential.KeptKey(next(r.TLSFile))
	if err != nil {
		return "", err
	}
	if pin, err = credential.PinOf(key.Public()); err != nil {
		return "", err
	}
	if err := r.restate(ctx, func(own *registry.Node) { own.Next = pin }); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	if err := r.Renewer.Switch(ctx, key, r.Node); err != nil {
		return "", err
	}
	if err := os.Rename(next(r.TLSFile), r.TLSFile); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	return pin, r.dropFormerTLS(ctx)
}

// dropFormerTLS has the registry name the key alone that the node shows.
func (r *Rotation) dropFormerTLS(ctx context.Context) error {
	pin := r.Holder.Pin()
	if err := r.restate(ctx, func(own *registry.Node) { own.TLS, own.Next = pin, "" }); err != nil {
		return err
	}
	r.Beside(func(ctx context.Context) { // a connection that waited for news began with the former key
		if clock.Pause(ctx, lastNews) == nil {
			r.Holder.Replace(*r.Holder.Own())
		}
	})
	r.Log.InfoContext(ctx, "the TLS key was replaced", slog.String("pin", pin))
	return nil
}

// turnLog goes over to a new key of the journal: the registry names it and keeps
// the former; what the member says is signed with it at once, since the authority
// knows it; the journal follows when the others know it.
func (r *Rotation) turnLog(ctx context.Context, wait time.Duration) (text string, err error) {
	key, err := credential.KeptKey(next(r.LogFile))
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(r.Journal.Origin(), credential.PublicOf(key))
	if err != nil {
		return "", err
	}
	text = fmt.Sprint(verifier)
	if err := r.restate(ctx, func(own *registry.Node) {
		if own.Log != text {
			own.Log, own.Former = text, append([]string{own.Log}, own.Former...)
		}
	}); err != nil {
		return "", err
	}
	if err := r.Signer.Turn(key); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	if err := journal.KeepFormer(r.Former, r.Journal.Key()); err != nil {
		return "", err
	}
	if err := os.Rename(next(r.LogFile), r.LogFile); err != nil {
		return "", err
	}
	r.Log.InfoContext(ctx, "the key of the journal was replaced", slog.String("key", text))
	if err := r.Journal.Rekey(key); err != nil {
		return text, err
	}
	return text, r.Rekeyed(key)
}

// own is the node as the registry has it.
func (r *Rotation) own() (registry.Node, error) {
	own, known := r.Registry.State().Node(r.Member, r.Node)
	if !known {
		return own, problem.New(problem.Conflict, "node-unregistered")
	}
	return own, nil
}

// restate says in the registry how this node is now, where that is something
// new.
func (r *Rotation) restate(ctx context.Context, change func(*registry.Node)) error {
	own, err := r.own()
	if err != nil {
		return err
	}
	change(&own)
	return r.Submit.Submit(ctx, registry.Statement{Node: &own})
}

// Finish goes on with what was begun before the node was stopped.
func (r *Rotation) Finish(ctx context.Context) {
	if r.Registry.Wait(ctx, 0) != nil {
		return
	}
	tls, log := exists(next(r.TLSFile)) && !r.Authority, exists(next(r.LogFile))
	if tls || log {
		if _, err := r.Turn(ctx, tls, log, defaultWait); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "keys that were about to follow do not yet", slog.Any("error", err))
			return
		}
	}
	if own, err := r.own(); err == nil && own.Next != "" && own.Next == r.Holder.Pin() {
		if err := r.dropFormerTLS(ctx); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "the registry still names the former TLS key", slog.Any("error", err))
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
