package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder is a store in a folder, which is made with the first blob.
type Folder string

// beside ends the names of blobs that are being written. No blob may begin a part of its
// name with a dot.
const beside = ".part-"

func (f Folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

// Put implements Store: beside, sync, rename, sync the folder.
func (f Folder) Put(ctx context.Context, name string, content io.Reader, size int64) (err error) {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return err
	}
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), beside)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // it was not finished
		}
	}()
	n, err := io.Copy(file, content)
	if err == nil && n != size {
		err = fmt.Errorf("%s has %d bytes, %d were announced", name, n, size)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Get implements Store.
func (f Folder) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return file, err
}

// GetPart implements Store.
func (f Folder) GetPart(ctx context.Context, name string, offset, size int64) (io.ReadCloser, error) {
	if err := checkPart(offset, size); err != nil {
		return nil, err
	}
	file, err := f.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return part{io.NewSectionReader(file.(*os.File), offset, size), file}, nil
}

// part reads of a file what was asked for.
type part struct {
	io.Reader
	io.Closer
}

// List implements Store.
func (f Folder) List(ctx context.Context, prefix string) (list []File, err error) {
	err = filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // there is nothing yet, or it has just been removed
		}
		if err != nil || entry.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		relative, err := filepath.Rel(string(f), path)
		name := filepath.ToSlash(relative)
		if err != nil || strings.HasPrefix(entry.Name(), beside) || !strings.HasPrefix(name, prefix) {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		list = append(list, File{name, info.Size()})
		return nil
	})
	return list, err
}

// Delete implements Store.
func (f Folder) Delete(ctx context.Context, name string) error {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return err
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
