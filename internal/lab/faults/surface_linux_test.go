package faults

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSurfaceFailsAsTold(t *testing.T) {
	at, under := t.TempDir(), t.TempDir()
	s, err := newSurface(at, under)
	if err != nil {
		t.Skipf("this machine lets no program serve a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	f, err := os.OpenFile(filepath.Join(at, "file"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shared, err := os.Create(filepath.Join(at, "file-shm"))
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()

	write := func() error { _, err := f.Write([]byte("words")); return err }
	wants := func(what string, err error, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	wants("write", write(), nil)
	wants("sync", f.Sync(), nil)

	s.fall(illness{gives: syscall.EROFS, writes: true})
	wants("write when read-only", write(), syscall.EROFS)
	wants("remove when read-only", os.Remove(f.Name()), syscall.EROFS)
	_, err = os.ReadFile(f.Name())
	wants("read when read-only", err, nil)
	_, err = shared.Write([]byte("memory"))
	wants("memory when read-only", err, nil)

	s.fall(illness{gives: syscall.EIO})
	wants("write when only sync fails", write(), nil)
	wants("sync", f.Sync(), syscall.EIO)

	s.fall(illness{gives: syscall.EIO, reads: true, writes: true})
	_, err = os.ReadFile(f.Name())
	wants("read when all fails", err, syscall.EIO)

	s.fall(illness{gives: syscall.EIO, writes: true, each: 2})
	if one, two := write(), write(); (one == nil) == (two == nil) {
		t.Errorf("one of two writes fails: %v, %v", one, two)
	}

	s.fall(illness{late: 30 * time.Millisecond})
	begun := time.Now()
	wants("sync when slow", f.Sync(), nil)
	if took := time.Since(begun); took < 30*time.Millisecond {
		t.Errorf("a slow sync took %s", took)
	}

	s.fall(illness{})
	if err := os.WriteFile(filepath.Join(under, "beside"), []byte("x"), 0o600); err != nil { // past the surface
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(at, "beside"))
	if err != nil || string(raw) != "x" {
		t.Errorf("what was written beneath: %q, %v", raw, err)
	}
	raw, err = os.ReadFile(f.Name())
	if want := "wordswordswords"; err != nil || string(raw) != want {
		t.Errorf("the file has %q, want %q, %v", raw, want, err)
	}
}
