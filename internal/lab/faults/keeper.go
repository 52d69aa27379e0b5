package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/bench"
	"dobosh/internal/lab/station"
)

// again is how long after its end a process is started, as the unit says.
const again = 200 * time.Millisecond

// keeper starts a node again whenever it has ended, as systemd does, except
// while somebody works on its files.
type keeper struct {
	*bench.Victim
	disk *disk
	log  io.Writer

	process sync.Mutex // held by whoever starts it, and by whoever needs it down

	files sync.Mutex // held by whoever takes files away, until they are back

	mu      sync.Mutex
	started int // guarded by mu; how often it was started again
}

// keep starts the node whenever it is down, until ctx ends.
func (k *keeper) keep(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-k.Ended():
		case <-ctx.Done():
			return
		}
		if wait(ctx, again) != nil {
			return
		}
		k.process.Lock()
		if k.Process() == 0 {
			if err := k.Launch(); err != nil {
				fmt.Fprintf(k.log, "%s does not start: %v\n", k.Name(), err)
			}
			k.mu.Lock()
			k.started++
			k.mu.Unlock()
		}
		k.process.Unlock()
	}
}

// down kills the node and calls do before it is started again.
func (k *keeper) down(do func() error) error {
	k.process.Lock()
	defer k.process.Unlock()
	if err := k.Kill(); err != nil {
		return err
	}
	return do()
}

// data is where the node keeps everything, past what fails there.
func (k *keeper) data() string { return k.disk.under }

// rests is the configuration of the node when it has stopped: what it kept is read
// past the surface, whose server this process is.
func (k *keeper) rests() station.Config {
	cfg := k.Config()
	cfg.Node.Dir = k.data()
	return cfg
}

// logFile is where the process writes its log.
func (k *keeper) logFile() string { return filepath.Join(filepath.Dir(k.File()), "log.txt") }

// said is what the log gained since it had a size.
func (k *keeper) said(since int64) string {
	f, err := os.Open(k.logFile())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(since, io.SeekStart); err != nil {
		return err.Error()
	}
	const enough = 64 << 10
	text, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// soFar is the size of the log.
func (k *keeper) soFar() int64 {
	info, err := os.Stat(k.logFile())
	if err != nil {
		return 0
	}
	return info.Size()
}

// last are the last lines of the log.
func (k *keeper) last() string {
	text := k.said(max(0, k.soFar()-2000))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(slices.Compact(lines[max(0, len(lines)-6):]), " | ")
}

func wait(ctx context.Context, d time.Duration) error { return clock.Pause(ctx, d) }
