package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/problem"
)

// Bounds of what is read from the archive.
const (
	blockBytes = 256 << 10 // is fetched together: an entry is seldom read alone
	maxBlocks  = 32        // are kept in memory

	blockPatience = 10 * time.Second
	wholePatience = 5 * time.Minute // for up to 1 GiB
)

// ErrArchiveAway says that something lies in the archive, and that the archive did not give it: it cannot be reached, or is not there.
// It is the cause of the problem "archive-away".
var ErrArchiveAway = errors.New("the archive of the journal is away")

func away(cause error) error {
	return problem.New(problem.Unavailable, "archive-away").Because(fmt.Errorf("%w: %w", ErrArchiveAway, cause))
}

// shelf is the archive as it is read: in blocks, of which the last ones stay in memory. It is safe for concurrent use; nil is a log
// without an archive.
type shelf struct {
	store files.Store

	mu     sync.Mutex
	blocks []block // the one used last first, at most maxBlocks; guarded by mu
}

// block is a part of an archived segment.
type block struct {
	name   string
	number int64
	bytes  []byte
}

var errNoArchive = errors.New("none is configured")

// read fills b from an offset of an archived segment.
func (s *shelf) read(ctx context.Context, origin string, a *archived, b []byte, offset int64) error {
	if s == nil {
		return away(errNoArchive)
	}
	name := a.name(origin)
	if len(b) > 2*blockBytes { // it would push out what others read
		got, err := s.fetch(ctx, name, offset, int64(len(b)))
		if err == nil && copy(b, got) < len(b) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	for len(b) > 0 {
		number := offset / blockBytes
		got, err := s.block(ctx, name, number)
		if err != nil {
			return err
		}
		at := offset - number*blockBytes
		if at >= int64(len(got)) {
			return io.ErrUnexpectedEOF
		}
		n := copy(b, got[at:])
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// block gives one that is in memory, or fetches it.
func (s *shelf) block(ctx context.Context, name string, number int64) ([]byte, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.blocks, func(b block) bool { return b.number == number && b.name == name })
	if i >= 0 {
		found := s.blocks[i]
		copy(s.blocks[1:i+1], s.blocks[:i])
		s.blocks[0] = found
		s.mu.Unlock()
		return found.bytes, nil
	}
	s.mu.Unlock()
	got, err := s.fetch(ctx, name, number*blockBytes, blockBytes)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocks = slices.Insert(s.blocks[:min(len(s.blocks), maxBlocks-1)], 0, block{name, number, got})
	return got, nil
}

// forget drops the blocks of a segment that were found damaged: the archive may be mended.
func (s *shelf) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocks = slices.DeleteFunc(s.blocks, func(b block) bool { return b.name == name })
}

func (s *shelf) fetch(ctx context.Context, name string, offset, size int64) ([]byte, error) {
	asked, cancel := context.WithTimeout(ctx, blockPatience)
	defer cancel()
	r, err := s.store.GetPart(asked, name, offset, size)
	if err == nil {
		var got []byte
		if got, err = readSome(r, size); err == nil {
			return got, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err() // nobody waits any more
	}
	return nil, away(err)
}

// whole reads all of an archived segment and compares it with its digest. Errors: the problem "archive-away", and *DamageError together
// with what was read.
func (s *shelf) whole(ctx context.Context, origin string, a *archived) ([]byte, error) {
	if s == nil {
		return nil, away(errNoArchive)
	}
	asked, cancel := context.WithTimeout(ctx, wholePatience)
	defer cancel()
	r, err := s.store.Get(asked, a.name(origin))
	var b []byte
	if err == nil {
		b, err = readSome(r, a.size+1)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, away(err)
	case sha256.Sum256(b) != a.digest:
		return b, &DamageError{File: segmentName(a.first), Says: "what the archive has of it is not what was put there"}
	}
	return b, nil
}

// holds proves that the archive has a segment, by reading all of it back.
func (s *shelf) holds(ctx context.Context, origin string, a archived) error {
	ctx, cancel := context.WithTimeout(ctx, wholePatience)
	defer cancel()
	r, err := s.store.Get(ctx, a.name(origin))
	if err != nil {
		return away(err)
	}
	digest := sha256.New()
	_, err = io.Copy(digest, r)
	if err := errors.Join(err, r.Close()); err != nil {
		return away(err)
	}
	if got := digest.Sum(nil); [hashSize]byte(got) != a.digest {
		return &DamageError{File: segmentName(a.first), Says: "the archive gave back something else: " + hex.EncodeToString(got)}
	}
	return nil
}
