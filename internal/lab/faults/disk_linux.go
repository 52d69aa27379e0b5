package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// room is the size of a disk of its own.
const room = 192 << 20

// mount gives a folder a small disk of its own.
func mount(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syscall.Mount("dobosh-faults", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", room))
}

// remount lets nothing be written to a disk, or again; whoever has a file open for
// writing is in the way.
func remount(dir string, readOnly bool) error {
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	return syscall.Mount("dobosh-faults", dir, "tmpfs", flags, fmt.Sprintf("size=%d,mode=700", room))
}

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }

// filler is the file that takes all the room.
const filler = "filler"

// fill leaves no more than so many bytes of room.
func fill(dir string, leave int64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, filler), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size := int64(s.Bavail)*int64(s.Bsize) - leave
	for piece := size; piece > 4096 && err == nil; {
		if err = syscall.Fallocate(int(f.Fd()), 0, size-piece, piece); errors.Is(err, syscall.ENOSPC) { // somebody else wrote
			size, err = size-piece/2, nil
			piece /= 2
			continue
		}
		break
	}
	return errors.Join(err, f.Close())
}

// empty makes room again. On a busy machine one fault may last into the next of its
// kind, which made room already.
func empty(dir string) error {
	if err := os.Remove(filepath.Join(dir, filler)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Resources of prlimit(2).
const (
	fileSize    = 1
	descriptors = 7
)

type limit struct{ soft, hard uint64 }

// limited changes a limit of another process and gives the one it had.
func limited(pid int, resource uintptr, change *limit) (had limit, err error) {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), resource, uintptr(unsafe.Pointer(change)), uintptr(unsafe.Pointer(&had)), 0, 0)
	if errno != 0 {
		return had, errno
	}
	return had, nil
}

// opened is how many descriptors a process has.
func opened(pid int) (int, error) {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(list), err
}
