package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// tick is the unit of times in /proc (proc(5), USER_HZ), the same on every
// architecture that Linux has for servers.
const tick = time.Second / 100

// readUsage reads what a process takes; zeros when it is gone.
func readUsage(pid int) usage {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}
	}
	// The name in brackets may hold anything; the fields count from behind it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return usage{}
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64) // the kernel writes numbers
		return n
	}
	return usage{
		cpu:    time.Duration(number(11)+number(12)) * tick,
		memory: memory{rss: number(21) * int64(os.Getpagesize()), pss: readPSS(pid), peak: readPeak(pid)},
	}
}

// readPSS reads the proportional set size.
func readPSS(pid int) int64 {
	return readKilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "\nPss:")
}

// readPeak reads the highest resident set size.
func readPeak(pid int) int64 { return readKilobytes(fmt.Sprintf("/proc/%d/status", pid), "\nVmHWM:") }

// readKilobytes finds a value in a file of /proc; 0 when it is not there.
func readKilobytes(file, name string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(text, []byte(name))
	value, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	kilobytes, _ := strconv.ParseInt(string(value), 10, 64) // the kernel writes numbers
	return kilobytes << 10
}

// childAttributes makes a child end with this process, however that ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
