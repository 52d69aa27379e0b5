package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"dobosh/internal/files"
)

// The files of cases and the mails of people lie in a store that the node shares with nobody, each written once and
// sealed by whoever put it there. A copy has each of them once for all its sets; a set lists those that belong to it.

// blobsOf is where a copy has the files of a node.
func blobsOf(origin string) string { return slug(origin) + "/files/" }

// blobs copies what the store of the node has and the copy lacks, and gives the list of the set.
func (n Node) blobs(ctx context.Context, into files.Store, set, work string) (list Copied, many int, err error) {
	there, err := n.Files.List(ctx, "")
	if err != nil {
		return list, 0, fmt.Errorf("files of the node: %w", err)
	}
	have, err := sizes(ctx, into, blobsOf(n.Origin))
	if err != nil {
		return list, 0, err
	}
	var names []string
	for _, f := range there {
		if size, ok := have[f.Name]; !ok || size != f.Size {
			err := n.blob(ctx, into, f, work)
			if errors.Is(err, files.ErrNotFound) { // erased meanwhile
				continue
			}
			if err != nil {
				return list, 0, fmt.Errorf("file %s: %w", f.Name, err)
			}
		}
		names = append(names, strconv.FormatInt(f.Size, 10)+" "+f.Name)
	}
	list, err = n.compressed(ctx, into, path.Join(set, "files.gz"), work, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(append(names, ""), "\n"))
		return err
	})
	return list, len(names), err
}

// blob copies a file by way of the disk, and reads it back.
func (n Node) blob(ctx context.Context, into files.Store, f files.File, work string) error {
	from, err := n.Files.Get(ctx, f.Name)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // read only
	beside, err := os.Create(filepath.Join(work, "blob"))
	if err != nil {
		return err
	}
	digest := sha256.New()
	size, err := io.Copy(io.MultiWriter(beside, digest), from)
	if err == nil {
		_, err = beside.Seek(0, io.SeekStart)
	}
	copied := Copied{blobsOf(n.Origin) + f.Name, size, hex.EncodeToString(digest.Sum(nil))}
	if err == nil {
		err = into.Put(ctx, copied.Name, beside, size)
	}
	if err = errors.Join(err, beside.Close()); err != nil {
		return err
	}
	return copied.read(ctx, into, drain)
}

// sizes are the files under a prefix, without it.
func sizes(ctx context.Context, of files.Store, prefix string) (map[string]int64, error) {
	list, err := of.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	all := make(map[string]int64, len(list))
	for _, f := range list {
		all[strings.TrimPrefix(f.Name, prefix)] = f.Size
	}
	return all, nil
}

// listed tells each file that a set lists.
func (m Manifest) listed(ctx context.Context, from files.Store, tell func(f files.File) error) error {
	if m.Files.Name == "" { // of a release that had them in the folder
		return nil
	}
	return m.Files.read(ctx, from, func(r io.Reader) error {
		small, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(small)
		for lines.Scan() {
			size, name, _ := strings.Cut(lines.Text(), " ")
			n, err := strconv.ParseInt(size, 10, 64)
			if err != nil {
				return fmt.Errorf("line %.40q is no file", lines.Text())
			}
			if err := tell(files.File{Name: name, Size: n}); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}

// forgetBlobs removes from a copy the files that the node has erased, when no set has listed them for as long as keys are kept:
// they are gone then as what the journal's keys have sealed is.
func (n Node) forgetBlobs(ctx context.Context, into Into, newest Manifest) error {
	over, err := sizes(ctx, into.Store, blobsOf(n.Origin))
	if err != nil {
		return err
	}
	sets, err := Sets(ctx, into.Store, n.Origin)
	if err != nil {
		return err
	}
	for i := len(sets) - 1; i >= 0 && len(over) > 0; i-- { // the newest first: it lists nearly all
		if newest.At.Sub(sets[i].At) >= into.KeysKeep {
			continue
		}
		err := sets[i].listed(ctx, into.Store, func(f files.File) error {
			delete(over, f.Name)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for name := range over {
		if err := into.Store.Delete(ctx, blobsOf(n.Origin)+name); err != nil {
			return err
		}
	}
	return nil
}

// blobs puts back the files of a set that are not there. One that the copy lacks was erased since, and its time was over.
func (w Wanted) blobs(ctx context.Context, n Node, b *Back) error {
	if n.Files == nil || w.Set.Files.Name == "" {
		return nil
	}
	have, err := sizes(ctx, n.Files, "")
	if err != nil {
		return fmt.Errorf("files of the node: %w", err)
	}
	return w.Set.listed(ctx, w.Store, func(f files.File) error {
		if size, ok := have[f.Name]; ok && size == f.Size {
			return nil
		}
		from, err := w.Store.Get(ctx, blobsOf(w.Set.Origin)+f.Name)
		if errors.Is(err, files.ErrNotFound) {
			b.Gone++
			return nil
		}
		if err != nil {
			return err
		}
		if err := errors.Join(n.Files.Put(ctx, f.Name, from, f.Size), from.Close()); err != nil {
			return fmt.Errorf("file %s: %w", f.Name, err)
		}
		b.Kept++
		return nil
	})
}
