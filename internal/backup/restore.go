package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Wanted is what is to be put back, and where.
type Wanted struct {
	Set          Manifest
	Store, Keys  files.Store
	Folder       string                            // of the configuration
	Load         func(config string) (Node, error) // reads the configuration, once it is there
	KeepDatabase bool                              // the one that is there was put back already
	Alone        bool                              // go on without a witness
	Migrations   []fs.FS
	Log          *slog.Logger
}

// Back is what was put back.
type Back struct {
	Config            string
	Files             int // of the folder, that were missing
	Database, Journal bool
	Kept, Gone        int      // of cases and mails: files put back; files that the copy has no more, since they were erased
	Aside             []string // what stood there, under its new name
}

// Restore puts a set back on an empty machine, or what is missing of it on one that lost a
// part: a file that is there stays, the database is replaced, and a journal that is there
// and has all of the set's entries stays too. The node must not run.
func Restore(ctx context.Context, w Wanted) (b Back, err error) {
	if err := os.MkdirAll(w.Folder, 0o700); err != nil {
		return b, err
	}
	b.Config = filepath.Join(w.Folder, filepath.Base(w.Set.Config))
	keysThere, err := w.findKeys(ctx)
	if err != nil {
		return b, err
	}
	if err := w.unpack(ctx, &b, map[string]string{inConfig: w.Folder, elsewhere: "/"}); err != nil {
		return b, err
	}
	n, err := w.Load(b.Config)
	if errors.Is(err, fs.ErrNotExist) && !keysThere {
		return b, problem.New(problem.NotFound, "backup-keys", "name", w.Set.Keys.Name).Because(err)
	}
	if err != nil {
		return b, err
	}
	if n.Origin != w.Set.Origin {
		return b, problem.New(problem.Conflict, "backup-other", "one", w.Set.Origin, "other", n.Origin)
	}
	if err := os.MkdirAll(filepath.Join(n.Dir, "journal"), 0o700); err != nil {
		return b, err
	}
	lock, err := journal.Lock(filepath.Join(n.Dir, "journal"))
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	aside := ".before-" + time.Now().UTC().Format("20060102T150405")
	move := func(path string) error {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		b.Aside = append(b.Aside, path+aside)
		return os.Rename(path, path+aside)
	}

	// The journal stays as long as it has what the set has.
	dir := filepath.Join(n.Dir, "journal")
	if !w.journalStays(dir, n) {
		if firsts, err := filepath.Glob(filepath.Join(dir, "*.seg")); err != nil || len(firsts) > 0 {
			if err := errors.Join(err, move(dir)); err != nil {
				return b, err
			}
		}
		if err := w.journal(ctx, dir); err != nil {
			return b, err
		}
		b.Journal = true
		// Before anything else can fail: a second try finds this journal and lets it stay.
		if err := Put(n.Dir, Restored{Journal: true, Kept: w.Set.Checkpoint}); err != nil {
			return b, err
		}
	}
	if err := w.unpack(ctx, &b, map[string]string{inDir: n.Dir}); err != nil {
		return b, err
	}

	if err := w.blobs(ctx, n, &b); err != nil {
		return b, err
	}

	// The database, and with it what travels: it is made again from the outbox and by asking the others.
	if !w.KeepDatabase {
		if n.Database.Engine == storage.SQLite {
			for _, rest := range []string{"", "-wal", "-shm"} {
				if err := move(n.Database.Path + rest); err != nil {
					return b, err
				}
			}
		}
		if err := w.database(ctx, n); err != nil {
			return b, err
		}
		b.Database = true
	}
	if err := os.RemoveAll(filepath.Join(n.Dir, "bus")); err != nil {
		return b, err
	}
	return b, Put(n.Dir, Restored{Database: true, Alone: w.Alone})
}

// findKeys looks for the keys of the set or, where their time is over, for those of the next
// set that has some: they open what was not erased in between.
func (w *Wanted) findKeys(ctx context.Context) (there bool, err error) {
	list, err := w.Keys.List(ctx, path.Join(slug(w.Set.Origin), "keys")+"/")
	if err != nil {
		return false, err
	}
	sets, err := Sets(ctx, w.Store, w.Set.Origin)
	if err != nil {
		return false, err
	}
	for _, s := range sets {
		if s.At.Before(w.Set.At) || !slices.ContainsFunc(list, func(f files.File) bool { return f.Name == s.Keys.Name }) {
			continue
		}
		if s.Keys.Name != w.Set.Keys.Name {
			w.Log.WarnContext(ctx, "the time of this set's keys is over; those of a newer one do not open what was erased since", slog.Time("newer", s.At))
		}
		w.Set.Keys = s.Keys
		return true, nil
	}
	return false, nil
}

func (w Wanted) journalStays(dir string, n Node) bool {
	_, checkpoint, err := journal.Parts(dir, n.Keys...)
	if err != nil {
		return false
	}
	c, err := journal.OpenCheckpoint(checkpoint, n.Keys...)
	return err == nil && c.Size >= w.Set.Entries
}

// journal puts the segments back; what is derived from them is made again at the start.
func (w Wanted) journal(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, made := range []string{"hashes", "offsets", "marked", "archived"} {
		if err := os.Remove(filepath.Join(dir, made)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var archived []files.File
	for _, c := range w.Set.Archived {
		archived = append(archived, files.File{Name: c.Name, Size: c.Size})
	}
	if err := journal.PutArchived(dir, archived); err != nil {
		return err
	}
	for _, c := range w.Set.Segments {
		path := filepath.Join(dir, filepath.Base(c.Name))
		if err := c.read(ctx, w.Store, func(r io.Reader) error { return write(path, r, 0o600) }); err != nil {
			return err
		}
	}
	return nil
}

func (w Wanted) database(ctx context.Context, n Node) error {
	if n.Database.Engine != w.Set.Engine {
		return problem.New(problem.Conflict, "backup-engine", "one", w.Set.Engine, "other", n.Database.Engine)
	}
	path := filepath.Join(n.Dir, "dobosh.db.restoring")
	err := w.Set.Database.read(ctx, w.Store, func(r io.Reader) error {
		small, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		return write(path, small, 0o600)
	})
	if err != nil {
		return err
	}
	if err := storage.Put(ctx, n.Database, path, w.Log, w.Migrations...); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unpack takes from both tars what belongs into some roots and is not there. Where no keys are
// left, the journal says so.
func (w Wanted) unpack(ctx context.Context, b *Back, roots map[string]string) error {
	for _, from := range []struct {
		store files.Store
		what  Copied
	}{{w.Keys, w.Set.Keys}, {w.Store, w.Set.Folder}} {
		err := from.what.read(ctx, from.store, func(r io.Reader) error {
			small, err := gzip.NewReader(r)
			if err != nil {
				return err
			}
			return b.take(tar.NewReader(small), roots)
		})
		if errors.Is(err, files.ErrNotFound) && from.what.Name == w.Set.Keys.Name {
			w.Log.WarnContext(ctx, "the keys of this set are not there", slog.String("name", from.what.Name))
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Back) take(from *tar.Reader, roots map[string]string) error {
	for {
		entry, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		root, name, _ := strings.Cut(entry.Name, "/")
		into, wanted := roots[root]
		if !wanted || entry.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%q leads out of the folder", entry.Name)
		}
		path := filepath.Join(into, filepath.FromSlash(name))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := write(path, from, fs.FileMode(entry.Mode).Perm()); err != nil {
			return err
		}
		b.Files++
	}
}

// write makes a file durable: beside, then in its place.
func write(path string, r io.Reader, mode fs.FileMode) error {
	out, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
