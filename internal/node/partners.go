package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"dobosh/internal/backup"
	"dobosh/internal/exchange/recall"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// returnedKind marks, in a journal, what a partner proved of an entry that was lost.
const returnedKind = "returned"

// partnersOf are the nodes of those with whom a member has contracts, at most
// [maxAsked]; a contract with a group has no consumer of its own, and its nodes are not
// among them.
func partnersOf(state *registry.State, own registry.ID) (nodes []registry.Node) {
	seen := map[registry.ID]bool{}
	for c := range state.ContractsAfter("") {
		for _, side := range append([]registry.ID{c.Consumer, c.Provider}, c.Delegates...) {
			other := registry.ID{Instance: side.Instance, Class: side.Class, Member: side.Member}
			if mine := sameMember(c.Consumer, own) || sameMember(c.Provider, own); !mine || other == own || side == (registry.ID{}) || seen[other] {
				continue
			}
			seen[other] = true
			for _, n := range state.Nodes(other) {
				if len(nodes) < maxAsked {
					nodes = append(nodes, n)
				}
			}
		}
	}
	return nodes
}

func sameMember(a, b registry.ID) bool {
	return a.Instance == b.Instance && a.Class == b.Class && a.Member == b.Member
}

// reached gives partners with clients that lead to them and to nobody else, until done.
func reached(nodes []registry.Node, own *tls.Certificate) (partners []recall.Partner, done func()) {
	var transports []*http.Transport
	for _, n := range nodes {
		t := &http.Transport{TLSClientConfig: credential.Calling(own, n.TLS), MaxIdleConnsPerHost: 1}
		transports = append(transports, t)
		partners = append(partners, recall.Partner{Node: n, Client: &http.Client{Timeout: 20 * time.Second, Transport: t}})
	}
	return partners, func() {
		for _, t := range transports {
			t.CloseIdleConnections()
		}
	}
}

// clocksApart is by how much the clocks of two nodes may differ, and entries lie from the
// order of their times, when entries are looked for by time.
const clocksApart = 10 * time.Minute

// question is what partners are asked about the journal, of which the copy had so much.
func question(ctx context.Context, book *journal.Log, kept journal.Checkpoint) recall.Question {
	q := recall.Question{Keys: book.Keys(), From: kept.Size, Has: func(signed []byte) (bool, error) {
		err := book.Extends(signed)
		if damage := (*journal.DamageError)(nil); errors.As(err, &damage) {
			return false, nil
		}
		return err == nil, err
	}}
	if last, err := book.Logged(ctx, kept.Size-1); kept.Size > 0 && err == nil && !last.Erased {
		q.Since = last.Entry.At.Add(-clocksApart)
	}
	return q
}

// keptBy is the checkpoint that a restored journal goes on from.
func keptBy(book *journal.Log, was backup.Restored) (signed []byte, c journal.Checkpoint, err error) {
	if signed = []byte(was.Kept); len(signed) == 0 {
		signed = book.Checkpoint()
	}
	c, err = journal.OpenCheckpoint(signed, book.Keys()...)
	return signed, c, err
}

// gaveUp reports whether the journal says already that it gave up what somebody has seen
// of it, and whether it said so to this one.
func gaveUp(ctx context.Context, book *journal.Log, k recall.Known) (said, toThis bool, err error) {
	found, _, err := book.Search(ctx, journal.Query{Kinds: []string{continuationKind}, Newest: true, Limit: journal.MaxFound, Match: func(e journal.Entry) bool {
		c, _, err := journal.OpenContinuation(e.Body, book.Keys()...)
		return err == nil && c.Seen.Size >= k.Size
	}})
	for i := range found {
		toThis = toThis || found[i].Entry.ID == recall.Shortened(k.Name())
	}
	return len(found) > 0, toThis, err
}

// declare says in the journal, and to the partner, that entries are lost which the
// partner has seen, and keeps what the partner proves of them.
func declare(ctx context.Context, book *journal.Log, signed []byte, c journal.Continuation, known recall.Known) error {
	meta, err := json.Marshal(map[string]any{"partner": known.Name(), "seen": c.Seen.Size, "kept": c.Kept.Size, "messages": len(known.Messages), "why": c.Why})
	if err != nil {
		return err
	}
	entries := []journal.Entry{{Kind: continuationKind, ID: recall.Shortened(known.Name()), Meta: meta, Body: signed}}
	for _, m := range known.Messages {
		index, err := m.Index()
		if err != nil {
			return err
		}
		meta, err := json.Marshal(map[string]any{"partner": known.Name(), "index": index, "kind": m.Kind, "meta": m.Meta, "body": m.Body})
		if err != nil {
			return err
		}
		entries = append(entries, journal.Entry{Kind: returnedKind, ID: m.ID, Meta: meta, Body: m.Stamp})
	}
	for _, e := range entries {
		if _, err := book.Append(ctx, e); err != nil {
			return err
		}
	}
	return recall.Tell(ctx, known.Partner, signed)
}

// unheard are partners that were away when a restored node began: they are asked until
// they answer.
type unheard struct {
	Kept  string    `json:"kept"` // checkpoint that the copy had
	At    time.Time `json:"at"`   // when the node began
	Nodes []string  `json:"nodes"`
}

func (c Config) unheardFile() string { return filepath.Join(c.Dir, "unheard") }

func (c Config) readUnheard() (u unheard, err error) {
	raw, err := os.ReadFile(c.unheardFile())
	if errors.Is(err, fs.ErrNotExist) {
		return u, nil
	}
	if err == nil {
		err = strict.Upto(64<<10).Decode(raw, &u)
	}
	if err != nil {
		return unheard{}, fmt.Errorf("partners that were not heard: %w", err)
	}
	return u, nil
}

func (u unheard) put(c Config) error {
	if len(u.Nodes) == 0 {
		if err := os.Remove(c.unheardFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	raw, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return journal.WriteWhole(c.unheardFile(), raw)
}

// How often, and how long, partners are asked that were away.
const (
	firstUnheard = time.Second
	lastUnheard  = 5 * time.Minute
	unheardKept  = 60 * 24 * time.Hour
)

// lateWhy stands in a continuation that nobody wrote a reason for.
const lateWhy = "restored"

// hearLater asks the partners that were away when the node began, until all have
// answered. What they know beyond the copy the journal then gives up in the open; it has
// gone on meanwhile.
func (t truth) hearLater(ctx context.Context, state func() *registry.State, own func() *tls.Certificate) {
	u, err := t.readUnheard()
	if err != nil {
		t.log.ErrorContext(ctx, "partners that were away cannot be asked", slog.Any("error", err))
		return
	}
	for pause := firstUnheard; len(u.Nodes) > 0 && clock.Pause(ctx, pause) == nil; pause = min(2*pause, lastUnheard) {
		signed, kept, err := keptBy(t.Log, backup.Restored{Kept: u.Kept})
		if err != nil {
			t.log.ErrorContext(ctx, "partners that were away cannot be asked", slog.Any("error", err))
			return
		}
		nodes := slices.DeleteFunc(partnersOf(state(), t.Member), func(n registry.Node) bool { return !slices.Contains(u.Nodes, Origin(n.Member, n.Name)) })
		partners, done := reached(nodes, own())
		var left []string
		for _, k := range question(ctx, t.Log, kept).Ask(ctx, partners) {
			if err := t.heardLate(ctx, k, signed); err != nil {
				t.log.DebugContext(ctx, "a partner did not say what it knows of the journal", slog.String("partner", k.Name()), slog.Any("error", err))
				left = append(left, k.Name())
			}
		}
		done()
		if t.now().Sub(u.At) > unheardKept {
			t.log.ErrorContext(ctx, "partners never said what they know of the journal", slog.Int("partners", len(left)))
			left = nil
		}
		if len(left) == len(u.Nodes) {
			continue
		}
		u.Nodes = left
		if err := u.put(t.Config); err != nil {
			t.log.ErrorContext(ctx, "which partners were heard was not noted", slog.Any("error", err))
		}
	}
}

func (t truth) heardLate(ctx context.Context, k recall.Known, kept []byte) error {
	if k.Err != nil || k.Largest == nil {
		return k.Err
	}
	if _, told, err := gaveUp(ctx, t.Log, k); err != nil || told {
		return err
	}
	signed, c, err := t.Log.Continue(k.Largest, kept, lateWhy)
	if err != nil {
		return err
	}
	t.tellKnown(ctx, k)
	return declare(ctx, t.Log, signed, c, k)
}

func (t truth) tellKnown(ctx context.Context, k recall.Known) {
	t.log.WarnContext(ctx, "a partner knows entries of the journal that the copy does not have", slog.String("partner", k.Name()), slog.Int64("known", k.Size), slog.Int("messages", len(k.Messages)))
}
