package recall_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dobosh/internal/exchange/recall"
	"dobosh/internal/journal"
	"dobosh/internal/registry"
)

// pair is a log that was lost, and a partner who has messages of it.
type pair struct {
	t         *testing.T
	lost      *journal.Log
	partner   *journal.Log
	node      registry.Node // of the lost log
	forgotten int
	address   recall.Partner
}

func open(t *testing.T, dir, origin string, seed byte) *journal.Log {
	t.Helper()
	key := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	l, err := journal.Open(t.Context(), journal.Config{Dir: dir, Origin: origin, Key: key}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // some were closed before
	return l
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, lost: open(t, t.TempDir(), "RS/GOV/ADA/n1", 1), partner: open(t, t.TempDir(), "RS/GOV/SENTA/n1", 2)}
	p.node = registry.Node{Member: registry.ID{Instance: "RS", Class: "GOV", Member: "ADA"}, Name: "n1", Log: fmt.Sprint(p.lost.Key())}
	room := recall.New(recall.Room{
		Journal: p.partner, Log: slog.New(slog.DiscardHandler), Continued: func(registry.Node) { p.forgotten++ },
		Peer: func(r *http.Request) (registry.Node, error) {
			if r.Header.Get("Stranger") != "" {
				return registry.Node{}, errors.New("unknown")
			}
			return p.node, nil
		},
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+recall.Path, room.ServeMessages)
	mux.HandleFunc("POST "+recall.ContinuePath, room.ServeContinuation)
	p.address = partner(t, mux)
	return p
}

func partner(t *testing.T, handler http.Handler) recall.Partner {
	web := httptest.NewTLSServer(handler)
	t.Cleanup(web.Close)
	n := registry.Node{Member: registry.ID{Instance: "RS", Class: "GOV", Member: "SENTA"}, Name: "n1", Address: strings.TrimPrefix(web.URL, "https://")}
	return recall.Partner{Node: n, Client: web.Client()}
}

// nothing is a log that has none of the entries.
func nothing([]byte) (bool, error) { return false, nil }

// sends has a message in the lost log and with the partner.
func (p *pair) sends(kind, text string) {
	p.t.Helper()
	meta := json.RawMessage(`{"says":"` + text + `"}`)
	stamp, err := p.lost.Append(p.t.Context(), journal.Entry{Kind: "sent", Meta: meta, Body: []byte(text)})
	if err == nil {
		_, err = p.partner.Append(p.t.Context(), journal.Entry{Kind: kind, ID: text, Meta: meta, Body: []byte(text), Received: stamp.Bytes()})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// What a partner had from a log beyond a copy of it is shown to that log alone, and
// proved by it; what was said in it does not travel.
func TestPartnerShowsWhatTheCopyLacks(t *testing.T) {
	p := newPair(t)
	p.sends("asked", "before the copy")
	kept := p.lost.Checkpoint()
	for _, text := range []string{"first", "second"} {
		p.sends("asked", text)
	}
	p.sends("reply", "third")
	if _, err := p.partner.Append(t.Context(), journal.Entry{Kind: "asked", ID: "of somebody else", Meta: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	q := recall.Question{Keys: p.lost.Keys(), From: 1, Has: nothing}
	k := q.Ask(t.Context(), []recall.Partner{p.address})[0]
	if k.Err != nil || k.Size != 4 || len(k.Messages) != 3 || k.More || k.Name() != "RS/GOV/SENTA/n1" {
		t.Fatalf("known: %+v", k)
	}
	for i, want := range []string{"first", "second", "third"} {
		m := k.Messages[i]
		body := sha256.Sum256([]byte(want))
		index, err := m.Index()
		if m.ID != want || string(m.Body) != string(body[:]) || index != int64(i+1) || err != nil {
			t.Errorf("message %d: %+v at %d, %v", i, m, index, err)
		}
	}

	// What the log has anyway, since it was said after the copy was put back, is not lost.
	q.Has = func(signed []byte) (bool, error) { return string(signed) == string(k.Largest), nil }
	if k := q.Ask(t.Context(), []recall.Partner{p.address})[0]; k.Err != nil || len(k.Messages) != 2 || k.Size != 3 {
		t.Errorf("beside what it has: %+v", k)
	}

	// The log goes on from the copy, and tells the partner.
	signed, c, err := p.lost.Continue(k.Largest, kept, "the disk burned")
	if err != nil || c.Seen.Size != 4 || c.Kept.Size != 1 {
		t.Fatal(c, err)
	}
	if err := recall.Tell(t.Context(), p.address, signed); err != nil {
		t.Fatal(err)
	}
	found, _, err := p.partner.Search(t.Context(), journal.Query{Kinds: []string{"continued"}})
	if err != nil || len(found) != 1 || string(found[0].Entry.Body) != string(signed) || p.forgotten != 1 {
		t.Errorf("the partner keeps %+v, %v, and forgot %d times", found, err, p.forgotten)
	}

	// Another log may not say it.
	p.node.Name = "n2"
	if err := recall.Tell(t.Context(), p.address, signed); err == nil || !strings.Contains(err.Error(), "403") || p.forgotten != 1 {
		t.Errorf("a continuation of another node's log was taken: %v", err)
	}
	if k := q.Ask(t.Context(), []recall.Partner{p.address})[0]; k.Err != nil || len(k.Messages) != 0 || k.Largest != nil {
		t.Errorf("another node was shown %+v", k)
	}
}

// A partner cannot have a node give up what it has: what the log did not sign is refused.
func TestPartnerThatInventsIsNotBelieved(t *testing.T) {
	p := newPair(t)
	p.sends("asked", "first")
	good := recall.Question{Keys: p.lost.Keys(), Has: nothing}.Ask(t.Context(), []recall.Partner{p.address})[0].Messages[0]
	other := open(t, t.TempDir(), "RS/GOV/ADA/n1", 9)
	stamp, err := other.Append(t.Context(), journal.Entry{Kind: "sent", Meta: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	meta, body := sha256.Sum256([]byte(`{}`)), sha256.Sum256(nil)
	changed := good
	changed.Body = body[:]
	for name, m := range map[string]recall.Message{
		"signed by another key": {Kind: "asked", ID: "x", Stamp: stamp.Bytes(), Meta: meta[:], Body: body[:]},
		"another body":          changed,
		"no stamp":              {Kind: "asked", ID: "x", Meta: meta[:], Body: body[:]},
		"no hashes":             {Kind: "asked", ID: "x", Stamp: good.Stamp},
	} {
		liar := partner(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"messages": []recall.Message{m}, "next": 0})
		}))
		if k := (recall.Question{Keys: p.lost.Keys(), Has: nothing}).Ask(t.Context(), []recall.Partner{liar})[0]; k.Err == nil || len(k.Messages) > 0 {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k := (recall.Question{Keys: p.lost.Keys(), From: 1, Has: nothing}).Ask(t.Context(), []recall.Partner{p.address})[0]; k.Err != nil || len(k.Messages) != 0 {
		t.Errorf("beyond what there is: %+v", k)
	}
	for _, query := range []string{"", "?from=-1&since=2026-11-29T00:00:00Z&after=0", "?from=0&since=yesterday&after=0", "?from=0&since=2026-11-29T00:00:00Z&after=x"} {
		if status := p.get(query, ""); status != http.StatusBadRequest {
			t.Errorf("%q: %d", query, status)
		}
	}
	if status := p.get("?from=0&since=2026-11-29T00:00:00Z&after=0", "yes"); status != http.StatusUnauthorized {
		t.Errorf("a stranger is answered %d", status)
	}
}

func (p *pair) get(query, stranger string) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.address.Node.Address+recall.Path+query, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Stranger", stranger)
	res, err := p.address.Client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close() // only its status
	return res.StatusCode
}
