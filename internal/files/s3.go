package files

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config leads to a bucket, which is there already.
type S3Config struct {
	Endpoint             string // host:port
	Bucket, Prefix       string // the prefix has no slashes at its ends; may be empty
	Region               string // empty for the store's own
	AccessKey, SecretKey string // both empty for a store that asks for none
	Insecure             bool   // no TLS
}

// s3 is a store behind the interface of S3.
type s3 struct {
	client *minio.Client
	S3Config
}

// NewS3 makes a store. Nothing is asked yet.
func NewS3(cfg S3Config) (Store, error) {
	client, err := minio.New(cfg.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: !cfg.Insecure, Region: cfg.Region, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if cfg.Prefix != "" {
		cfg.Prefix += "/"
	}
	return s3{client, cfg}, nil
}

// Put implements Store: a store shows an object when all of it is there.
func (s s3) Put(ctx context.Context, name string, content io.Reader, size int64) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, err := s.client.PutObject(ctx, s.Bucket, s.Prefix+name, content, size, minio.PutObjectOptions{}); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// Get implements Store.
func (s s3) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.get(ctx, name, minio.GetObjectOptions{})
}

// GetPart implements Store.
func (s s3) GetPart(ctx context.Context, name string, offset, size int64) (io.ReadCloser, error) {
	if err := checkPart(offset, size); err != nil {
		return nil, err
	}
	var options minio.GetObjectOptions
	if err := options.SetRange(offset, offset+size-1); err != nil {
		return nil, err
	}
	return s.get(ctx, name, options)
}

func (s s3) get(ctx context.Context, name string, options minio.GetObjectOptions) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	object, _, _, err := minio.Core{Client: s.client}.GetObject(ctx, s.Bucket, s.Prefix+name, options)
	switch code := minio.ToErrorResponse(err).Code; {
	case err == nil:
		return object, nil
	case code == minio.InvalidRange: // it ends before the part begins
		return io.NopCloser(strings.NewReader("")), nil
	case code == minio.NoSuchKey:
		err = fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return nil, fmt.Errorf("get %s: %w", name, err)
}

// List implements Store.
func (s s3) List(ctx context.Context, prefix string) (list []File, err error) {
	for object := range s.client.ListObjects(ctx, s.Bucket, minio.ListObjectsOptions{Prefix: s.Prefix + prefix, Recursive: true}) {
		if object.Err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, object.Err)
		}
		list = append(list, File{strings.TrimPrefix(object.Key, s.Prefix), object.Size})
	}
	return list, nil
}

// Delete implements Store.
func (s s3) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.client.RemoveObject(ctx, s.Bucket, s.Prefix+name, minio.RemoveObjectOptions{})
}
