package testkit

import (
	"fmt"
	"syscall"
)

func mountSmall(dir string, size int64) error {
	return syscall.Mount("dobosh-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", size))
}

func unmountSmall(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
