package recall

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/registry"
)

// Where a node is asked, on the exchange listener.
const (
	Path         = "/dobosh/1/journal"
	ContinuePath = Path + "/continuation"
)

// Bounds of what is asked and answered.
const (
	pageMessages    = 200
	asking          = 2        // at the same time; others are told to come again
	maxPage         = 4 << 20  // bytes of an answer
	maxContinuation = 64 << 10 // bytes
)

// Message is one that a partner had from the log of who asks, without its content.
type Message struct {
	Kind  string `json:"kind"`  // in the journal of the partner: "asked", "reply" or "ended"
	ID    string `json:"id"`    // of the exchange
	Stamp []byte `json:"stamp"` // with which it came
	Meta  []byte `json:"meta"`  // SHA-256
	Body  []byte `json:"body"`  // SHA-256
}

// page is an answer; Next is where to go on, 0 at the end.
type page struct {
	Messages []Message `json:"messages"`
	Next     int64     `json:"next"`
}

// Journal is that of the node that is asked.
type Journal interface {
	Search(ctx context.Context, q journal.Query) ([]journal.Logged, int64, error)
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Room answers other nodes.
type Room struct {
	Journal   Journal
	Peer      func(*http.Request) (registry.Node, error) // who asks
	Continued func(registry.Node)                        // the log of a node goes on from less than was seen
	Log       *slog.Logger

	turns chan struct{}
}

// New makes the room whole.
func New(r Room) *Room {
	r.turns = make(chan struct{}, asking)
	return &r
}

// messageKinds are what the journal notes of messages of others.
func messageKinds() []string { return []string{"asked", "reply", "ended"} }

// ServeMessages answers GET [Path]?from=N&since=T&after=K: what came from the log of who asks with an index not below N.
func (r *Room) ServeMessages(w http.ResponseWriter, q *http.Request) {
	node, err := r.Peer(q)
	if err != nil {
		http.Error(w, "who asks is not in the registry", http.StatusUnauthorized)
		return
	}
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "others are asking", http.StatusTooManyRequests)
		return
	}
	from, errFrom := strconv.ParseInt(q.URL.Query().Get("from"), 10, 64)
	since, errSince := time.Parse(time.RFC3339, q.URL.Query().Get("since"))
	after, errAfter := strconv.ParseInt(q.URL.Query().Get("after"), 10, 64)
	if errors.Join(errFrom, errSince, errAfter) != nil || from < 0 || after < 0 {
		http.Error(w, "from, since and after are needed", http.StatusBadRequest)
		return
	}
	origin := originOf(node)
	found, next, err := r.Journal.Search(q.Context(), journal.Query{
		From: since, Kinds: messageKinds(), After: after, Limit: pageMessages,
		Match: func(e journal.Entry) bool {
			s, err := journal.ParseStampBytes(e.Received)
			if err != nil || s.Index < from {
				return false
			}
			c, err := journal.PeekCheckpoint(s.Checkpoint)
			return err == nil && c.Origin == origin
		},
	})
	if err != nil {
		r.Log.ErrorContext(q.Context(), "what came from another log was not found", slog.String("node", origin), slog.Any("error", err))
		http.Error(w, "the journal cannot be read", http.StatusInternalServerError)
		return
	}
	answer := page{Messages: []Message{}, Next: next}
	for i := range found {
		e := &found[i].Entry
		meta, body := e.MetaHash(), e.BodyHash()
		answer.Messages = append(answer.Messages, Message{Kind: e.Kind, ID: e.ID, Stamp: e.Received, Meta: meta[:], Body: body[:]})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // who asks may have gone
}

// ServeContinuation takes POST [ContinuePath]: the log of who says it goes on from fewer entries than this node may have seen.
func (r *Room) ServeContinuation(w http.ResponseWriter, q *http.Request) {
	node, err := r.Peer(q)
	if err != nil {
		http.Error(w, "who says it is not in the registry", http.StatusUnauthorized)
		return
	}
	signed, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxContinuation))
	if err != nil {
		http.Error(w, "too long, or broken off", http.StatusBadRequest)
		return
	}
	if _, err := journal.PeekContinuation(signed); err != nil {
		http.Error(w, "not a continuation", http.StatusBadRequest)
		return
	}
	c, _, err := journal.OpenContinuation(signed, node.Keys()...)
	if err != nil || c.Seen.Origin != originOf(node) {
		http.Error(w, "not a continuation of the log of who says it", http.StatusForbidden)
		return
	}
	meta, err := json.Marshal(map[string]any{"log": c.Seen.Origin, "seen": c.Seen.Size, "kept": c.Kept.Size, "why": c.Why})
	if err == nil {
		_, err = r.Journal.Append(q.Context(), journal.Entry{Kind: "continued", ID: Shortened(c.Seen.Origin), Meta: meta, Body: signed})
	}
	if err != nil {
		r.Log.ErrorContext(q.Context(), "a continuation was not journaled", slog.String("node", c.Seen.Origin), slog.Any("error", err))
		http.Error(w, "the journal cannot take it", http.StatusServiceUnavailable)
		return
	}
	r.Log.WarnContext(q.Context(), "the log of another node goes on from fewer entries than it had", slog.String("node", c.Seen.Origin), slog.Int64("seen", c.Seen.Size), slog.Int64("kept", c.Kept.Size))
	r.Continued(node)
	w.WriteHeader(http.StatusNoContent)
}

func originOf(n registry.Node) string { return n.Member.String() + "/" + n.Name }

// Shortened fits the name of a log into the id of an entry.
func Shortened(origin string) string { return origin[:min(len(origin), journal.MaxID)] }
