package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"

	"dobosh/internal/kit/jmbg"
)

// keySize is the length of a sector key in bytes (AES-256).
const keySize = 32

var (
	// ErrSector says that there is no key for the sector.
	ErrSector = errors.New("identity: unknown sector")
	// ErrPseudonym says that a text is no pseudonym of the sector. It does not
	// say why: the difference would help only those who guess.
	ErrPseudonym = errors.New("identity: not a pseudonym of this sector")
)

var sectorName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Sectors makes pseudonyms. It never changes and is safe for concurrent use.
type Sectors struct {
	blocks map[string]cipher.Block
}

// NewSectors takes a key of 32 random bytes for each sector. Two sectors with
// one key are an error, because their pseudonyms would be equal.
func NewSectors(keys map[string][]byte) (*Sectors, error) {
	s := &Sectors{blocks: make(map[string]cipher.Block, len(keys))}
	var seen [][]byte
	for sector, key := range keys {
		if !sectorName.MatchString(sector) {
			return nil, fmt.Errorf("sector %q: a name has 1 to 32 small letters, digits and hyphens", sector)
		}
		if len(key) != keySize {
			return nil, fmt.Errorf("sector %s: the key has %d bytes and needs %d", sector, len(key), keySize)
		}
		if slices.ContainsFunc(seen, func(other []byte) bool { return bytes.Equal(other, key) }) {
			return nil, fmt.Errorf("sector %s: another sector has the same key", sector)
		}
		seen = append(seen, key)
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("sector %s: %w", sector, err)
		}
		s.blocks[sector] = block
	}
	return s, nil
}

// LoadSectors reads the keys from files (sector → path) as [MakeSectorKey]
// writes them.
func LoadSectors(files map[string]string) (*Sectors, error) {
	keys := make(map[string][]byte, len(files))
	for sector, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("key of sector %s: %w", sector, err)
		}
		key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("key of sector %s: %s: want %d hexadecimal digits", sector, path, 2*keySize) // the cause would show digits of the key
		}
		keys[sector] = key
	}
	return NewSectors(keys)
}

// MakeSectorKey writes a new random key to path, as 64 hexadecimal digits and
// readable by its owner only. A file that is already there stays as it is.
func MakeSectorKey(path string) error {
	var key [keySize]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make sector key: %w", err)
	}
	_, err = file.WriteString(hex.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("make sector key: %w", err)
	}
	return nil
}

// Has says whether there is a key for the sector.
func (s *Sectors) Has(sector string) bool {
	_, ok := s.blocks[sector]
	return ok
}

// Pseudonym returns the name of a person in a sector: 26 characters of a to z
// and 2 to 7. It is always the same for the same number and key.
func (s *Sectors) Pseudonym(sector string, number jmbg.Number) (string, error) {
	block, ok := s.blocks[sector]
	if !ok {
		return "", fmt.Errorf("%w: %.40q", ErrSector, sector)
	}
	if number.IsZero() {
		return "", jmbg.ErrForm
	}
	return encrypt(block, bodyOf(number)), nil
}

// Number is the inverse of Pseudonym. Who is known by a contact alone has none.
func (s *Sectors) Number(sector, pseudonym string) (jmbg.Number, error) {
	b, err := s.body(sector, pseudonym)
	if err != nil {
		return jmbg.Number{}, err
	}
	return b.number()
}

// Translate returns the pseudonym in one sector of the person who has the given
// pseudonym in another.
func (s *Sectors) Translate(from, to, pseudonym string) (string, error) {
	b, err := s.body(from, pseudonym)
	if err != nil {
		return "", err
	}
	block, ok := s.blocks[to]
	if !ok {
		return "", fmt.Errorf("%w: %.40q", ErrSector, to)
	}
	return encrypt(block, b), nil
}

func (s *Sectors) body(sector, pseudonym string) (body, error) {
	block, ok := s.blocks[sector]
	if !ok {
		return body{}, fmt.Errorf("%w: %.40q", ErrSector, sector)
	}
	return decrypt(block, pseudonym)
}

// all returns the pseudonyms of a person in every sector.
func (s *Sectors) all(b body) map[string]string {
	persons := make(map[string]string, len(s.blocks))
	for sector, block := range s.blocks {
		persons[sector] = encrypt(block, b)
	}
	return persons
}

// bodyOf finds whom the pseudonyms of an actor stand for; false for nobody.
func (s *Sectors) bodyOf(persons map[string]string) (body, bool) {
	for sector, pseudonym := range persons {
		if b, err := s.body(sector, pseudonym); err == nil {
			return b, true
		}
	}
	return body{}, false
}
