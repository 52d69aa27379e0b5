//go:build !linux

package bench

import (
	"syscall"
	"time"
)

// readUsage knows nothing here: there is no /proc.
func readUsage(int) (cpu time.Duration, rss int64) { return 0, 0 }

func childAttributes() *syscall.SysProcAttr { return nil }
