package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// DescriptionsPath is where a node gives descriptions to other nodes: by GET,
// followed by the digest.
const DescriptionsPath = "/dobosh/1/descriptions/"

// read gives a description of a service by its digest: from memory, from
// storage, or from a node of its provider.
func (r *Room) read(ctx context.Context, sv registry.Service, digest string) (*openapi.Document, error) {
	if doc, there := r.parsed.get(digest); there {
		return doc, nil
	}
	raw, err := r.kept(ctx, digest)
	if errors.Is(err, storage.ErrNotFound) {
		return r.fetch(ctx, sv, digest)
	}
	if err != nil {
		return nil, err
	}
	doc, err := openapi.Read(raw)
	if err != nil {
		return nil, fmt.Errorf("description %s, which was sound when it came: %w", digest, err)
	}
	r.parsed.put(doc)
	return doc, nil
}

// fetch asks the nodes of the provider, one after the other.
//
// Problem: description-away.
func (r *Room) fetch(ctx context.Context, sv registry.Service, digest string) (*openapi.Document, error) {
	away := problem.New(problem.Unavailable, "description-away", "service", sv.ID.String())
	if r.Peers == nil || r.missing.recently(digest, r.Now(), askAgain) {
		return nil, away
	}
	for _, node := range r.State().Nodes(sv.ID) {
		if node.Member == r.Member && node.Name == r.Node {
			continue
		}
		doc, err := r.fetchFrom(ctx, node, digest)
		if err == nil {
			r.parsed.put(doc)
			return doc, r.store(ctx, doc, sv.ID.Owner() == r.Member)
		}
		r.Log.InfoContext(ctx, "a description could not be fetched", slog.String("service", sv.ID.String()), slog.String("node", node.Name), slog.Any("error", err))
		away.Because(err)
	}
	if ctx.Err() == nil {
		r.missing.note(digest, r.Now())
	}
	return nil, away
}

// fetchFrom believes a node only what has the digest and is sound.
func (r *Room) fetchFrom(ctx context.Context, node registry.Node, digest string) (*openapi.Document, error) {
	body, err := r.Peers.Description(ctx, node, digest)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := limited(body)
	if err != nil {
		return nil, err
	}
	if openapi.Digest(raw) != digest {
		return nil, errors.New("the node gave something else")
	}
	return openapi.Read(raw)
}

// limited reads at most what a description may have.
func limited(body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, openapi.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	if len(raw) > openapi.MaxBytes {
		return nil, openapi.TooLarge()
	}
	return raw, nil
}

// ServeDescriptions answers other nodes. The path ends in the digest. It gives
// only descriptions of this member's services: those of others have nodes of
// their own.
func (r *Room) ServeDescriptions() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body string
		err := r.DB.Read(q.Context()).QueryRowContext(q.Context(), `select body from registry_descriptions where digest = $1 and own = 1`, q.PathValue("digest")).Scan(&body)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			http.Error(w, "no such description here", http.StatusNotFound)
			return
		case err != nil:
			http.Error(w, "descriptions cannot be read now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, body) // the node may have gone
	})
}

// missing remembers what could not be fetched lately, so that a page that is
// opened again and again does not ask again and again. Its zero value is empty.
type missing struct {
	mu   sync.Mutex
	when map[string]time.Time
}

const (
	askAgain    = 3 * time.Second  // after which somebody who waits asks again
	gatherAgain = 30 * time.Second // after which it is tried again with nobody waiting
	maxMissing  = 1000
)

func (m *missing) recently(digest string, now time.Time, within time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, there := m.when[digest]
	return there && now.Sub(at) < within
}

func (m *missing) note(digest string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.when == nil || len(m.when) >= maxMissing {
		m.when = map[string]time.Time{}
	}
	m.when[digest] = now
}
