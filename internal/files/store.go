package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// ErrNotFound says that there is no blob of that name.
var ErrNotFound = errors.New("no such file in the store")

// File is a blob that is there.
type File struct {
	Name string
	Size int64 // bytes
}

// Store keeps blobs under names. It is safe for concurrent use.
type Store interface {
	// Put writes a blob of size bytes.
	Put(ctx context.Context, name string, content io.Reader, size int64) error
	// Get reads a blob; the caller closes it. Error: ErrNotFound.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// GetPart reads size bytes of a blob from an offset on, fewer where it ends before; the caller closes it. Error: ErrNotFound.
	GetPart(ctx context.Context, name string, offset, size int64) (io.ReadCloser, error)
	// List gives the blobs whose names begin so, in the order of names.
	List(ctx context.Context, prefix string) ([]File, error)
	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// nameForm is what a blob may be called.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)

func checkName(name string) error {
	if len(name) > 512 || !nameForm.MatchString(name) {
		return fmt.Errorf("%q is no name of a file", name)
	}
	return nil
}

func checkPart(offset, size int64) error {
	if offset < 0 || size < 1 {
		return fmt.Errorf("%d bytes from %d on are no part of a file", size, offset)
	}
	return nil
}

// Open finds a store by its address: a folder, or s3://HOST/BUCKET/PREFIX, with
// ?insecure=true where the store has no TLS and ?region= where it wants one. Credentials
// come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as for any other program that
// speaks to such a store, and never from the address.
func Open(address string) (Store, error) {
	if !strings.HasPrefix(address, "s3://") {
		return Folder(address), nil
	}
	at, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if at.User != nil {
		return nil, errors.New("store: credentials do not belong into an address; give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(at.Path, "/"), "/")
	if at.Host == "" || bucket == "" {
		return nil, errors.New("store: an address is written s3://HOST/BUCKET or s3://HOST/BUCKET/PREFIX")
	}
	return NewS3(S3Config{
		Endpoint: at.Host, Bucket: bucket, Prefix: prefix, Region: at.Query().Get("region"), Insecure: at.Query().Get("insecure") == "true",
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	})
}
