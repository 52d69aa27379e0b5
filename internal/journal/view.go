package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dobosh/internal/files"
	"dobosh/internal/kit/clock"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// View is a log as it was at an instant, read beside the process that writes it. Nothing is written: a log that a crash left
// unfinished is seen up to its last signed batch. Its methods are safe for concurrent use.
type View struct{ log *Log }

// OpenView opens the log in dir for reading; archive, which may be nil, has what is not there any more. The keys are those that sign it, the present one first. What was erased before
// cannot be read. Errors: *DamageError, and that of reading. The caller closes the view.
func OpenView(dir string, archive files.Store, now clock.Now, keys ...note.Verifier) (*View, error) {
	if len(keys) == 0 {
		return nil, errors.New("view log: no key to check it with")
	}
	l := &Log{dir: dir, origin: keys[0].Name(), now: now}
	l.segments.dir, l.segments.origin, l.segments.shelf = dir, l.origin, newShelf(archive)
	l.signed.Store(&signing{keys: keys})
	if err := l.look(); err != nil {
		return nil, errors.Join(fmt.Errorf("view log %s: %w", l.origin, err), l.closeFiles())
	}
	return &View{l}, nil
}

// look opens the files for reading and finds the newest signed head that they hold.
func (l *Log) look() (err error) {
	if l.derived, err = openDerivedReadOnly(l.dir); err != nil {
		return err
	}
	if l.keyring, err = viewKeyring(l.dir); err != nil {
		return err
	}
	if l.segments.list, err = findSegments(l.dir); err != nil {
		return err
	}
	if len(l.segments.list) == 0 {
		return fmt.Errorf("%s holds no log: %w", l.dir, os.ErrNotExist)
	}
	first := l.segments.list[len(l.segments.list)-1].first
	if l.segments.live, err = os.Open(filepath.Join(l.dir, segmentName(first))); err != nil {
		return err
	}
	return l.lookForHead(first)
}

// lookForHead takes the newest checkpoint whose entries are all in the derived files, which are written last.
func (l *Log) lookForHead(first int64) error {
	hashes, offsets, err := l.derived.entries()
	if err != nil {
		return err
	}
	name := segmentName(first)
	b, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		return err
	}
	var found []byte
	for f, err := parseFrame(b); err == nil; f, err = parseFrame(b) {
		b = b[f.size:]
		if f.kind != frameCheckpoint {
			continue
		}
		if c, err := PeekCheckpoint(f.payload); err == nil && c.Size <= offsets && tlog.StoredHashCount(c.Size) <= hashes {
			found = f.payload
		}
	}
	if found == nil {
		return &DamageError{File: name, Says: "no checkpoint in it is over what hashes and offsets hold"}
	}
	c, err := OpenCheckpoint(found, l.Keys()...)
	if err != nil {
		return &DamageError{File: name, Says: "its last checkpoint: " + err.Error()}
	}
	l.head.Store(&head{checkpoint: append([]byte(nil), found...), size: c.Size, root: c.Root})
	if root, err := l.rootAt(c.Size); err != nil || root != c.Root {
		return errors.Join(err, &DamageError{File: "hashes", Says: "not those of the entries that were signed"})
	}
	return nil
}

// Origin is the name of the log and of its key.
func (v *View) Origin() string { return v.log.Origin() }

// Size is the number of entries.
func (v *View) Size() int64 { return v.log.Size() }

// Checkpoint is the newest signed checkpoint that was found. The caller does not change it.
func (v *View) Checkpoint() []byte { return v.log.Checkpoint() }

// Search does what that of a log does.
func (v *View) Search(ctx context.Context, q Query) (found []Logged, next int64, err error) {
	return v.log.Search(ctx, q)
}

// Read does what that of a log does.
func (v *View) Read(ctx context.Context, index int64) (Entry, Stamp, error) {
	return v.log.Read(ctx, index)
}

// ProofFor does what that of a log does.
func (v *View) ProofFor(index int64, salt [hashSize]byte, checkpoint []byte) (Proof, error) {
	return v.log.ProofFor(index, salt, checkpoint)
}

// Close closes the files. Readers must have ended.
func (v *View) Close() error { return v.log.closeFiles() }
