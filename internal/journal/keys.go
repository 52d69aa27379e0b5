package journal

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dobosh/internal/kit/seal"
)

// The keys file is a head and slots of the same size:
//
//	head = "dobosh keys v1\n" 0[13] secret[32] u32(CRC-32C)
//	slot = state[1] u32(period) 0[7] id[16] key[32] u32(CRC-32C)
//
// state 1 holds a key, state 2 held one that was erased, with key zero. period 0 is the key of a subject, whose id it has until it
// is erased. Another period is a day, counted from 1970-01-01, with whose beginning (UTC) the key ends; its id is zero. A slot never
// crosses a sector.
const (
	keysFile   = "keys"
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

// readAhead is how many bytes of the file are read together at the start.
const readAhead = 1 << 20

// maxReady bounds the sealers that are kept ready, each about 1 kB, and the slots.
const maxReady = 512

// keyring holds the content keys. Any goroutine may ask for a key; only the goroutine that owns the log flushes and erases.
type keyring struct {
	file   *os.File
	secret [keySize]byte
	log    subjectID // of the empty subject

	mu      sync.Mutex
	slots   *slotIndex                // of the subjects; nil where the keys are only read
	periods map[uint32]uint32         // slot of every period
	fresh   map[uint32][slotSize]byte // made but not yet on disk
	next    uint32
	ready   map[sealerID]*seal.Sealer // emptied when a key is erased
	newest  map[subjectID]uint32      // slots of subjects that were sealed for lately; emptied when a key is erased
}

// sealerID names the sealer of a slot, or of a slot and a period together.
type sealerID struct {
	slot, period uint32
	body         bool
}

// openKeyring opens the keys of a log, and makes them for one that begins. A log without its keys is damaged: with new ones it would go
// on as if nothing had been lost.
func openKeyring(dir string) (*keyring, error) {
	path := filepath.Join(dir, keysFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if firsts, err := listSegments(dir); err != nil || len(firsts) > 0 {
			return nil, errors.Join(err, &DamageError{File: keysFile, Says: "missing, although there are entries that were sealed with its keys"})
		}
		if err := WriteWhole(path, newKeysHead()); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
	}
	k, err := loadKeyring(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := k.index(); err != nil {
		return nil, errors.Join(err, k.file.Close())
	}
	if was, some := readMarked(dir); some && was.keys > k.next {
		says := fmt.Sprintf("it has %d keys, and there were %d: it was cut back", k.next, was.keys)
		return nil, errors.Join(&DamageError{File: keysFile, Offset: slotOffset(k.next), Says: says}, k.file.Close())
	}
	return k, nil
}

// count is how many keys there are on the disk, destroyed ones too.
func (k *keyring) count() uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next - uint32(len(k.fresh))
}

// viewKeyring opens the keys for reading what was sealed, which names its slots.
func viewKeyring(dir string) (*keyring, error) {
	return loadKeyring(filepath.Join(dir, keysFile), os.O_RDONLY)
}

func loadKeyring(path string, how int) (*keyring, error) {
	file, err := os.OpenFile(path, how, filePerm)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	k := &keyring{
		file: file, periods: map[uint32]uint32{}, fresh: map[uint32][slotSize]byte{}, ready: map[sealerID]*seal.Sealer{}, newest: map[subjectID]uint32{},
	}
	if err := k.readHead(); err != nil {
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

func (k *keyring) readHead() error {
	var head [slotSize]byte
	if _, err := k.file.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("keys: %w", err)
	}
	if !sumFits(head[:]) || !bytes.HasPrefix(head[:], []byte(keysMagic)) {
		return &DamageError{File: keysFile, Says: "its head is damaged"}
	}
	k.secret = slotKey(head[:])
	k.log = k.hash("")
	return nil
}

// index reads every slot and notes whose it is; the keys stay on the disk. A damaged one is left alone: what it sealed reports so when
// it is read. One that is torn at the end was torn while it was made, so nothing was sealed with it.
func (k *keyring) index() error {
	info, err := k.file.Stat()
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	slots := (info.Size() - 1) / slotSize // behind the head, the torn one too
	k.slots = newSlotIndex(slots)
	in := bufio.NewReaderSize(io.NewSectionReader(k.file, slotSize, slots*slotSize), readAhead)
	for ; int64(k.next) < slots; k.next++ {
		b, err := in.Peek(slotSize)
		switch {
		case errors.Is(err, io.EOF):
			continue
		case err != nil:
			return fmt.Errorf("keys: slot %d: %w", k.next, err)
		}
		if sumFits(b) && b[0] == slotUsed {
			k.place(b, k.next)
		}
		if _, err := in.Discard(slotSize); err != nil {
			return fmt.Errorf("keys: slot %d: %w", k.next, err)
		}
	}
	k.slots.settle()
	return nil
}

// place notes whose key a slot holds.
func (k *keyring) place(b []byte, slot uint32) {
	if period := slotPeriod(b); period != 0 {
		k.periods[period] = slot
	} else {
		k.slots.collect(slotOwner(b), slot)
	}
}

func (k *keyring) id(subject string) subjectID {
	if subject == "" {
		return k.log
	}
	return k.hash(subject)
}

func (k *keyring) hash(subject string) subjectID {
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write([]byte(subject))
	return subjectID(mac.Sum(nil)[:idSize])
}

// sealing gives what seals a new entry. The first time it makes the keys, which flush has to put on disk before anything sealed
// with them.
func (k *keyring) sealing(e *Entry) (with sealing, err error) {
	id := k.id(e.owner())
	k.mu.Lock()
	defer k.mu.Unlock()
	if with.slot, err = k.current(id); err != nil {
		return with, err
	}
	if with.sealer, err = k.sealer(sealerID{slot: with.slot}); err != nil || e.form() != formBeside {
		return with, err
	}
	with.period = k.currentPeriod(periodOf(e.Until))
	with.body, err = k.sealer(sealerID{with.slot, with.period, true})
	return with, err
}

// current is the slot of a subject.
func (k *keyring) current(id subjectID) (uint32, error) {
	if slot, lately := k.newest[id]; lately {
		return slot, nil
	}
	slot, known, err := k.find(id)
	if err != nil {
		return 0, err
	}
	if !known {
		slot = k.make(0, id)
		k.slots.add(id, slot)
	}
	makeRoom(k.newest)
	k.newest[id] = slot
	return slot, nil
}

// makeRoom forgets any one that is kept ready where there are many.
func makeRoom[K comparable, V any](ready map[K]V) {
	for other := range ready {
		if len(ready) < maxReady {
			break
		}
		delete(ready, other)
	}
}

// find looks for the newest slot of a subject. One that was damaged since the log was opened cannot say whose it is: it counts where
// there is no other, so that nothing is sealed and what is left of its key can be destroyed.
func (k *keyring) find(id subjectID) (slot uint32, known bool, err error) {
	var damaged bool // the one found
	for candidate := range k.slots.candidates(id) {
		b, err := k.slot(candidate)
		if err != nil {
			return 0, false, err
		}
		_, err = openSlot(b[:])
		switch bad := errors.Is(err, errSlot); {
		case !bad && (err != nil || slotOwner(b[:]) != id): // of another
		case !known, damaged && !bad, damaged == bad && candidate > slot:
			slot, known, damaged = candidate, true, bad
		}
	}
	return slot, known, nil
}

func (k *keyring) currentPeriod(period uint32) uint32 {
	slot, ok := k.periods[period]
	if !ok {
		slot = k.make(period, subjectID{})
		k.periods[period] = slot
	}
	return slot
}

// make makes a key in the next slot.
func (k *keyring) make(period uint32, id subjectID) uint32 {
	var b [slotSize]byte
	b[0] = slotUsed
	binary.BigEndian.PutUint32(b[1:], period)
	copy(b[12:], id[:])
	rand.Read(b[slotSize-4-keySize : slotSize-4])
	putSum(b[:])
	slot := k.next
	k.next++
	k.fresh[slot] = b
	return slot
}

// opener implements keys.
func (k *keyring) opener(slot uint32) (*seal.Sealer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sealer(sealerID{slot: slot})
}

// bodyOpener implements keys.
func (k *keyring) bodyOpener(slot, period uint32) (*seal.Sealer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sealer(sealerID{slot, period, true})
}

// sealer makes a sealer or takes the one that is ready.
func (k *keyring) sealer(id sealerID) (*seal.Sealer, error) {
	if ready, ok := k.ready[id]; ok {
		return ready, nil
	}
	key, err := k.read(id.slot)
	if err != nil {
		return nil, err
	}
	if id.body {
		period, err := k.read(id.period)
		if err != nil {
			return nil, err
		}
		key = bodyKey(key, period)
	}
	made, err := seal.New(key[:])
	if err != nil {
		return nil, err
	}
	makeRoom(k.ready)
	k.ready[id] = made
	return made, nil
}

func (k *keyring) read(slot uint32) ([keySize]byte, error) {
	b, err := k.slot(slot)
	if err != nil {
		return [keySize]byte{}, err
	}
	return openSlot(b[:])
}

// slot is what a slot holds, whether it is on the disk yet or not.
func (k *keyring) slot(slot uint32) ([slotSize]byte, error) {
	b, ok := k.fresh[slot]
	if !ok {
		if _, err := k.file.ReadAt(b[:], slotOffset(slot)); err != nil {
			return b, fmt.Errorf("keys: slot %d: %w", slot, err)
		}
	}
	return b, nil
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

// erase destroys the key of a subject durably, and any that it had beside it; known is false when it had none.
func (k *keyring) erase(subject string) (known bool, err error) {
	id := k.id(subject)
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		slot, more, err := k.find(id)
		if err != nil || !more {
			return known, err
		}
		known = true
		k.slots.remove(id, slot)
		if err := k.destroy(map[uint32]uint32{0: slot}); err != nil {
			return known, err
		}
	}
}

// sweep destroys the keys of the periods that have ended by a day, durably, and says how many there were.
func (k *keyring) sweep(day uint32) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ended := map[uint32]uint32{}
	for period, slot := range k.periods {
		if period <= day {
			ended[period] = slot
		}
	}
	for period := range ended {
		delete(k.periods, period)
	}
	return len(ended), k.destroy(ended)
}

// destroy overwrites slots, each with the period that it is of, and makes that durable.
func (k *keyring) destroy(slots map[uint32]uint32) error {
	if len(slots) == 0 {
		return nil
	}
	clear(k.ready)
	clear(k.newest)
	for period, slot := range slots {
		var b [slotSize]byte
		b[0] = slotErased
		binary.BigEndian.PutUint32(b[1:], period)
		putSum(b[:])
		if _, err := k.file.WriteAt(b[:], slotOffset(slot)); err != nil {
			return fmt.Errorf("keys: %w", err)
		}
		delete(k.fresh, slot)
	}
	if err := syncData(k.file); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

func slotOffset(slot uint32) int64 { return (int64(slot) + 1) * slotSize }

func slotPeriod(b []byte) uint32 { return binary.BigEndian.Uint32(b[1:]) }

func slotOwner(b []byte) subjectID { return subjectID(b[12:]) }

func slotKey(b []byte) [keySize]byte { return [keySize]byte(b[slotSize-4-keySize:]) }

func putSum(b []byte)       { binary.BigEndian.PutUint32(b[slotSize-4:], slotSum(b)) }
func sumFits(b []byte) bool { return binary.BigEndian.Uint32(b[slotSize-4:]) == slotSum(b) }
func slotSum(b []byte) uint32 {
	return crc32.Checksum(b[:slotSize-4], crc32.MakeTable(crc32.Castagnoli))
}

// periodOf is the first day, counted from 1970-01-01, at whose beginning an instant has passed.
func periodOf(t time.Time) uint32 {
	day := t.Unix() / secondsOfDay
	if t.Unix()%secondsOfDay != 0 || t.Nanosecond() != 0 {
		day++
	}
	return uint32(max(day, 1))
}

// dayOf is the day of an instant, counted from 1970-01-01.
func dayOf(t time.Time) uint32 { return uint32(t.Unix() / secondsOfDay) }

func inPeriods(t time.Time) bool { return t.Unix() >= 0 && t.Year() <= 9999 }

const secondsOfDay = 24 * 60 * 60
