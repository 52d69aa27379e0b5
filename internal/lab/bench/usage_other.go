//go:build !linux

package bench

import "syscall"

// readUsage knows nothing here: there is no /proc.
func readUsage(int) usage { return usage{} }

func childAttributes() *syscall.SysProcAttr { return nil }
