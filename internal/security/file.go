package security

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const (
	fileMost = 64 << 20 // bytes of one file
	fileKept = 10       // files, with the one that is written
)

// file is a way into a file, which is another when it is full.
type file struct {
	path string
	most int64
	size int64
	open *os.File // nil after it could not be opened
}

func openFile(path string) (*file, error) {
	f := &file{path: path, most: fileMost}
	return f, f.begin()
}

// begin opens the file for the account of the node alone.
func (f *file) begin() error {
	opened, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := opened.Stat()
	if err == nil {
		err = opened.Chmod(0o600)
	}
	if err != nil {
		return errors.Join(err, opened.Close())
	}
	f.open, f.size = opened, info.Size()
	return nil
}

func (f *file) write(_ context.Context, events []document) error {
	if f.open == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	if f.size >= f.most {
		if err := f.turn(); err != nil {
			return err
		}
	}
	var all bytes.Buffer
	for _, d := range events {
		all.Write(line(d))
		all.WriteByte('\n')
	}
	n, err := f.open.Write(all.Bytes())
	f.size += int64(n)
	if err != nil { // a half line is cut, so that the next begins a new one
		err = errors.Join(err, f.open.Truncate(f.size-int64(n)))
		f.size -= int64(n)
	}
	return err
}

// turn begins a new file: the present one becomes .1, that .2, and the last goes.
func (f *file) turn() error {
	err := f.open.Close()
	f.open = nil
	for n := fileKept - 1; n > 0; n-- {
		from := fmt.Sprintf("%s.%d", f.path, n-1)
		if n == 1 {
			from = f.path
		}
		if moved := os.Rename(from, fmt.Sprintf("%s.%d", f.path, n)); !errors.Is(moved, fs.ErrNotExist) {
			err = errors.Join(err, moved)
		}
	}
	return errors.Join(err, f.begin())
}

func (f *file) close() error {
	if f.open == nil {
		return nil
	}
	return errors.Join(f.open.Sync(), f.open.Close())
}

// readRoots reads who issues certificates; nil for those of this machine.
func readRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, errors.New("ca_file: holds no certificate")
	}
	return pool, nil
}
