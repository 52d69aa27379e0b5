package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"dobosh/internal/lab/station"
)

const (
	startPatience = 60 * time.Second // for a node to become ready
	stopPatience  = 20 * time.Second // for a node to end when asked
)

// process is one node as a process, which may be killed and started again.
type process struct {
	name    string
	binary  string
	file    string // its configuration
	profile string // folder; empty for none
	cfg     station.Config

	mu      sync.Mutex
	command *exec.Cmd     // guarded by mu; nil while none runs
	ended   chan struct{} // guarded by mu; closed when command has ended
	spent   time.Duration // guarded by mu: CPU time of those that ended
}

func newProcess(name, binary, file, profile string) (*process, error) {
	cfg, err := station.Load(file)
	if err != nil {
		return nil, err
	}
	if profile != "" {
		profile = filepath.Join(profile, name)
	}
	return &process{name: name, binary: binary, file: file, profile: profile, cfg: cfg}, nil
}

// start runs the program and returns when the node is ready.
func (p *process) start(ctx context.Context) error {
	ended, err := p.launch()
	if err != nil {
		return err
	}
	return p.ready(ctx, ended)
}

// launch runs the program; ended is closed when it has ended.
func (p *process) launch() (ended chan struct{}, err error) {
	log, err := os.OpenFile(filepath.Join(filepath.Dir(p.file), "log.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	args := []string{"serve", "--config", p.file}
	if p.profile != "" {
		args = append(args, "--profile", p.profile)
	}
	command := exec.Command(p.binary, args...)
	command.Stdout, command.Stderr, command.SysProcAttr = log, log, childAttributes()
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	ended = make(chan struct{})
	p.mu.Lock()
	p.command, p.ended = command, ended
	p.mu.Unlock()
	go p.reap(command, ended)
	return ended, nil
}

// reap waits for the end of a process, so that its number is never somebody
// else's while it is known here.
func (p *process) reap(command *exec.Cmd, ended chan struct{}) {
	_ = command.Wait() // how it ended is seen in its state
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	p.command = nil
	close(ended)
}

func (p *process) ready(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if answersOK(ctx, "http://"+p.cfg.Node.Listen.Operations+"/readyz") {
			return nil
		}
		select {
		case <-look.C:
		case <-ended:
			return fmt.Errorf("%s ended at its start: see %s", p.name, filepath.Join(filepath.Dir(p.file), "log.txt"))
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w", p.name, ctx.Err())
		}
	}
}

func answersOK(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only its status counts
	return resp.StatusCode == http.StatusOK
}

// signal sends a signal to the process, if one runs, and waits for its end.
func (p *process) signal(s syscall.Signal, patience time.Duration) error {
	p.mu.Lock()
	command, ended := p.command, p.ended
	p.mu.Unlock()
	if command == nil {
		return nil
	}
	if err := command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s did not end within %s", p.name, patience)
	}
}

// kill ends the process without warning.
func (p *process) kill() error { return p.signal(syscall.SIGKILL, stopPatience) }

// stop asks the node to end, and kills it when it does not.
func (p *process) stop() error {
	err := p.signal(syscall.SIGTERM, stopPatience)
	if err != nil {
		err = errors.Join(err, p.kill())
	}
	return err
}

// memory is what a process holds, in bytes.
type memory struct {
	rss  int64 // resident, with the pages of the program that others use as well
	peak int64 // the most that was ever resident, of the process that runs now
	pss  int64 // resident, shared pages divided among those who use them (proc(5))
}

// usage is what a node takes of the machine.
type usage struct {
	cpu time.Duration // since its first start, all its processes
	memory
}

func (p *process) usage() usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := usage{cpu: p.spent}
	if p.command != nil {
		u = readUsage(p.command.Process.Pid)
		u.cpu += p.spent
	}
	return u
}
