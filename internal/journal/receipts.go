package journal

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
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

// micros is the end as it is stored; 0 for a receipt that is not hidden.
func (h Hidden) micros() int64 {
	if h.Until.IsZero() {
		return 0
	}
	return storage.Micros(h.Until)
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

const receiptColumns = "origin, entry, subject, at, id, kind, asker, role, holder, act, purpose, provision, fields, matter, contract, hidden_until, hidden_by"

// insertReceipt does nothing when the receipt is there.
func insertReceipt(ctx context.Context, tx *storage.Tx, r Receipt) error {
	fields, err := json.Marshal(append([]string{}, r.Fields...))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "insert into journal_receipts ("+receiptColumns+") values "+
		"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict do nothing",
		r.Origin, r.Index, r.Subject, storage.Micros(r.At), r.ID, r.Kind,
		r.Asker, r.Role, r.Holder, r.Act, r.Purpose, r.Provision, string(fields), r.Matter, r.Contract, r.Hidden.micros(), r.Hidden.Provision)
	return err
}

// Receipts lists the receipts about a subject, the newest first. limit is 1 to MaxReceipts; 0 means page.Size.
func Receipts(ctx context.Context, db *storage.DB, subject string, after page.Key, limit int) (page.Page[Receipt], error) {
	if limit <= 0 {
		limit = page.Size
	}
	limit = min(limit, MaxReceipts)
	query, args := "subject = $1", []any{subject}
	if after != "" {
		at, index, origin, err := parseReceiptKey(after)
		if err != nil {
			return page.Page[Receipt]{}, err
		}
		query += " and (at, entry, origin) < ($2, $3, $4)"
		args = append(args, at, index, origin)
	}
	rows, err := db.Read(ctx).QueryContext(ctx, "select "+receiptColumns+" from journal_receipts where "+query+
		" order by at desc, entry desc, origin desc limit "+strconv.Itoa(limit+1), args...)
	list, err := storage.All(rows, err, scanReceipt)
	if err != nil {
		return page.Page[Receipt]{}, fmt.Errorf("receipts: %w", err)
	}
	return page.Of(list, limit, receiptKey), nil
}

func scanReceipt(scan storage.Scan) (Receipt, error) {
	var r Receipt
	var at, until int64
	var fields string
	err := scan(&r.Origin, &r.Index, &r.Subject, &at, &r.ID, &r.Kind,
		&r.Asker, &r.Role, &r.Holder, &r.Act, &r.Purpose, &r.Provision, &fields, &r.Matter, &r.Contract, &until, &r.Hidden.Provision)
	if err != nil {
		return Receipt{}, err
	}
	r.At = storage.Instant(at)
	if until != 0 {
		r.Hidden.Until = storage.Instant(until)
	}
	return r, json.Unmarshal([]byte(fields), &r.Fields)
}

func receiptKey(r Receipt) page.Key {
	return page.KeyOf(strconv.FormatInt(storage.Micros(r.At), 10), strconv.FormatInt(r.Index, 10), r.Origin)
}

func parseReceiptKey(key page.Key) (at, index int64, origin string, err error) {
	columns := key.Columns(3)
	if columns == nil {
		return 0, 0, "", ErrPageKey
	}
	at, errAt := strconv.ParseInt(columns[0], 10, 64)
	index, errIndex := strconv.ParseInt(columns[1], 10, 64)
	if errAt != nil || errIndex != nil {
		return 0, 0, "", ErrPageKey
	}
	return at, index, columns[2], nil
}
