package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"dobosh/internal/kit/seal"

	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint ends a batch: signature, size and root have to fit what was read since the last one.
func (c *checker) checkpoint(f frame, offset int) {
	defer func() { c.pending, c.broken = c.pending[:0], false }()
	signed, err := OpenCheckpoint(f.payload, c.keys...)
	if err != nil {
		c.find(int64(offset), -1, "%v", err)
		if signed, err = PeekCheckpoint(f.payload); err != nil {
			return
		}
	} else {
		c.report.Checkpoint, c.end = bytes.Clone(f.payload), signed.Size
	}
	if len(c.pending) > 0 {
		c.report.Batches++
	}
	if c.lost || c.follows(signed, int64(offset)) {
		return
	}
	c.skipTo(signed, int64(offset))
}

// follows adds the batch to the tree if it is the one that was signed, and says so if it is not.
func (c *checker) follows(signed Checkpoint, offset int64) bool {
	if c.broken {
		return false // said already
	}
	if signed.Size != c.next() {
		c.find(offset, c.edge.size, "the checkpoint is for %d entries, but %d precede it", signed.Size, c.next())
		return false
	}
	tree := c.edge.clone()
	var stored []tlog.Hash
	for _, p := range c.pending {
		stored = tree.add(stored, p.leaf)
	}
	if tree.close() != signed.Root {
		c.find(offset, c.firstOther(), "not the entry that the checkpoint was signed for")
		return false
	}
	c.compareKnown(signed)
	c.compareDerived(stored)
	tree.settle()
	c.edge = tree
	return true
}

// firstOther is the first entry of the batch whose leaf is not the stored one; the first of the batch when all are.
func (c *checker) firstOther() int64 {
	for i, p := range c.pending {
		index := c.edge.size + int64(i)
		if h, err := c.derived.ReadHashes([]int64{tlog.StoredHashIndex(0, index)}); err == nil && h[0] != p.leaf {
			return index
		}
	}
	return c.edge.size
}

// skipTo goes on behind a damaged batch with the tree of the hashes file, if that is the signed one.
func (c *checker) skipTo(signed Checkpoint, offset int64) {
	if c.stored >= tlog.StoredHashCount(signed.Size) {
		if tree, err := restoreEdge(signed.Size, c.derived); err == nil && tree.close() == signed.Root {
			c.compareKnownBy(c.derived, signed)
			c.edge = tree
			return
		}
	}
	c.lost = true
	c.find(offset, -1, "from here on the order of entries cannot be checked")
}

// compareKnown compares the known checkpoints that end in this batch with the tree. The batch fits its own checkpoint.
func (c *checker) compareKnown(signed Checkpoint) {
	for len(c.known) > 0 && c.known[0].Size <= signed.Size {
		k, tree := c.takeKnown(), c.edge.clone()
		for _, p := range c.pending[:max(k.Size-c.edge.size, 0)] {
			tree.add(nil, p.leaf)
		}
		c.judgeKnown(k, tree.size == k.Size && tree.close() == k.Root)
	}
}

// compareKnownBy does it with stored hashes.
func (c *checker) compareKnownBy(r tlog.HashReader, signed Checkpoint) {
	for len(c.known) > 0 && c.known[0].Size <= signed.Size {
		k := c.takeKnown()
		root, err := tlog.TreeHash(k.Size, r)
		c.judgeKnown(k, err == nil && root == k.Root)
	}
}

func (c *checker) takeKnown() Checkpoint {
	k := c.known[0]
	c.known = c.known[1:]
	return k
}

func (c *checker) judgeKnown(k Checkpoint, same bool) {
	if !same {
		c.find(0, -1, "the log does not extend the checkpoint of %d entries that it signed: it was forked", k.Size)
	}
}

// compareDerived compares the hashes and offsets of the batch with their files, as far as those reached when the check began.
func (c *checker) compareDerived(stored []tlog.Hash) {
	from := tlog.StoredHashCount(c.edge.size)
	for i, h := range stored[:max(0, min(int64(len(stored)), c.stored-from))] {
		at := from + int64(i)
		if got, err := c.derived.ReadHashes([]int64{at}); err != nil || got[0] != h {
			c.report.find(Finding{File: "hashes", Offset: at * hashSize, Index: -1, Says: "not the hash of the entries"})
		}
	}
	for i, p := range c.pending[:max(0, min(int64(len(c.pending)), c.places-c.edge.size))] {
		index := c.edge.size + int64(i)
		if got, err := c.derived.place(index); err != nil || got != p.place {
			c.report.find(Finding{File: "offsets", Offset: index * placeSize, Index: index, Says: "not the place of the entry"})
		}
	}
}

func (e *edge) clone() *edge {
	c := &edge{size: e.size}
	for l := range e.levels {
		c.levels[l] = level{first: e.levels[l].first, hashes: slices.Clone(e.levels[l].hashes)}
	}
	return c
}

// openDerivedReadOnly opens the derived files; an absent one is as good as an empty one.
func openDerivedReadOnly(dir string) (*derived, error) {
	hashes, err := openOrEmpty(filepath.Join(dir, "hashes"))
	if err != nil {
		return nil, err
	}
	offsets, err := openOrEmpty(filepath.Join(dir, "offsets"))
	if err != nil {
		return nil, errors.Join(err, hashes.Close())
	}
	return &derived{hashes: hashes, offsets: offsets}, nil
}

func openOrEmpty(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return os.Open(os.DevNull)
	}
	return f, err
}

// keySlots are the slots of the keys file and which of them seal an entry.
type keySlots struct {
	slots []byte
	used  map[uint32]bool
}

func readKeySlots(dir string, report *Report) (keySlots, error) {
	b, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return keySlots{}, err
	}
	if len(b) < slotSize || !sumFits(b[:slotSize]) || !bytes.HasPrefix(b, []byte(keysMagic)) {
		report.find(Finding{File: "keys", Index: -1, Says: "its head is missing or damaged"})
	}
	return keySlots{slots: b[min(len(b), slotSize):], used: map[uint32]bool{}}, nil
}

func (k keySlots) key(slot uint32) ([keySize]byte, error) {
	k.used[slot] = true
	at := int64(slot) * slotSize
	if at+slotSize > int64(len(k.slots)) {
		return [keySize]byte{}, errors.New("content key is missing")
	}
	return openSlot(k.slots[at : at+slotSize])
}

func (k keySlots) opener(slot uint32) (*seal.Sealer, error) {
	key, err := k.key(slot)
	if err != nil {
		return nil, err
	}
	return seal.New(key[:])
}

func (k keySlots) bodyOpener(slot, period uint32) (*seal.Sealer, error) {
	key, err := k.key(slot)
	if err != nil {
		return nil, err
	}
	until, err := k.key(period)
	if err != nil {
		return nil, err
	}
	both := bodyKey(key, until)
	return seal.New(both[:])
}

// unused notes damaged slots that seal nothing: a crash left them, and nothing depends on them.
func (k keySlots) unused(report *Report) {
	for slot := uint32(0); int64(slot+1)*slotSize <= int64(len(k.slots)); slot++ {
		_, err := openSlot(k.slots[int64(slot)*slotSize:][:slotSize])
		if errors.Is(err, errSlot) && !k.used[slot] {
			report.note("key slot %d is damaged; it seals no entry", slot)
		}
	}
}

// findCheckpoint looks for a checkpoint frame of the log at any offset of b; -1 when there is none.
func findCheckpoint(b []byte, origin string) int {
	for i := range b {
		if len(b)-i <= frameHead || b[i+frameHead] != frameCheckpoint || binary.BigEndian.Uint32(b[i:]) > maxCheckpoint {
			continue
		}
		f, err := parseFrame(b[i:])
		if err != nil {
			continue
		}
		if c, err := PeekCheckpoint(f.payload); err == nil && c.Origin == origin {
			return i
		}
	}
	return -1
}
