//go:build unix

package node

import (
	"os"
	"syscall"
)

// diskFree tells how much room the disk under a folder has, for this account.
func diskFree(dir string) (free, size int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	unit := int64(s.Bsize)
	return int64(s.Bavail) * unit, int64(s.Blocks) * unit, nil
}

// descriptors tells how many files and connections the process has, and how many
// it may have; zeros where that cannot be told.
func descriptors() (open, most int, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, 0, err
	}
	list, err := os.ReadDir("/proc/self/fd")
	if os.IsNotExist(err) {
		return 0, 0, nil
	}
	return len(list), int(min(limit.Cur, 1<<30)), err
}
