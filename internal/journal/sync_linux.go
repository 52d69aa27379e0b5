package journal

import (
	"os"
	"syscall"
)

// syncData makes what was written to f durable, without waiting for its times to be.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
