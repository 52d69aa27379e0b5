package journal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// The keys file is a head and slots of the same size:
//
//	head = "dobosh keys v1\n" 0[13] secret[32] u32(CRC-32C)
//	slot = state[1] 0[11] id[16] key[32] u32(CRC-32C)
//
// state 1 holds a key; state 2 held one that was erased, with id and key zero. A slot never crosses a sector.
const (
	slotSize   = 64
	idSize     = 16
	keysMagic  = "dobosh keys v1\n"
	slotUsed   = 1
	slotErased = 2
)

// ErrErased says that the content of an entry can no longer be read, because its key was erased.
var ErrErased = errors.New("content was erased")

var errSlot = errors.New("key slot is damaged")

// subjectID finds the key of a subject without naming the subject: HMAC-SHA-256 under the log's secret, cut to 128 bits.
type subjectID [idSize]byte

// keyring holds the content keys. Any goroutine may ask for a key; only the goroutine that owns the log flushes and erases.
type keyring struct {
	file   *os.File
	secret [keySize]byte

	mu    sync.Mutex
	slots map[subjectID]uint32      // newest slot of every subject
	fresh map[uint32][slotSize]byte // made but not yet on disk
	next  uint32
}

func openKeyring(dir string) (*keyring, error) {
	path := filepath.Join(dir, "keys")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := WriteWhole(path, newKeysHead()); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR, filePerm)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	k := &keyring{file: file, slots: map[subjectID]uint32{}, fresh: map[uint32][slotSize]byte{}}
	if err := k.load(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return k, nil
}

func newKeysHead() []byte {
	head := make([]byte, slotSize)
	copy(head, keysMagic)
	rand.Read(head[slotSize-4-keySize : slotSize-4])
	putSum(head)
	return head
}

// load reads every slot. A damaged one is left alone: what it sealed reports so when it is read.
func (k *keyring) load() error {
	b, err := os.ReadFile(k.file.Name())
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if len(b) < slotSize || !sumFits(b[:slotSize]) || !bytes.HasPrefix(b, []byte(keysMagic)) {
		return &DamageError{File: "keys", Says: "its head is damaged"}
	}
	copy(k.secret[:], b[slotSize-4-keySize:])
	b = b[slotSize:]
	for ; len(b) >= slotSize; b = b[slotSize:] {
		if slot := b[:slotSize]; sumFits(slot) && slot[0] == slotUsed {
			k.slots[subjectID(slot[12:12+idSize])] = k.next
		}
		k.next++
	}
	if len(b) > 0 {
		k.next++ // torn while it was made, so nothing was sealed with it
	}
	return nil
}

func (k *keyring) id(subject string) subjectID {
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write([]byte(subject))
	return subjectID(mac.Sum(nil)[:idSize])
}

// current returns the key that seals new entries of a subject; the first time it makes one, which flush has to put on disk
// before anything sealed with it.
func (k *keyring) current(subject string) (uint32, [keySize]byte, error) {
	id := k.id(subject)
	k.mu.Lock()
	defer k.mu.Unlock()
	if slot, ok := k.slots[id]; ok {
		key, err := k.read(slot)
		return slot, key, err
	}
	var b [slotSize]byte
	b[0] = slotUsed
	copy(b[12:], id[:])
	rand.Read(b[slotSize-4-keySize : slotSize-4])
	putSum(b[:])
	slot := k.next
	k.next++
	k.slots[id], k.fresh[slot] = slot, b
	return slot, slotKey(b[:]), nil
}

// key returns the key of a slot, ErrErased, or errSlot.
func (k *keyring) key(slot uint32) ([keySize]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read(slot)
}

func (k *keyring) read(slot uint32) ([keySize]byte, error) {
	b, ok := k.fresh[slot]
	if !ok {
		if _, err := k.file.ReadAt(b[:], slotOffset(slot)); err != nil {
			return [keySize]byte{}, fmt.Errorf("keys: slot %d: %w", slot, err)
		}
	}
	return openSlot(b[:])
}

func openSlot(b []byte) ([keySize]byte, error) {
	switch {
	case !sumFits(b) || b[0] != slotUsed && b[0] != slotErased:
		return [keySize]byte{}, errSlot
	case b[0] == slotErased:
		return [keySize]byte{}, ErrErased
	}
	return slotKey(b), nil
}

// flush makes the fresh keys durable. It does not hold up those who ask for keys while the disk works.
func (k *keyring) flush() error {
	k.mu.Lock()
	fresh := maps.Clone(k.fresh)
	k.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	for slot, b := range fresh {
		if _, err := k.file.WriteAt(b[:], slotOffset(slot)); err != nil {
			return fmt.Errorf("keys: %w", err)
		}
	}
	if err := syncData(k.file); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for slot := range fresh {
		delete(k.fresh, slot)
	}
	return nil
}

// erase destroys the key of a subject durably; known is false when it had none.
func (k *keyring) erase(subject string) (known bool, err error) {
	id := k.id(subject)
	k.mu.Lock()
	defer k.mu.Unlock()
	slot, known := k.slots[id]
	if !known {
		return false, nil
	}
	var b [slotSize]byte
	b[0] = slotErased
	putSum(b[:])
	if _, err := k.file.WriteAt(b[:], slotOffset(slot)); err != nil {
		return true, fmt.Errorf("keys: %w", err)
	}
	if err := syncData(k.file); err != nil {
		return true, fmt.Errorf("keys: %w", err)
	}
	delete(k.slots, id)
	delete(k.fresh, slot)
	return true, nil
}

func slotOffset(slot uint32) int64 { return (int64(slot) + 1) * slotSize }

func slotKey(b []byte) [keySize]byte { return [keySize]byte(b[slotSize-4-keySize:]) }

func putSum(b []byte)       { binary.BigEndian.PutUint32(b[slotSize-4:], slotSum(b)) }
func sumFits(b []byte) bool { return binary.BigEndian.Uint32(b[slotSize-4:]) == slotSum(b) }
func slotSum(b []byte) uint32 {
	return crc32.Checksum(b[:slotSize-4], crc32.MakeTable(crc32.Castagnoli))
}
