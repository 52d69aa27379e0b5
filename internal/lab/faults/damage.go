package faults

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// kept is a kind of file under the folder of a node, and what the manual says of
// its loss.
type kept struct {
	pattern string // of filepath.Match, under the folder
	beside  string // endings of files that belong to it, as a pattern
	refuses bool   // to start, with words that name the file and a command; else the node fetches or makes it again
}

// damaged are the files that are changed in a byte.
func damaged() []kept {
	return []kept{
		{pattern: "cosigned"},
		{pattern: "registry.cosigned"},
		{pattern: "journal/*.seg", refuses: true},
	}
}

// lost are the files that are taken away.
func lost() []kept {
	return []kept{
		{pattern: "cosigned"},
		{pattern: "registry.cosigned"},
		{pattern: "bus"},
		{pattern: "journal/hashes"},
		{pattern: "journal/offsets"},
		{pattern: "journal/*.seg", refuses: true},
		{pattern: "journal/keys", refuses: true},
		{pattern: "dobosh.db", beside: "-*", refuses: true},
	}
}

// choose takes one of the files that a node has.
func choose(dir string, among []kept, much uint64) (string, kept, bool) {
	type found struct {
		path string
		kept
	}
	var all []found
	for _, k := range among {
		paths, err := filepath.Glob(filepath.Join(dir, k.pattern))
		if err != nil {
			continue
		}
		slices.Sort(paths)
		for _, path := range paths {
			all = append(all, found{path, k})
		}
	}
	if len(all) == 0 {
		return "", kept{}, false
	}
	f := all[much%uint64(len(all))]
	return f.path, f.kept, true
}

// flip changes a byte in a file of a node that is down. A node that must refuse
// gets it back afterwards.
func (t *trouble) flip(ctx context.Context, f Fault, k *keeper) error {
	k.files.Lock()
	defer k.files.Unlock()
	var path string
	var kind kept
	var before []byte
	since := k.soFar()
	err := k.down(func() (err error) {
		var any bool
		if path, kind, any = choose(k.data(), damaged(), f.Much); !any {
			return nil
		}
		if before, err = os.ReadFile(path); err != nil || len(before) == 0 {
			return err
		}
		after := slices.Clone(before)
		after[(f.Much>>16)%uint64(len(after))] ^= 1 << (f.Much >> 8 % 8)
		fmt.Fprintf(t.log, "  a byte of %s is another\n", path)
		return os.WriteFile(path, after, 0o600)
	})
	if err != nil || len(before) == 0 || !kind.refuses {
		return roomless(err)
	}
	return errors.Join(t.refuses(ctx, k, path, since), k.down(func() error { return os.WriteFile(path, before, 0o600) }))
}

// lose takes a file or folder away from a node that is down.
func (t *trouble) lose(ctx context.Context, f Fault, k *keeper) error {
	k.files.Lock()
	defer k.files.Unlock()
	var path, aside string
	var kind kept
	since := k.soFar()
	err := k.down(func() error {
		var any bool
		if path, kind, any = choose(k.data(), lost(), f.Much); !any || filepath.Ext(path) == ".seg" && nothingIn(k.data()) {
			return nil
		}
		fmt.Fprintf(t.log, "  %s is gone\n", path)
		if !kind.refuses {
			return os.RemoveAll(path)
		}
		aside = filepath.Join(k.data(), "aside")
		return errors.Join(os.Mkdir(aside, 0o700), move(path, kind, aside))
	})
	if err != nil || aside == "" {
		return err
	}
	return errors.Join(t.refuses(ctx, k, path, since), k.down(func() error {
		for _, made := range with(path, kind) { // by the starts since
			if err := os.Remove(made); err != nil {
				return err
			}
		}
		return errors.Join(move(filepath.Join(aside, filepath.Base(path)), kind, filepath.Dir(path)), os.Remove(aside))
	}))
}

// nothingIn says whether the journal of a node has no entry: without its segment it
// is the same journal.
func nothingIn(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "journal", "hashes"))
	return err != nil || info.Size() == 0
}

// with lists a file and those that belong to it.
func with(path string, kind kept) (all []string) {
	if _, err := os.Stat(path); err == nil {
		all = append(all, path)
	}
	if kind.beside != "" {
		beside, _ := filepath.Glob(path + kind.beside) // the pattern is valid
		all = append(all, beside...)
	}
	return all
}

// move takes a file and those that belong to it to another folder.
func move(path string, kind kept, to string) error {
	for _, file := range with(path, kind) {
		if err := os.Rename(file, filepath.Join(to, filepath.Base(file))); err != nil {
			return err
		}
	}
	return nil
}

// refusal is how long a node may take to say that it does not start.
const refusal = 2 * time.Minute

// refuses wants the node to end with words that name the file and the command.
func (t *trouble) refuses(ctx context.Context, k *keeper, path string, since int64) error {
	ctx, cancel := context.WithTimeout(ctx, refusal)
	defer cancel()
	for ctx.Err() == nil {
		if said := k.said(since); strings.Contains(said, filepath.Base(path)) && (strings.Contains(said, "dobosh restore") || strings.Contains(said, "dobosh recover")) {
			return nil
		}
		_ = wait(ctx, again)
	}
	if ctx.Err() == context.Canceled {
		return nil // the run is over
	}
	return fmt.Errorf("%s is not what it was, and the node does not refuse to start with its name and a command: %s", path, k.last())
}

// roomless drops the error of a full disk, which another fault may have made.
func roomless(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) && strings.Contains(e.Error(), "no space left") {
		return nil
	}
	return err
}
