package journal

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// A person costs a few bytes of memory, or millions of them cannot be opened.
func TestOpenKeysAreSmall(t *testing.T) {
	const keys, most = 200_000, 14
	dir := t.TempDir()
	writeKeys(t, dir, keys)
	before := heapNow()
	k, err := openKeyring(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened := heapNow() - before
	if opened > keys*most {
		t.Errorf("%d keys take %d bytes, %d for one", keys, opened, opened/keys)
	}
	for i := keys; i < 2*keys; i++ { // and so do those that come while it is open
		k.slots.add(spreadID(i), uint32(i))
	}
	if grown := heapNow() - before; grown > 2*keys*most {
		t.Errorf("%d keys take %d bytes, %d for one", 2*keys, grown, grown/2/keys)
	}
	for i := 0; i < keys; i += 997 {
		if slot, known, err := k.find(spreadID(i)); int(slot) != i || !known || err != nil {
			t.Fatalf("key %d is in slot %d, %v, %v", i, slot, known, err)
		}
	}
	runtime.KeepAlive(k)
	if err := k.file.Close(); err != nil {
		t.Error(err)
	}
}

// Subjects whose ids begin alike have keys of their own, through everything that happens to keys, and opening again finds the same.
func TestKeysOfSubjectsThatBeginAlike(t *testing.T) {
	dir := t.TempDir()
	k, err := openKeyring(dir)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	of := map[subjectID][keySize]byte{} // the keys that there are
	gone := [][keySize]byte{}
	for step := range 4000 {
		// Few beginnings, at the edges of a shard too, and of each several ends.
		id := subjectID{0: byte(random.IntN(2)) * 255, 1: []byte{0, 1, 128, 255}[random.IntN(4)], 4: byte(random.IntN(3)), 15: byte(random.IntN(5))}
		switch action := random.IntN(100); {
		case action < 60:
			slot, err := k.current(id)
			if err != nil {
				t.Fatal(err)
			}
			key, err := k.read(slot)
			if err != nil {
				t.Fatal(err)
			}
			if had, some := of[id]; some && had != key {
				t.Fatalf("step %d: the key of %x changed", step, id)
			} else if other, taken := holder(of, key); taken && other != id {
				t.Fatalf("step %d: %x has the key of %x", step, id, other)
			}
			of[id] = key
		case action < 95:
			key, had := of[id]
			known, err := eraseID(k, id)
			if err != nil || known != had {
				t.Fatalf("step %d: erase = %v, %v; there was one: %v", step, known, err, had)
			}
			if had {
				gone = append(gone, key)
				delete(of, id)
			}
		default:
			if err := errors.Join(k.flush(), k.file.Close()); err != nil {
				t.Fatal(err)
			}
			if k, err = openKeyring(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(k.flush(), k.file.Close()); err != nil {
		t.Fatal(err)
	}
	disk := readFile(t, dir, keysFile)
	for _, key := range gone {
		if bytes.Contains(disk, key[:]) {
			t.Fatal("a key that was erased is still on the disk")
		}
	}
	for id, key := range of {
		if !bytes.Contains(disk, key[:]) {
			t.Fatalf("the key of %x is not on the disk", id)
		}
	}
	if len(gone) < 100 || len(of) < 20 {
		t.Fatalf("%d erased, %d there: too few", len(gone), len(of))
	}
}

func holder(of map[subjectID][keySize]byte, key [keySize]byte) (subjectID, bool) {
	for id, has := range of {
		if has == key {
			return id, true
		}
	}
	return subjectID{}, false
}

func eraseID(k *keyring, id subjectID) (bool, error) {
	k.log = id // the id of the empty subject is not made by hashing
	return k.erase("")
}

// The index holds what was put into it and not taken away, whatever fills it.
func TestSlotIndexAgainstAMap(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		x, want := newSlotIndex(int64(seed)*100), map[subjectID]map[uint32]bool{}
		for slot := range uint32(5000) {
			if slot == 2000 { // what was there before the log was opened
				x.settle()
			}
			id := subjectID{0: byte(random.IntN(3)), 1: byte(random.IntN(256)), 2: byte(random.IntN(2))}
			if seed%2 == 0 { // all belong at the end of their shard
				id[1], id[2], id[3], id[4] = 255, 255, 255, byte(255-random.IntN(40))
			}
			if slot < 2000 || random.IntN(5) < 2 {
				if slot < 2000 {
					x.collect(id, slot)
				} else {
					x.add(id, slot)
				}
				if want[id] == nil {
					want[id] = map[uint32]bool{}
				}
				want[id][slot] = true
			} else {
				x.remove(id, slot) // it has none such
				for some := range want[id] {
					x.remove(id, some)
					delete(want[id], some)
					break
				}
			}
		}
		for id, slots := range want {
			got, all := slices.Sorted(x.candidates(id)), slices.Sorted(maps.Keys(slots))
			if !slices.Equal(got, all) {
				t.Fatalf("seed %d: %x has %v, want %v", seed, id, got, all)
			}
		}
	}
}

// A slot that is damaged under an open log seals nothing more, and what is left of its key can be destroyed.
func TestASlotDamagedWhileOpen(t *testing.T) {
	cfg := testConfig(t.TempDir())
	l := openLog(t, cfg)
	e := testEntry(1)
	appendOne(t, l, e)
	id := l.keyring.id(e.owner())
	slot, known, err := l.keyring.find(id)
	if !known || err != nil {
		t.Fatal(known, err)
	}
	file, err := os.OpenFile(filepath.Join(cfg.Dir, keysFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	at := slotOffset(slot)
	whole := readFile(t, cfg.Dir, keysFile)[at : at+slotSize]
	if _, err := file.WriteAt([]byte{whole[30] ^ 1}, at+30); err != nil {
		t.Fatal(err)
	}
	clear(l.keyring.ready)
	if _, err := l.Append(t.Context(), e); !errors.Is(err, errSlot) {
		t.Errorf("append: %v", err)
	}
	if known, err := l.Erase(t.Context(), e.owner()); !known || err != nil {
		t.Errorf("erase = %v, %v", known, err)
	}
	if bytes.Contains(readFile(t, cfg.Dir, keysFile), whole[32:60]) {
		t.Error("what is left of the key is on the disk")
	}
	if known, err := l.Erase(t.Context(), e.owner()); known || err != nil {
		t.Errorf("erase again = %v, %v", known, err)
	}
	appendOne(t, l, e)
}
