package journal

import (
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// Part is a segment as far as it is to be copied: what follows Size is of later entries.
type Part struct {
	Name   string // in the directory of the log; of one that lies there no more, in the archive
	Size   int64  // bytes
	Closed bool   // it will never grow

	// Archived says that the archive has it, and Digest is then its SHA-256 in hexadecimal: it need not be copied.
	Archived bool
	Digest   string
}

// Parts says what of a log has to be copied to have it as it is now, beside the process that writes it. The keys file is copied after
// them: keys are on the disk before what they seal. The checkpoint is signed and over all that the parts hold.
func Parts(dir string, keys ...note.Verifier) (parts []Part, checkpoint []byte, err error) {
	if len(keys) == 0 {
		return nil, nil, errors.New("parts of a log: no key to check it with")
	}
	list, err := findSegments(dir)
	if err != nil {
		return nil, nil, err
	}
	for i, seg := range list {
		p := Part{Name: segmentName(seg.first), Closed: i < len(list)-1}
		if seg.kept != nil {
			p.Name, p.Size, p.Archived, p.Digest = seg.kept.name(keys[0].Name()), seg.kept.size, true, hex.EncodeToString(seg.kept.digest[:])
		} else if p.Closed {
			info, err := os.Stat(filepath.Join(dir, p.Name))
			if err != nil {
				return nil, nil, err
			}
			p.Size = info.Size()
		} else if p.Size, checkpoint, err = lastSigned(filepath.Join(dir, p.Name)); err != nil {
			return nil, nil, err
		}
		parts = append(parts, p)
	}
	if checkpoint == nil {
		return nil, nil, &DamageError{Says: "no segment with a checkpoint"}
	}
	if _, err := OpenCheckpoint(checkpoint, keys...); err != nil {
		return nil, nil, &DamageError{File: parts[len(parts)-1].Name, Says: "its last checkpoint: " + err.Error()}
	}
	return parts, checkpoint, nil
}

// lastSigned finds the end of the last whole batch of a segment.
func lastSigned(path string) (size int64, checkpoint []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = file.Close() }() // read only
	b, err := io.ReadAll(file)
	if err != nil {
		return 0, nil, err
	}
	for at := int64(0); ; {
		f, err := parseFrame(b[at:])
		if err != nil {
			return size, checkpoint, nil
		}
		if at += int64(f.size); f.kind == frameCheckpoint {
			size, checkpoint = at, append([]byte(nil), f.payload...)
		}
	}
}
