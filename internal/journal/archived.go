package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"dobosh/internal/files"
)

// The file "archived" says which segments the archive has, a line of the same length for each:
//
//	dobosh archived v1
//	INDEX(19 digits) SIZE(10 digits) SHA-256(hex)
//
// Lines are only added; of two for a segment the last one counts. A line that a crash left unfinished is none.
const (
	archivedFile  = "archived"
	archivedStart = "dobosh archived v1\n"
	archivedLine  = 19 + 1 + 10 + 1 + 2*hashSize + 1
)

// archived is a segment in the archive.
type archived struct {
	first  int64 // index of its first entry
	size   int64 // bytes
	digest [hashSize]byte
}

func archivedOf(first int64, b []byte) archived {
	return archived{first: first, size: int64(len(b)), digest: sha256.Sum256(b)}
}

func (a archived) line() string { return fmt.Sprintf("%019d %010d %x\n", a.first, a.size, a.digest) }

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// ArchivePrefix begins the names of everything that the archive has of a log.
func ArchivePrefix(origin string) string { return unsafeInNames.ReplaceAllString(origin, "_") + "/" }

// name is that of the segment in the archive. It has the digest, so that what another history had at the same place stays beside it.
func (a archived) name(origin string) string {
	return fmt.Sprintf("%s%019d-%x%s", ArchivePrefix(origin), a.first, a.digest, segmentSuffix)
}

var archivedForm = regexp.MustCompile(`^([0-9]{19})-([0-9a-f]{64})\.seg$`)

func parseArchivedName(name string, size int64) (a archived, ok bool) {
	parts := archivedForm.FindStringSubmatch(name)
	if parts == nil {
		return a, false
	}
	first, err := strconv.ParseInt(parts[1], 10, 64)
	_, bad := hex.Decode(a.digest[:], []byte(parts[2]))
	a.first, a.size = first, size
	return a, err == nil && bad == nil
}

// readArchived reads the file of a log; there may be none.
func readArchived(dir string) ([]archived, error) {
	raw, err := os.ReadFile(filepath.Join(dir, archivedFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rest, ours := bytes.CutPrefix(raw, []byte(archivedStart))
	if !ours {
		return nil, &DamageError{File: archivedFile, Says: "its first line is another"}
	}
	list := make([]archived, 0, len(rest)/archivedLine)
	for len(rest) >= archivedLine {
		line := string(rest[:archivedLine])
		var a archived
		var digest []byte
		if _, err := fmt.Sscanf(line, "%d %d %x\n", &a.first, &a.size, &digest); err == nil && len(digest) == hashSize {
			a.digest = [hashSize]byte(digest)
		}
		if a.line() != line {
			return nil, &DamageError{File: archivedFile, Offset: int64(len(raw) - len(rest)), Says: "not a line of it"}
		}
		list, rest = append(list, a), rest[archivedLine:]
	}
	return list, nil
}

// addArchived adds a line, durably. What a crash left of one before is overwritten.
func addArchived(dir string, a archived) (err error) {
	path := filepath.Join(dir, archivedFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return WriteWhole(path, []byte(archivedStart+a.line()))
	}
	f, err := os.OpenFile(path, os.O_RDWR, filePerm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	whole := (info.Size() - int64(len(archivedStart))) / archivedLine
	if _, err := f.WriteAt([]byte(a.line()), int64(len(archivedStart))+whole*archivedLine); err != nil {
		return err
	}
	return f.Sync()
}

// findArchived asks the archive itself which segments it has of a log, for one that has lost its file. Where two histories lie there,
// only the file could tell which of them is the log's. Errors: *DamageError, and the problem "archive-away".
func findArchived(ctx context.Context, dir, origin string, before int64, store files.Store) error {
	prefix := ArchivePrefix(origin)
	list, err := store.List(ctx, prefix)
	if err != nil {
		return away(err)
	}
	var text strings.Builder
	text.WriteString(archivedStart)
	last, found := int64(-1), 0
	for _, f := range list {
		a, ok := parseArchivedName(strings.TrimPrefix(f.Name, prefix), f.Size)
		if !ok || a.first >= before {
			continue
		}
		if a.first == last {
			return &DamageError{File: archivedFile, Says: fmt.Sprintf("missing, and the archive has two segments that begin with entry %d", a.first)}
		}
		last = a.first
		found++
		text.WriteString(a.line())
	}
	if found == 0 {
		return away(fmt.Errorf("it has no segment of %s", origin))
	}
	return WriteWhole(filepath.Join(dir, archivedFile), []byte(text.String()))
}

// PutArchived writes which segments the archive has, for a log that is put back from a copy: their names in the archive, and sizes.
func PutArchived(dir string, list []files.File) error {
	if len(list) == 0 {
		return nil
	}
	text := archivedStart
	for _, f := range list {
		a, ok := parseArchivedName(filepath.Base(f.Name), f.Size)
		if !ok {
			return fmt.Errorf("%q is not the name of a segment in an archive", f.Name)
		}
		text += a.line()
	}
	return WriteWhole(filepath.Join(dir, archivedFile), []byte(text))
}

// readSome reads at most so many bytes, fewer where there are no more.
func readSome(r io.ReadCloser, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most))
	return b, errors.Join(err, r.Close())
}
