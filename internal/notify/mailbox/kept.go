package mailbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"dobosh/internal/files"
	"dobosh/internal/kit/seal"
	"dobosh/internal/storage"
)

// contents is what of a mail is somebody's: in the table it stands sealed under the key of the mail.
type contents struct {
	Envelope Envelope `json:"envelope"`
	Summary  Summary  `json:"summary"`
	Reason   string   `json:"reason,omitempty"`
}

// Names of a mail in the store: sealed, and as it came, which releases before this one wrote.
func sealedName(id string) string { return "mail/" + id + "/sealed" }
func plainName(id string) string  { return "mail/" + id + "/original" }

// newKey makes the key of a mail, and gives it sealed too, as the row keeps it.
func (m *Mailbox) newKey(id string) (key *seal.Sealer, kept []byte, err error) {
	secret := make([]byte, seal.KeySize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	if key, err = seal.New(secret); err != nil {
		return nil, nil, err
	}
	return key, m.cfg.Seal.Seal(secret, []byte("mail key "+id)), nil
}

func (m *Mailbox) keyOf(row mail) (*seal.Sealer, error) {
	secret, err := m.cfg.Seal.Open(row.key, []byte("mail key "+row.ID))
	if err != nil {
		return nil, fmt.Errorf("key of mail %s: %w", row.ID, err)
	}
	return seal.New(secret)
}

// open reads what of a row is sealed.
func (m *Mailbox) open(row *mail) error {
	row.contents = row.before
	if row.key == nil || row.sealed == nil {
		return nil
	}
	key, err := m.keyOf(*row)
	if err != nil {
		return err
	}
	plain, err := key.Open(row.sealed, []byte("mail contents "+row.ID))
	if err != nil {
		return fmt.Errorf("mail %s: %w", row.ID, err)
	}
	return json.Unmarshal(plain, &row.contents)
}

// close seals what of a row is somebody's. A row of a release before has no key until [Mailbox.Forget] gives it one.
func (m *Mailbox) close(row *mail) error {
	if row.key == nil {
		row.before = row.contents
		return nil
	}
	key, err := m.keyOf(*row)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(row.contents)
	if err != nil {
		return err
	}
	row.sealed, row.before = key.Seal(plain, []byte("mail contents "+row.ID)), contents{}
	return nil
}

// original opens a mail as it came; the caller closes it.
func (m *Mailbox) original(ctx context.Context, row mail) (io.ReadCloser, error) {
	if row.key == nil {
		return m.store.Get(ctx, plainName(row.ID))
	}
	key, err := m.keyOf(row)
	if err != nil {
		return nil, err
	}
	stored, err := m.store.Get(ctx, sealedName(row.ID))
	if err != nil {
		return nil, err
	}
	return key.Reader(stored, row.Size, "mail "+row.ID)
}

// Original opens a mail as it came; the caller closes it.
//
// Problem: mail-unknown, also for one whose original is kept no more.
func (m *Mailbox) Original(ctx context.Context, id string) (io.ReadCloser, error) {
	row, err := m.find(ctx, m.db.Read(ctx), id)
	if err != nil {
		return nil, err
	}
	if !row.Kept || row.State == Erased {
		return nil, unknownMail()
	}
	return m.original(ctx, row)
}

// Erase takes from the mails of a thread, in the transaction, what they say and who wrote them: their keys go now,
// what nobody can open any more leaves the store within a day, where a mailbox is open. It needs none, since a node may take mail no more.
func Erase(ctx context.Context, tx *storage.Tx, thread string) error {
	_, err := tx.ExecContext(ctx, `update mailbox_mails set state = $1, key = null, sealed = null, envelope = '', summary = '', said = '', reason = '' where thread = $2 and thread <> ''`, string(Erased), thread)
	if err != nil {
		return fmt.Errorf("erase the mails of a thread: %w", err)
	}
	return nil
}

// enclose seals a mail that a release before this one has kept as it came.
func (m *Mailbox) enclose(ctx context.Context, row mail) error {
	if err := m.open(&row); err != nil {
		return err
	}
	key, kept, err := m.newKey(row.ID)
	if err != nil {
		return err
	}
	stored, err := m.store.Get(ctx, plainName(row.ID))
	if errors.Is(err, files.ErrNotFound) {
		return m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `update mailbox_mails set kept = 0 where id = $1`, row.ID)
			return err
		})
	}
	if err != nil {
		return err
	}
	defer func() { _ = stored.Close() }() // read only
	s, err := m.spool(stored, row.Size, row.ID, key)
	if err != nil {
		return err
	}
	defer s.discard()
	if err := m.store.Put(ctx, sealedName(row.ID), s.file, s.sealed); err != nil {
		return err
	}
	row.key, row.Size = kept, s.size
	if err := m.close(&row); err != nil {
		return err
	}
	var others int64 // that have settled it, or sealed it, meanwhile
	err = m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update mailbox_mails set key = $1, sealed = $2, size = $3, envelope = '', summary = '', reason = '' where id = $4 and state = $5 and key is null`, row.key, row.sealed, row.Size, row.ID, string(row.State))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		others = 1 - n
		return err
	})
	if err != nil || others > 0 {
		return err // the next round sees to it
	}
	return m.store.Delete(ctx, plainName(row.ID))
}
