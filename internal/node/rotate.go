package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// rotationWait is how long the other nodes have to hear of a new key, where
// nobody says: a change of the registry is everywhere in less than five seconds.
const rotationWait = 15 * time.Second

// maxRotation bounds one replacement of keys.
const maxRotation = 3*operator.LongestWait + time.Minute

// rotate replaces keys while the node serves. Each step is durable before the
// next, and a node that was stopped between two goes on with the next when it
// starts.
func (n *Node) rotate(ctx context.Context, r operator.Rotation) (out operator.Rotated, err error) {
	switch {
	case r.Wait < 0 || r.Wait > operator.LongestWait || !r.TLS && !r.Log:
		return out, problem.New(problem.Invalid, "body-malformed")
	case r.TLS && n.authority != nil:
		return out, problem.New(problem.Conflict, "rotate-authority")
	case n.standing() == "unregistered":
		return out, problem.New(problem.Conflict, "node-unregistered")
	}
	done := make(chan struct{})
	n.done.Go(func() { // goes on when the operator has gone
		defer close(done)
		out, err = n.turn(n.work, r)
	})
	select {
	case <-done:
		return out, err
	case <-ctx.Done():
		return operator.Rotated{}, ctx.Err()
	}
}

// turn replaces keys, one node's at a time.
func (n *Node) turn(ctx context.Context, r operator.Rotation) (out operator.Rotated, err error) {
	if !n.turning.TryLock() {
		return out, problem.New(problem.Conflict, "rotate-runs")
	}
	defer n.turning.Unlock()
	ctx, cancel := context.WithTimeout(ctx, maxRotation)
	defer cancel()
	if r.Log {
		if out.Log, err = n.turnLog(ctx, r.Wait); err != nil {
			return out, err
		}
	}
	if r.TLS {
		out.TLS, err = n.turnTLS(ctx, r.Wait)
	}
	return out, err
}

// nextFile is where a key lies that is about to follow.
func nextFile(path string) string { return path + ".next" }

// turnTLS goes over to a new TLS key: the registry names it beside the present
// one; when the others know it, it is shown; when nothing is under way with the
// former key any more, the registry names the new one alone.
func (n *Node) turnTLS(ctx context.Context, wait time.Duration) (pin string, err error) {
	next := nextFile(n.cfg.Keys.TLS)
	key, err := keptKey(next)
	if err != nil {
		return "", err
	}
	if pin, err = credential.PinOf(key.Public()); err != nil {
		return "", err
	}
	if err := n.restate(ctx, func(own *registry.Node) { own.Next = pin }); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	if err := n.renewer.Switch(ctx, key, n.cfg.Name); err != nil {
		return "", err
	}
	if err := os.Rename(next, n.cfg.Keys.TLS); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	return pin, n.dropFormerTLS(ctx)
}

// dropFormerTLS has the registry name the key alone that the node shows.
func (n *Node) dropFormerTLS(ctx context.Context) error {
	pin := n.credential.Pin()
	if err := n.restate(ctx, func(own *registry.Node) { own.TLS, own.Next = pin, "" }); err != nil {
		return err
	}
	n.done.Go(func() { // a connection that waited for news began with the former key
		if clock.Pause(n.work, lastNews) == nil {
			n.credential.Replace(*n.credential.Own())
		}
	})
	n.log.InfoContext(ctx, "the TLS key was replaced", slog.String("pin", pin))
	return nil
}

// lastNews is when the longest wait for news of the registry is over that began
// with a former key.
const lastNews = 30 * time.Second

// turnLog goes over to a new key of the journal: the registry names it and keeps
// the former; what the member says is signed with it at once, since the authority
// knows it; the journal follows when the others know it.
func (n *Node) turnLog(ctx context.Context, wait time.Duration) (text string, err error) {
	next := nextFile(n.cfg.Keys.Log)
	key, err := keptKey(next)
	if err != nil {
		return "", err
	}
	verifier, err := journal.NewKey(n.journal.Origin(), PublicOf(key))
	if err != nil {
		return "", err
	}
	text = fmt.Sprint(verifier)
	if err := n.restate(ctx, func(own *registry.Node) {
		if own.Log != text {
			own.Log, own.Former = text, append([]string{own.Log}, own.Former...)
		}
	}); err != nil {
		return "", err
	}
	if err := n.signer.turn(key); err != nil {
		return "", err
	}
	if err := clock.Pause(ctx, wait); err != nil {
		return "", err
	}
	if err := n.cfg.keepFormer(n.journal.Key()); err != nil {
		return "", err
	}
	if err := os.Rename(next, n.cfg.Keys.Log); err != nil {
		return "", err
	}
	n.log.InfoContext(ctx, "the key of the journal was replaced", slog.String("key", text))
	if err := n.journal.Rekey(key); err != nil || n.containers.Load() == nil {
		return text, err
	}
	return text, n.certifyContainers(key)
}

// restate says in the registry how this node is now, where that is something
// new.
func (n *Node) restate(ctx context.Context, change func(*registry.Node)) error {
	own, known := n.registry.State().Node(n.cfg.Member, n.cfg.Name)
	if !known {
		return problem.New(problem.Conflict, "node-unregistered")
	}
	change(&own)
	return n.submitter.Submit(ctx, registry.Statement{Node: &own})
}

// finishRotation goes on with what was begun before the node was stopped.
func (n *Node) finishRotation(ctx context.Context) {
	if n.registry.Wait(ctx, 0) != nil {
		return
	}
	r := operator.Rotation{TLS: exists(nextFile(n.cfg.Keys.TLS)) && n.authority == nil, Log: exists(nextFile(n.cfg.Keys.Log)), Wait: rotationWait}
	if _, err := n.turn(ctx, r); err != nil && ctx.Err() == nil {
		n.log.ErrorContext(ctx, "keys that were about to follow do not yet", slog.Any("error", err))
		return
	}
	if own, known := n.registry.State().Node(n.cfg.Member, n.cfg.Name); known && own.Next != "" && own.Next == n.credential.Pin() {
		if err := n.dropFormerTLS(ctx); err != nil && ctx.Err() == nil {
			n.log.ErrorContext(ctx, "the registry still names the former TLS key", slog.Any("error", err))
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// formerFile lists the keys that the journal had before, the newest first.
func (c Config) formerFile() string { return filepath.Join(c.Dir, "journal.former") }

// FormerKeys verify what the journal of the node signed before its present key.
func (c Config) FormerKeys() ([]note.Verifier, error) {
	raw, err := os.ReadFile(c.formerFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	present, err := c.logKeyHash()
	if err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for line := range strings.Lines(string(raw)) {
		key, err := journal.ParseKey(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.formerFile(), err)
		}
		if key.KeyHash() != present { // it was noted, and then not replaced
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (c Config) logKeyHash() (uint32, error) {
	private, err := ReadKey(c.Keys.Log)
	if err != nil {
		return 0, err
	}
	key, err := journal.NewKey(Origin(c.Member, c.Name), PublicOf(private))
	if err != nil {
		return 0, err
	}
	return key.KeyHash(), nil
}

// keepFormer notes a key that is about to be replaced.
func (c Config) keepFormer(key note.Verifier) error {
	former, err := c.FormerKeys()
	if err != nil {
		return err
	}
	former = slices.DeleteFunc(former, func(k note.Verifier) bool { return k.KeyHash() == key.KeyHash() })
	var text strings.Builder
	for _, k := range append([]note.Verifier{key}, former...) {
		fmt.Fprintln(&text, k)
	}
	return replaceFile(c.formerFile(), []byte(text.String()))
}
