package oversight

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Exchange is one request and what became of it, as this node's journal tells.
type Exchange struct {
	Index     int64 // of the entry with the response, or with the request while there is none
	ID        string
	At        time.Time
	Asking    bool // this node asked; otherwise it answered
	Client    registry.ID
	Service   registry.ID
	Contract  string
	Purpose   string
	Provision law.Ref
	Matter    string
	Role      string
	Status    int    // of the information system; 0 for none
	Code      string // why it was refused; empty when it was answered
	Open      bool   // asked, and no response is recorded
	Erased    bool   // the content is gone, the proof is not
	Fields    []string
	Persons   int // how many persons it concerns
}

// Filter narrows a list of exchanges; what is zero does not.
type Filter struct {
	ID      string      // of the exchange, whole
	Party   string      // part of the client's or the service's identifier
	Refused bool        // only those that were refused
	From    time.Time   // not before
	To      time.Time   // not after
	Service registry.ID // asked or answered
}

func (f Filter) admits(x Exchange) bool {
	switch {
	case f.ID != "" && x.ID != f.ID,
		f.Refused && x.Code == "",
		f.Service != registry.ID{} && x.Service != f.Service,
		!f.From.IsZero() && x.At.Before(f.From),
		!f.To.IsZero() && x.At.After(f.To):
		return false
	}
	return f.Party == "" || within(x.Client.String(), f.Party) || within(x.Service.String(), f.Party)
}

func within(id, part string) bool {
	return strings.Contains(strings.ToLower(id), strings.ToLower(part))
}

const (
	pageRows = 50
	// scanned bounds the entries looked at for one page: a search for something
	// rare goes on with the next page instead of holding the disk.
	scanned = 20_000
	// disorder is how far entries may stand from the order of their times.
	disorder = time.Minute
)

// Exchanges lists the node's exchanges, the newest first. A page may be short
// and still have a next, where little of what was looked at fits the filter.
func (r *Room) Exchanges(ctx context.Context, by act.Actor, f Filter, after page.Key) (page.Page[Exchange], error) {
	if err := r.mayWatch(by); err != nil {
		return page.Page[Exchange]{}, err
	}
	index, err := r.begin(ctx, f, after)
	if err != nil {
		return page.Page[Exchange]{}, err
	}

	// What this node asked and was answered, going back: a request that is met without a
	// response is one that nobody answered. Responses stand closely behind their requests,
	// so that those of the page before are looked at too.
	answered := map[string]struct{}{}
	for i := index + 1; i < min(index+1+overlap, r.Journal.Size()); i++ {
		entry, err := r.Journal.Logged(ctx, i)
		if err != nil {
			return page.Page[Exchange]{}, err
		}
		if entry.Entry.Kind == kindReply {
			answered[entry.Entry.ID] = struct{}{}
		}
	}

	out := page.Page[Exchange]{}
	for looked := 0; index >= 0; index-- {
		if looked++; looked > scanned || len(out.Items) == pageRows {
			out.Next = page.KeyOf(strconv.FormatInt(index, 10))
			return out, nil
		}
		entry, err := r.Journal.Logged(ctx, index)
		if err != nil {
			return out, err
		}
		if !f.From.IsZero() && entry.Entry.At.Before(f.From.Add(-disorder)) && !entry.Erased {
			return out, nil
		}
		x, ok := exchangeOf(entry)
		if !ok {
			continue
		}
		if x.Asking && !x.Open {
			answered[x.ID] = struct{}{}
		}
		if _, done := answered[x.ID]; x.Open && done {
			continue
		}
		if f.admits(x) {
			out.Items = append(out.Items, x)
		}
	}
	return out, nil
}

// overlap is how many entries a response may stand behind its request.
const overlap = 2048

// begin is the entry to look at first: that of the page key, or the newest one
// that is not too new.
func (r *Room) begin(ctx context.Context, f Filter, after page.Key) (int64, error) {
	newest := r.Journal.Size() - 1
	if columns := after.Columns(1); columns != nil {
		index, err := strconv.ParseInt(columns[0], 10, 64)
		if err == nil && index >= 0 && index <= newest {
			return index, nil
		}
	}
	if f.To.IsZero() {
		return newest, nil
	}
	return r.lastBefore(ctx, newest, f.To.Add(disorder))
}

// lastBefore finds the last entry that is not after an instant, by halving.
// Entries whose content was erased have no time; their neighbours tell.
func (r *Room) lastBefore(ctx context.Context, newest int64, at time.Time) (int64, error) {
	low, high := int64(0), newest+1 // entries below low are not after; those from high on are
	for low < high {
		middle := low + (high-low)/2
		stands := middle
		entry, err := r.Journal.Logged(ctx, stands)
		for err == nil && entry.Erased && stands > low {
			stands--
			entry, err = r.Journal.Logged(ctx, stands)
		}
		if err != nil {
			return 0, err
		}
		if entry.Erased || !entry.Entry.At.After(at) {
			low = middle + 1
		} else {
			high = stands
		}
	}
	return low - 1, nil
}

// The kinds of entries that tell of an exchange.
const (
	kindQuestion = "question"
	kindReply    = "reply"
	kindAnswer   = "answer"
)

// exchangeOf reads an entry as an exchange, if it is one: a response, or a request that
// this node asked and to which none is known here.
func exchangeOf(l journal.Logged) (Exchange, bool) {
	x := Exchange{Index: l.Index, ID: l.Entry.ID, At: l.Entry.At, Persons: len(l.Entry.Subjects)}
	switch l.Entry.Kind {
	case kindReply, kindAnswer:
		var said exchange.ResponseMeta
		if json.Unmarshal(l.Entry.Meta, &said) != nil {
			return x, false
		}
		x.Asking = l.Entry.Kind == kindReply
		x.Client, x.Service, x.Contract, x.Purpose, x.Provision = said.Asker, said.Holder, said.Contract, said.Purpose, said.Provision
		x.Matter, x.Role, x.Status, x.Fields = said.Matter, said.Role, said.Status, said.Fields
		if said.Refusal != nil {
			x.Code = said.Refusal.Code
		}
		return x, true
	case kindQuestion:
		var q exchange.RequestMeta
		if json.Unmarshal(l.Entry.Meta, &q) != nil {
			return x, false
		}
		x.Asking, x.Open = true, true
		x.Client, x.Service, x.Contract, x.Purpose, x.Provision, x.Matter, x.Role = q.Client, q.Service, q.Contract, q.Purpose, q.Provision, q.Matter, q.Role
		return x, true
	}
	return x, false
}

// Exchange is one exchange by the place of its entry.
func (r *Room) Exchange(ctx context.Context, by act.Actor, index int64) (Exchange, error) {
	if err := r.mayWatch(by); err != nil {
		return Exchange{}, err
	}
	entry, err := r.Journal.Logged(ctx, index)
	if errors.Is(err, journal.ErrNotFound) {
		return Exchange{}, unknown()
	}
	if err != nil {
		return Exchange{}, err
	}
	if entry.Erased {
		return Exchange{Index: index, Erased: true}, nil
	}
	if x, ok := exchangeOf(entry); ok {
		return x, nil
	}
	return Exchange{}, unknown()
}

func unknown() error { return problem.New(problem.NotFound, "exchange-unknown") }
