package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/files"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// stores opens both kinds, empty.
func stores(t *testing.T) map[string]files.Store {
	t.Helper()
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("copies"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s3, err := files.Open("s3://" + strings.TrimPrefix(server.URL, "http://") + "/copies/node/one?insecure=true&region=us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := files.Open(filepath.Join(t.TempDir(), "copies"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]files.Store{"folder": folder, "s3": s3}
}

func TestStoresKeepWhatTheyWereGiven(t *testing.T) {
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			if list, err := s.List(ctx, ""); err != nil || len(list) != 0 {
				t.Errorf("an empty store lists %v, %v", list, err)
			}
			for i := range 1200 { // more than one page of S3
				put(t, s, fmt.Sprintf("journal/%04d.seg", i), "segment")
			}
			put(t, s, "sets/a/manifest.json", "first")
			put(t, s, "sets/a/manifest.json", "second")
			if got := get(t, s, "sets/a/manifest.json"); got != "second" {
				t.Errorf("it holds %q", got)
			}
			for _, p := range []struct {
				offset, size int64
				want         string
			}{{0, 7, "segment"}, {3, 2, "me"}, {5, 100, "nt"}, {7, 1, ""}, {900, 1, ""}} {
				if got := readAll(t)(s.GetPart(ctx, "journal/0001.seg", p.offset, p.size)); got != p.want {
					t.Errorf("%d bytes from %d on are %q", p.size, p.offset, got)
				}
			}
			if _, err := s.GetPart(ctx, "journal/none.seg", 0, 1); !errors.Is(err, files.ErrNotFound) {
				t.Errorf("a part of nothing: %v", err)
			}
			for _, bounds := range [][2]int64{{-1, 1}, {0, 0}, {0, -1}} {
				if _, err := s.GetPart(ctx, "journal/0001.seg", bounds[0], bounds[1]); err == nil {
					t.Errorf("%v is a part", bounds)
				}
			}
			list, err := s.List(ctx, "journal/")
			if err != nil || len(list) != 1200 || list[0] != (files.File{Name: "journal/0000.seg", Size: 7}) || !slices.IsSortedFunc(list, func(a, b files.File) int { return strings.Compare(a.Name, b.Name) }) {
				t.Errorf("listed are %d, %v", len(list), err)
			}
			if err := s.Delete(ctx, "journal/0000.seg"); err != nil {
				t.Error(err)
			}
			if err := s.Delete(ctx, "journal/0000.seg"); err != nil {
				t.Error(err)
			}
			if _, err := s.Get(ctx, "journal/0000.seg"); !errors.Is(err, files.ErrNotFound) {
				t.Errorf("what was deleted gives %v", err)
			}
			for _, name := range []string{"", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.part-1", "x\x00", strings.Repeat("n", 600)} {
				if err := s.Put(ctx, name, strings.NewReader("x"), 1); err == nil {
					t.Errorf("%q was put", name)
				}
				if _, err := s.Get(ctx, name); err == nil || errors.Is(err, files.ErrNotFound) {
					t.Errorf("%q was asked for: %v", name, err)
				}
			}
			if err := s.Put(ctx, "short", strings.NewReader("x"), 5); err == nil {
				t.Error("a blob that is shorter than announced was taken")
			}
			if _, err := s.Get(ctx, "short"); !errors.Is(err, files.ErrNotFound) {
				t.Errorf("a part of a blob is there: %v", err)
			}
		})
	}
}

func TestAddressesOfStores(t *testing.T) {
	for _, address := range []string{"s3://", "s3://host", "s3://key:secret@host/bucket", "s3://host/%zz"} {
		if _, err := files.Open(address); err == nil {
			t.Errorf("%s is an address", address)
		}
	}
}

func put(t *testing.T, s files.Store, name, text string) {
	t.Helper()
	if err := s.Put(t.Context(), name, bytes.NewReader([]byte(text)), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s files.Store, name string) string {
	t.Helper()
	return readAll(t)(s.Get(t.Context(), name))
}

// readAll reads what a store gave, to the end.
func readAll(t *testing.T) func(io.ReadCloser, error) string {
	return func(r io.ReadCloser, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
}
