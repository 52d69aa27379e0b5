package cli

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// Profile writes where the process spends its time until stop is called, and
// then what it keeps in memory, into a folder. Nothing is served over a
// listener. Without a folder nobody asks, and nothing is kept for a profile of memory: its table takes a megabyte and a half.
func Profile(dir string) (stop func() error, err error) {
	if dir == "" {
		runtime.MemProfileRate = 0
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(cpu.Close(), writeHeap(filepath.Join(dir, "heap.pprof")))
	}, nil
}

func writeHeap(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC() // the profile is of the last collection
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}
