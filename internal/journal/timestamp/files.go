package timestamp

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	noteSuffix     = ".note"
	responseSuffix = ".tsr"
)

func fileName(size int64, suffix string) string { return fmt.Sprintf("%019d%s", size, suffix) }

// Kept is a time-stamped checkpoint as it lies in its two files.
type Kept struct {
	Size       int64
	Checkpoint []byte // signed note, the bytes that are time-stamped
	Response   []byte // DER, RFC 3161
}

// List gives the sizes of the log that were time-stamped, in order. A folder that is not there holds none.
func List(dir string) ([]int64, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var sizes []int64
	for _, entry := range entries {
		digits, ok := strings.CutSuffix(entry.Name(), responseSuffix)
		if !ok {
			continue
		}
		size, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || fileName(size, responseSuffix) != entry.Name() {
			return nil, fmt.Errorf("%s is not the name of a time-stamp", entry.Name())
		}
		sizes = append(sizes, size)
	}
	slices.Sort(sizes)
	return sizes, nil
}

// Read reads what List named.
func Read(dir string, size int64) (Kept, error) {
	checkpoint, err := os.ReadFile(filepath.Join(dir, fileName(size, noteSuffix)))
	if err != nil {
		return Kept{}, err
	}
	response, err := os.ReadFile(filepath.Join(dir, fileName(size, responseSuffix)))
	return Kept{Size: size, Checkpoint: checkpoint, Response: response}, err
}

// Covering reads the first time-stamp over a checkpoint that covers an entry; ok is false when there is none yet.
func Covering(dir string, index int64) (kept Kept, ok bool, err error) {
	sizes, err := List(dir)
	if err != nil {
		return Kept{}, false, err
	}
	i, _ := slices.BinarySearch(sizes, index+1)
	if i == len(sizes) {
		return Kept{}, false, nil
	}
	kept, err = Read(dir, sizes[i])
	return kept, err == nil, err
}
