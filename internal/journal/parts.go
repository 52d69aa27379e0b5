package journal

import (
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// Part is a segment as far as it is to be copied: what follows Size is of later entries.
type Part struct {
	Name   string // in the directory of the log
	Size   int64  // bytes
	Closed bool   // it will never grow
}

// Parts says what of a log has to be copied to have it as it is now, beside the process that writes it. The keys file is copied after
// them: keys are on the disk before what they seal. The checkpoint is signed and over all that the parts hold.
func Parts(dir string, keys ...note.Verifier) (parts []Part, checkpoint []byte, err error) {
	firsts, err := listSegments(dir)
	if err != nil {
		return nil, nil, err
	}
	for i, first := range firsts {
		p := Part{Name: segmentName(first), Closed: i < len(firsts)-1}
		if p.Closed {
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
