package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/storage"
)

// Node is what is copied.
type Node struct {
	Origin   string // of its journal
	Version  string
	Config   string // file of the configuration; its folder is copied
	Dir      string // where the node keeps everything
	Database storage.Config
	Keys     []note.Verifier // of the journal, the present one first
	Secrets  []string        // files that go with the keys and not with the rest
	Named    []string        // files outside of the two folders that the configuration names
	Files    files.Store     // of cases and mails; nil where the node keeps none
	Apart    []string        // folders that are copied in another way, or not at all
}

// Into is where a set goes.
type Into struct {
	Store    files.Store
	Keys     files.Store   // the same one where keys have none of their own
	KeysKeep time.Duration // how long keys are kept: sets of keys that are older go
}

// Create makes a set, while the node serves or not.
func Create(ctx context.Context, n Node, into Into, at time.Time) (m Manifest, err error) {
	at = at.UTC().Truncate(time.Millisecond)
	m = Manifest{Format: format, Origin: n.Origin, Version: n.Version, At: at, Engine: n.Database.Engine, Config: filepath.Base(n.Config)}
	work, err := os.MkdirTemp(n.Dir, ".backup-") // on the disk of the database: there is room for it, and it is as private
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	set := path.Join(slug(n.Origin), "sets", at.Format(setName))

	// The database first: what it knows of, the journal then has.
	database := filepath.Join(work, "database")
	if m.Migrations, err = storage.Copy(ctx, n.Database, database); err != nil {
		return m, err
	}
	if m.Database, err = n.compressed(ctx, into.Store, path.Join(set, "database.gz"), work, func(w io.Writer) error { return pour(w, database, -1) }); err != nil {
		return m, err
	}

	// The files that the database names, each once for all sets.
	if n.Files != nil {
		if m.Files, m.FilesKept, err = n.blobs(ctx, into.Store, set, work); err != nil {
			return m, err
		}
	}

	// The rest of the folder, before the journal: what it says of the journal is not
	// more than what the copy has.
	rest, secret, err := n.sort()
	if err != nil {
		return m, err
	}
	if m.Folder, err = n.compressed(ctx, into.Store, path.Join(set, "folder.tar.gz"), work, func(w io.Writer) error { return n.pack(w, rest) }); err != nil {
		return m, err
	}

	// The journal: full segments once, the last one as far as it is signed.
	dir := filepath.Join(n.Dir, "journal")
	parts, checkpoint, err := journal.Parts(dir, n.Keys...)
	if err != nil {
		return m, err
	}
	c, err := journal.OpenCheckpoint(checkpoint, n.Keys...)
	if err != nil {
		return m, err
	}
	m.Entries, m.Checkpoint = c.Size, string(checkpoint)
	before, err := into.Store.List(ctx, path.Join(slug(n.Origin), "journal")+"/")
	if err != nil {
		return m, err
	}
	digests, err := known(ctx, into.Store, n.Origin)
	if err != nil {
		return m, err
	}
	for _, p := range parts {
		if p.Archived {
			m.Archived = append(m.Archived, Copied{p.Name, p.Size, p.Digest})
			continue
		}
		name := path.Join(set, p.Name)
		if p.Closed {
			name = path.Join(slug(n.Origin), "journal", p.Name)
			if slices.Contains(before, files.File{Name: name, Size: p.Size}) && digests[name] != "" {
				m.Segments = append(m.Segments, Copied{name, p.Size, digests[name]})
				continue
			}
		}
		copied, err := place(ctx, into.Store, name, filepath.Join(dir, p.Name), p.Size)
		if errors.Is(err, fs.ErrNotExist) && p.Closed {
			if copied, err = n.left(dir, p.Name); err == nil {
				m.Archived = append(m.Archived, copied)
				continue
			}
		}
		if err != nil {
			return m, err
		}
		m.Segments = append(m.Segments, copied)
	}

	// The keys apart, after what they seal.
	keys := path.Join(slug(n.Origin), "keys", at.Format(setName)+".tar.gz")
	if m.Keys, err = n.compressed(ctx, into.Keys, keys, work, func(w io.Writer) error { return n.pack(w, secret) }); err != nil {
		return m, err
	}
	if err := m.put(ctx, into.Store); err != nil {
		return m, err
	}
	if err := n.forget(ctx, into, m); err != nil || n.Files == nil || into.KeysKeep <= 0 {
		return m, err
	}
	return m, n.forgetBlobs(ctx, into, m)
}

// left is a segment that went into the archive while others were copied.
func (n Node) left(dir, name string) (Copied, error) {
	parts, _, err := journal.Parts(dir, n.Keys...)
	if err != nil {
		return Copied{}, err
	}
	for _, p := range parts {
		if p.Archived && strings.HasPrefix(path.Base(p.Name), strings.TrimSuffix(name, ".seg")+"-") {
			return Copied{p.Name, p.Size, p.Digest}, nil
		}
	}
	return Copied{}, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

// known are the digests of segments in the sets that there are.
func known(ctx context.Context, from files.Store, origin string) (map[string]string, error) {
	digests := map[string]string{}
	sets, err := Sets(ctx, from, origin)
	for _, s := range sets {
		for _, c := range s.Segments {
			digests[c.Name] = c.Digest
		}
	}
	return digests, err
}

// forget removes the keys whose time is over, never the newest.
func (n Node) forget(ctx context.Context, into Into, newest Manifest) error {
	if into.KeysKeep <= 0 {
		return nil
	}
	list, err := into.Keys.List(ctx, path.Join(slug(n.Origin), "keys")+"/")
	if err != nil {
		return err
	}
	for _, f := range list {
		at, err := time.Parse(setName, strings.TrimSuffix(path.Base(f.Name), ".tar.gz"))
		if err != nil || f.Name == newest.Keys.Name || newest.At.Sub(at) < into.KeysKeep {
			continue
		}
		if err := into.Keys.Delete(ctx, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// compressed makes a file, compressed, and places it.
func (n Node) compressed(ctx context.Context, into files.Store, name, work string, write func(io.Writer) error) (Copied, error) {
	path := filepath.Join(work, "compressed")
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Copied{}, err
	}
	small := gzip.NewWriter(out)
	if err := errors.Join(write(small), small.Close(), out.Close()); err != nil {
		return Copied{}, fmt.Errorf("%s: %w", name, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Copied{}, err
	}
	return place(ctx, into, name, path, info.Size())
}

// place copies a file into the store and reads it back.
func place(ctx context.Context, into files.Store, name, from string, size int64) (Copied, error) {
	in, err := os.Open(from)
	if err != nil {
		return Copied{}, err
	}
	defer func() { _ = in.Close() }() // read only
	digest := sha256.New()
	if _, err := io.Copy(digest, io.LimitReader(in, size)); err != nil {
		return Copied{}, err
	}
	copied := Copied{name, size, hex.EncodeToString(digest.Sum(nil))}
	if err := into.Put(ctx, name, io.NewSectionReader(in, 0, size), size); err != nil {
		return Copied{}, err
	}
	return copied, copied.read(ctx, into, func(r io.Reader) error { return drain(r) })
}

// read reads a file of the store and makes sure that all of it is what was written.
func (c Copied) read(ctx context.Context, from files.Store, take func(io.Reader) error) error {
	r, err := from.Get(ctx, c.Name)
	if err != nil {
		return err
	}
	digest := sha256.New()
	all := io.TeeReader(r, digest)
	err = take(all)
	if err == nil {
		err = drain(all)
	}
	if err = errors.Join(err, r.Close()); err == nil && hex.EncodeToString(digest.Sum(nil)) != c.Digest {
		err = errors.New("it is not what was written")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// pour writes a file, or its first bytes.
func pour(w io.Writer, path string, size int64) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // read only
	if size < 0 {
		_, err = io.Copy(w, in)
		return err
	}
	_, err = io.CopyN(w, in, size)
	return err
}

// Where a file goes when it is put back: in the folder of the configuration, in that of the
// node where it lies elsewhere, or where it was.
const (
	inConfig  = "config"
	inDir     = "dir"
	elsewhere = "elsewhere"
)

// item is a file in one of the tars.
type item struct{ path, name string }

// sort lists the files of the node: what goes with the set, and what goes with the keys.
func (n Node) sort() (rest, secret []item, err error) {
	secrets := map[string]bool{filepath.Join(n.Dir, "journal", "keys"): true}
	for _, path := range n.Secrets {
		secrets[path] = true
	}
	seen := map[string]bool{}
	put := func(path, name string) {
		switch {
		case seen[path]:
			return
		case secrets[path] || strings.HasSuffix(path, ".key"):
			secret = append(secret, item{path, name})
		default:
			rest = append(rest, item{path, name})
		}
		seen[path] = true
	}
	for _, root := range []struct{ path, name string }{{n.Dir, inDir}, {filepath.Dir(n.Config), inConfig}} {
		err := filepath.WalkDir(root.path, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) && path != root.path {
					return nil // it has just been replaced
				}
				return err
			}
			if entry.IsDir() && (path == filepath.Join(n.Dir, "bus") || slices.Contains(n.Apart, path) || root.name == inConfig && path == n.Dir || strings.HasPrefix(entry.Name(), ".")) {
				return fs.SkipDir
			}
			if !entry.Type().IsRegular() || n.made(path) {
				return nil
			}
			relative, err := filepath.Rel(root.path, path)
			put(path, root.name+"/"+filepath.ToSlash(relative))
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for _, path := range append(slices.Clone(n.Named), n.Secrets...) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			put(path, elsewhere+path)
		}
	}
	return rest, secret, nil
}

// made says of a file that it is copied in another way, or made again.
func (n Node) made(path string) bool {
	name := filepath.Base(path)
	if filepath.Dir(path) == filepath.Join(n.Dir, "journal") {
		return name != "keys"
	}
	if filepath.Dir(path) == n.Dir && (strings.HasPrefix(name, "dobosh.db") || name == "lock" || name == restoredFile) {
		return true
	}
	return strings.HasSuffix(name, ".new") || strings.HasSuffix(name, ".log")
}

// pack writes files into a tar.
func (n Node) pack(w io.Writer, items []item) error {
	into := tar.NewWriter(w)
	for _, i := range items {
		info, err := os.Stat(i.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just been replaced
		}
		if err != nil {
			return err
		}
		if err := into.WriteHeader(&tar.Header{Name: i.name, Size: info.Size(), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime()}); err != nil {
			return err
		}
		if err := pour(into, i.path, info.Size()); err != nil {
			return fmt.Errorf("%s: %w", i.path, err)
		}
	}
	return into.Close()
}
