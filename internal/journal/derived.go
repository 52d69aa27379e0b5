package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

const placeSize = 8

// place is where the frame of an entry lies in its segment, in bytes.
type place struct{ offset, size uint32 }

// derived are the two files that can always be made again from the segments: hashes (32 bytes each, in the order of
// tlog.StoredHashIndex) and offsets (8 bytes per entry). They are written after the batch is durable and not synced with it.
// Reading is safe beside the one writer.
type derived struct {
	hashes, offsets *os.File
	buf             []byte // of the writer
}

func openDerived(dir string) (*derived, error) {
	hashes, err := os.OpenFile(filepath.Join(dir, "hashes"), os.O_RDWR|os.O_CREATE, filePerm)
	if err != nil {
		return nil, err
	}
	offsets, err := os.OpenFile(filepath.Join(dir, "offsets"), os.O_RDWR|os.O_CREATE, filePerm)
	if err != nil {
		return nil, errors.Join(err, hashes.Close())
	}
	return &derived{hashes: hashes, offsets: offsets}, nil
}

// write stores what the entries from index n on added.
func (d *derived) write(n int64, stored []tlog.Hash, places []place) error {
	d.buf = d.buf[:0]
	for i := range stored {
		d.buf = append(d.buf, stored[i][:]...)
	}
	if _, err := d.hashes.WriteAt(d.buf, tlog.StoredHashCount(n)*hashSize); err != nil {
		return fmt.Errorf("hashes: %w", err)
	}
	d.buf = d.buf[:0]
	for _, p := range places {
		d.buf = binary.BigEndian.AppendUint32(d.buf, p.offset)
		d.buf = binary.BigEndian.AppendUint32(d.buf, p.size)
	}
	if _, err := d.offsets.WriteAt(d.buf, n*placeSize); err != nil {
		return fmt.Errorf("offsets: %w", err)
	}
	return nil
}

// ReadHashes implements tlog.HashReader.
func (d *derived) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if _, err := d.hashes.ReadAt(hashes[i][:], index*hashSize); err != nil {
			return nil, fmt.Errorf("hashes: %w", err)
		}
	}
	return hashes, nil
}

func (d *derived) place(index int64) (place, error) {
	var b [placeSize]byte
	if _, err := d.offsets.ReadAt(b[:], index*placeSize); err != nil {
		return place{}, fmt.Errorf("offsets: %w", err)
	}
	return place{offset: binary.BigEndian.Uint32(b[:]), size: binary.BigEndian.Uint32(b[4:])}, nil
}

// entries is how many entries both files hold completely.
func (d *derived) entries() (hashes, offsets int64, err error) {
	h, err := d.hashes.Stat()
	if err != nil {
		return 0, 0, err
	}
	o, err := d.offsets.Stat()
	if err != nil {
		return 0, 0, err
	}
	return h.Size() / hashSize, o.Size() / placeSize, nil
}

// cut removes a torn rest behind size entries.
func (d *derived) cut(size int64) error {
	return errors.Join(d.hashes.Truncate(tlog.StoredHashCount(size)*hashSize), d.offsets.Truncate(size*placeSize))
}

func (d *derived) sync() error  { return errors.Join(syncData(d.hashes), syncData(d.offsets)) }
func (d *derived) close() error { return errors.Join(d.hashes.Close(), d.offsets.Close()) }
