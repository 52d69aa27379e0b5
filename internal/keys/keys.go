// Package keys keeps the secrets that all nodes of a member share, in their
// database: what one node has sealed (a form under way, a handle, content) every
// other opens, and whoever restores the database has them again.
//
// The package promises that a key is the same for every process on the database,
// from the first one that asked for it on, and that a key which lay in the folder
// of a node before is taken over at that moment. A key is never changed or
// removed. They stand in the table as they are: who reads the database can read
// what is sealed by them. Keys that prove the node to others (TLS, journal) and
// keys whose destruction erases somebody's content are not kept here.
package keys

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the table of this room.
func Migrations() fs.FS { return migrations }

// Bytes is the length of a key.
const Bytes = 32

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,63}$`)

// Keys are the shared secrets of a member.
type Keys struct {
	DB *storage.DB
	// Dir is the folder of the node, where files NAME.key of earlier versions lie.
	Dir string
}

// Key gives the 32 random bytes of a name, which are made when nobody has asked
// for them before.
func (k Keys) Key(ctx context.Context, name string) ([]byte, error) {
	if !nameForm.MatchString(name) {
		return nil, fmt.Errorf("key %q: not a name", name)
	}
	key, err := find(ctx, k.DB.Read(ctx), name)
	if !errors.Is(err, storage.ErrNotFound) {
		return key, err
	}
	made, err := k.former(name)
	if err != nil {
		return nil, err
	}
	err = k.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		_, err = tx.ExecContext(ctx, `insert into keys_shared (name, key, made) values ($1, $2, $3) on conflict (name) do nothing`, name, made, storage.Micros(time.Now()))
		if err != nil {
			return err
		}
		key, err = find(ctx, tx, name) // another process may have been first
		return err
	})
	return key, err
}

func find(ctx context.Context, from storage.Reader, name string) (key []byte, err error) {
	err = from.QueryRowContext(ctx, `select key from keys_shared where name = $1`, name).Scan(&key)
	if err == nil && len(key) != Bytes {
		return nil, fmt.Errorf("key %s: %d bytes in the database, want %d", name, len(key), Bytes)
	}
	return key, err
}

// former reads the key from the folder, where it lay before, or makes a new one.
func (k Keys) former(name string) ([]byte, error) {
	key, err := os.ReadFile(filepath.Join(k.Dir, name+".key"))
	switch {
	case err == nil && len(key) == Bytes:
		return key, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read key: %w", err)
	}
	key = make([]byte, Bytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key, nil
}
