package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/files"
)

// GiveUpKeys puts a new keys file beside the segments of a log that has lost its own, in which every slot that an entry names is one
// that was erased: the contents of before cannot be read, the log verifies, and new entries get new keys. A keys file that is there is
// kept under another name. What the archive has, which may be nil, is read too. It says how many slots were given up. The log must not be
// open.
func GiveUpKeys(ctx context.Context, dir, origin string, archive files.Store) (given int, err error) {
	lock, err := Lock(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	list, err := findSegments(dir)
	if err != nil {
		return 0, err
	}
	s := segments{dir: dir, origin: origin, shelf: newShelf(archive), list: list}
	slots := uint32(0)
	for _, seg := range list {
		b, err := s.whole(ctx, seg)
		if err != nil {
			return 0, err
		}
		for f, err := parseFrame(b); err == nil; f, err = parseFrame(b) {
			b = b[f.size:]
			if f.kind != frameEntry && f.kind != frameKept {
				continue
			}
			if rec, err := f.record(); err == nil {
				slots = max(slots, rec.slot+1)
				if rec.kept {
					slots = max(slots, rec.period+1)
				}
			}
		}
	}
	content := newKeysHead()
	for range slots {
		var b [slotSize]byte
		b[0] = slotErased
		binary.BigEndian.PutUint32(b[1:], 0)
		putSum(b[:])
		content = append(content, b[:]...)
	}
	path := filepath.Join(dir, keysFile)
	if err := os.Rename(path, path+".lost-"+time.Now().UTC().Format("20060102T150405")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if err := os.Remove(filepath.Join(dir, markedFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return int(slots), WriteWhole(path, content)
}
