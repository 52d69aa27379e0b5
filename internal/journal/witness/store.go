package witness

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
)

// store remembers one checkpoint per log, in a file of its own that is replaced as a whole.
type store struct{ dir string }

func openStore(dir string) (store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return store{}, err
	}
	return store{dir: dir}, nil
}

// path hashes the origin, because an origin may hold any character.
func (s store) path(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+".checkpoint")
}

// load returns nil when nothing was cosigned for the origin. A file that is not a checkpoint of it is an error: a witness that
// forgets would cosign a fork.
func (s store) load(origin string) ([]byte, error) {
	signed, err := os.ReadFile(s.path(origin))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c, err := journal.PeekCheckpoint(signed); err != nil || c.Origin != origin {
		return nil, fmt.Errorf("%s is not a checkpoint of %s", s.path(origin), origin)
	}
	return signed, nil
}

// savedAt is when the checkpoint of an origin was last replaced.
func (s store) savedAt(origin string) time.Time {
	info, err := os.Stat(s.path(origin))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime().UTC()
}

// save returns when the checkpoint is durable.
func (s store) save(origin string, signed []byte) error {
	return journal.WriteWhole(s.path(origin), signed)
}

func cosignerKey(name string, pub crypto.PublicKey) (note.Verifier, error) {
	key, ok := pub.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("not an Ed25519 public key")
	}
	return journal.NewCosignerKey(name, key)
}
