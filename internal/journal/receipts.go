package journal

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the receipts.
func Migrations() fs.FS { return migrations }

// MaxReceipts bounds a page of receipts.
const MaxReceipts = 200

// ErrPageKey says that a page key is not one that was given out.
var ErrPageKey = errors.New("not a key of a page of receipts")

// Receipt says who looked at whose data, why and by which right. The meta of an entry that is a receipt has these members; others
// beside them are ignored. The persons concerned are the Subjects of the entry and are not in its meta, because the meta travels.
type Receipt struct {
	Asker     string   `json:"asker"`          // member or subsystem that asked
	Role      string   `json:"role,omitempty"` // of the person or service that asked there
	Holder    string   `json:"holder"`         // subsystem that held the data
	Act       string   `json:"act"`            // what was done; the kind of the entry when it does not say
	Purpose   string   `json:"purpose"`
	Provision string   `json:"provision"`
	Fields    []string `json:"fields,omitempty"` // JSON pointers of what was seen
	Matter    string   `json:"matter,omitempty"` // case or application in which it happened
	Contract  string   `json:"contract,omitempty"`
	Hidden    Hidden   `json:"hidden,omitzero"` // from the person concerned, for a while

	Subject string    `json:"-"` // pseudonym in the sector receipts
	Origin  string    `json:"-"` // log that proves it
	Index   int64     `json:"-"` // entry in that log
	ID      string    `json:"-"` // of the entry
	Kind    string    `json:"-"` // of the entry
	At      time.Time `json:"-"`
}

// Hidden says until when a receipt is not shown to the person concerned, and which provision allows that.
type Hidden struct {
	Until     time.Time `json:"until"`
	Provision string    `json:"provision"`
}

// receiptsOf makes the receipts of an entry, one for every person concerned. A meta that says less makes a receipt that says
// less: an access is never hidden because it was badly described.
func receiptsOf(origin string, l Logged) []Receipt {
	var r Receipt
	if err := json.Unmarshal(l.Entry.Meta, &r); err != nil {
		r = Receipt{}
	}
	if r.Act == "" {
		r.Act = l.Entry.Kind
	}
	r.Origin, r.Index, r.ID, r.Kind, r.At = origin, l.Index, l.Entry.ID, l.Entry.Kind, l.Entry.At
	var list []Receipt
	for _, subject := range l.Entry.Subjects {
		r.Subject = subject
		list = append(list, r)
	}
	return list
}

var receiptTable = storage.NewTable("journal_receipts",
	storage.Col("origin", func(r *Receipt) *string { return &r.Origin }),
	storage.Col("entry", func(r *Receipt) *int64 { return &r.Index }),
	storage.Col("subject", func(r *Receipt) *string { return &r.Subject }),
	storage.Time("at", func(r *Receipt) *time.Time { return &r.At }),
	storage.Col("id", func(r *Receipt) *string { return &r.ID }),
	storage.Col("kind", func(r *Receipt) *string { return &r.Kind }),
	storage.Col("asker", func(r *Receipt) *string { return &r.Asker }),
	storage.Col("role", func(r *Receipt) *string { return &r.Role }),
	storage.Col("holder", func(r *Receipt) *string { return &r.Holder }),
	storage.Col("act", func(r *Receipt) *string { return &r.Act }),
	storage.Col("purpose", func(r *Receipt) *string { return &r.Purpose }),
	storage.Col("provision", func(r *Receipt) *string { return &r.Provision }),
	storage.JSON("fields", func(r *Receipt) *[]string { return &r.Fields }),
	storage.Col("matter", func(r *Receipt) *string { return &r.Matter }),
	storage.Col("contract", func(r *Receipt) *string { return &r.Contract }),
	storage.Time("hidden_until", func(r *Receipt) *time.Time { return &r.Hidden.Until }),
	storage.Col("hidden_by", func(r *Receipt) *string { return &r.Hidden.Provision }),
)

// forgetBatch is how many receipts one transaction looks at.
const forgetBatch = 500

// ForgetReceipts removes the receipts of a log that are older than an instant, in the order of the log, and says how many. One that the
// person has not been shown yet stays until that time is over. The entries that prove them stay in the log.
func ForgetReceipts(ctx context.Context, db *storage.DB, origin string, before, now time.Time) (forgotten int64, err error) {
	before = before.Add(-disorder)
	for from := int64(-1); ; {
		last, oldest := from, now
		rows, err := receiptTable.All(ctx, db.Read(ctx), "where origin = $1 and entry > $2 order by entry, subject limit $3", origin, from, forgetBatch)
		if err != nil {
			return forgotten, fmt.Errorf("forget receipts: %w", err)
		}
		for _, r := range rows {
			last, oldest = r.Index, earlier(oldest, r.At)
		}
		if len(rows) == 0 || !oldest.Before(before) {
			return forgotten, nil
		}
		err = db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			done, err := tx.ExecContext(ctx, "delete from journal_receipts where origin = $1 and entry > $2 and entry <= $3 and at < $4 and hidden_until < $5",
				origin, from, last, storage.Micros(before), storage.Micros(now))
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			forgotten += n
			return err
		})
		if err != nil {
			return forgotten, fmt.Errorf("forget receipts: %w", err)
		}
		from = last
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Receipts lists the receipts about a subject, the newest first. limit is 1 to MaxReceipts; 0 means page.Size.
func Receipts(ctx context.Context, db *storage.DB, subject string, after page.Key, limit int) (page.Page[Receipt], error) {
	if limit <= 0 {
		limit = page.Size
	}
	limit = min(limit, MaxReceipts)
	newest := receiptTable.List(
		storage.Down("at", func(r Receipt) int64 { return storage.Micros(r.At) }),
		storage.Down("entry", func(r Receipt) int64 { return r.Index }),
		storage.Down("origin", func(r Receipt) string { return r.Origin }),
	)
	if after != "" && !newest.Knows(after) {
		return page.Page[Receipt]{}, ErrPageKey
	}
	found, err := newest.Page(ctx, db.Read(ctx), storage.Equal("subject", subject), after, limit)
	if err != nil {
		return found, fmt.Errorf("receipts: %w", err)
	}
	return found, nil
}
