package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
)

// maxOthers is how many descriptions of other members are kept. The oldest go
// first and are fetched again when somebody wants them.
const maxOthers = 500

// Keep reads and stores the description of a service of this member, without
// saying anything about it to anybody.
func (r *Room) Keep(ctx context.Context, raw []byte) (*openapi.Document, error) {
	doc, err := openapi.Read(raw)
	if err != nil {
		return nil, err
	}
	return doc, r.store(ctx, doc, true)
}

func (r *Room) store(ctx context.Context, doc *openapi.Document, own bool) error {
	summary, err := json.Marshal(doc.Text)
	if err != nil {
		return err
	}
	mine := 0
	if own {
		mine = 1
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into registry_descriptions (digest, body, summary, own, at) values ($1, $2, $3, $4, $5)
			on conflict (digest) do update set own = case when excluded.own > registry_descriptions.own then excluded.own else registry_descriptions.own end`,
			doc.Digest, string(doc.Raw), string(summary), mine, storage.Micros(r.Now()))
		if err != nil || own {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from registry_descriptions where own = 0 and digest in (select digest from registry_descriptions where own = 0 order by at desc, digest limit 1000000 offset $1)`, maxOthers)
		return err
	})
	if err != nil {
		return fmt.Errorf("store description: %w", err)
	}
	r.refresh.Lock()
	defer r.refresh.Unlock()
	r.abstract[doc.Digest] = doc.Text
	r.seen = -1 // there is more to find
	return nil
}

// kept finds a description that is here; storage.ErrNotFound when it is not.
func (r *Room) kept(ctx context.Context, digest string) ([]byte, error) {
	var body string
	err := r.DB.Read(ctx).QueryRowContext(ctx, `select body from registry_descriptions where digest = $1`, digest).Scan(&body)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("read description: %w", err)
	}
	return []byte(body), err
}

// summaries gives what the descriptions that are here say of themselves.
func (r *Room) summaries(ctx context.Context) (map[string]lang.Text, error) {
	type row struct{ digest, summary string }
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select digest, summary from registry_descriptions`)
	all, err := storage.All(rows, err, func(scan storage.Scan) (row, error) {
		var x row
		return x, scan(&x.digest, &x.summary)
	})
	if err != nil {
		return nil, fmt.Errorf("read summaries: %w", err)
	}
	found := make(map[string]lang.Text, len(all))
	for _, x := range all {
		var text lang.Text
		if err := json.Unmarshal([]byte(x.summary), &text); err != nil {
			return nil, fmt.Errorf("summary of %s: %w", x.digest, err)
		}
		found[x.digest] = text
	}
	return found, nil
}

// searchable is all that a text says, in all its languages, on one line.
func searchable(text lang.Text) string { return strings.TrimSpace(text["sr"] + " " + text["en"]) }

// parsed remembers a few descriptions as read, because reading a long one takes
// a while and people turn pages. Its zero value is empty.
type parsed struct {
	mu     sync.Mutex
	docs   map[string]*openapi.Document
	said   map[string]map[string]lang.Text // what their fields mean, of those that somebody asked for
	recent []string                        // digests, the newest last
}

const maxParsed = 32

func (p *parsed) get(digest string) (*openapi.Document, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	doc, there := p.docs[digest]
	return doc, there
}

// words are what the fields of a description mean, found out once. What find gives up
// is not kept.
func (p *parsed) words(doc *openapi.Document, find func() map[string]lang.Text) map[string]lang.Text {
	p.mu.Lock()
	said := p.said[doc.Digest]
	p.mu.Unlock()
	if said != nil {
		return said
	}
	if said = find(); said == nil {
		return map[string]lang.Text{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.docs[doc.Digest]; there {
		if p.said == nil {
			p.said = map[string]map[string]lang.Text{}
		}
		p.said[doc.Digest] = said
	}
	return said
}

func (p *parsed) put(doc *openapi.Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.docs == nil {
		p.docs = map[string]*openapi.Document{}
	}
	if _, there := p.docs[doc.Digest]; there {
		return
	}
	if len(p.recent) == maxParsed {
		delete(p.docs, p.recent[0])
		delete(p.said, p.recent[0])
		p.recent = p.recent[1:]
	}
	p.docs[doc.Digest] = doc
	p.recent = append(p.recent, doc.Digest)
}
