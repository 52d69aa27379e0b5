package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
)

// jetStream is a server of a cluster for the nodes of a measurement. It runs the
// program of the laboratory itself.
type jetStream struct {
	name, binary, file, address string

	mu  sync.Mutex
	run *exec.Cmd // guarded by mu; nil while none runs
}

// jetStreams is a cluster.
type jetStreams []*jetStream

// startJetStream starts a cluster of so many servers that keep everything in a
// folder.
func startJetStream(ctx context.Context, binary, dir string, n int) (cluster jetStreams, err error) {
	clients, routes := make([]string, n), make([]string, n)
	for i := range n {
		a, errA := freeAddress()
		b, errB := freeAddress()
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		clients[i], routes[i] = a, b
	}
	for i := range n {
		s := &jetStream{name: fmt.Sprintf("jetstream-%d", i+1), binary: binary, address: clients[i], file: filepath.Join(dir, fmt.Sprintf("jetstream-%d.conf", i+1))}
		text := fmt.Sprintf("server_name: %s\nlisten: %q\nlog_file: %q\njetstream { store_dir: %q, max_mem: 64MB, max_file: 64GB }\n",
			s.name, s.address, filepath.Join(dir, s.name+".log"), filepath.Join(dir, s.name))
		if n > 1 {
			text += fmt.Sprintf("cluster { name: lab, listen: %q, no_advertise: true, routes: [\"nats://%s\"] }\n", routes[i], strings.Join(routes, "\", \"nats://"))
		}
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(s.file, []byte(text), 0o600)); err != nil {
			return cluster, errors.Join(err, cluster.stop())
		}
		cluster = append(cluster, s)
	}
	for _, s := range cluster {
		if err := s.Start(ctx); err != nil {
			return cluster, errors.Join(err, cluster.stop())
		}
	}
	return cluster, nil
}

// Name implements [Server].
func (s *jetStream) Name() string { return s.name }

// Start implements [Server].
func (s *jetStream) Start(ctx context.Context) error {
	run := exec.Command(s.binary, "jetstream", s.file)
	run.SysProcAttr, run.Stderr = childAttributes(), os.Stderr
	s.mu.Lock()
	err := run.Start()
	s.run = run
	s.mu.Unlock()
	for begun := time.Now(); err == nil; {
		conn, dialErr := net.DialTimeout("tcp", s.address, time.Second)
		if dialErr == nil {
			return conn.Close()
		}
		if time.Since(begun) > startPatience {
			return fmt.Errorf("%s does not answer: %w", s.name, dialErr)
		}
		err = clock.Pause(ctx, 50*time.Millisecond)
	}
	return err
}

// Kill implements [Server].
func (s *jetStream) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	err := s.run.Process.Kill()
	_ = s.run.Wait() // it was killed
	s.run = nil
	return err
}

func (c jetStreams) stop() error {
	var errs []error
	for _, s := range c {
		errs = append(errs, s.Kill())
	}
	return errors.Join(errs...)
}

// carry lets the nodes of configuration files have their streams here, each under a
// prefix of its own.
func (c jetStreams) carry(files map[string]string) error {
	var urls []string
	for _, s := range c {
		urls = append(urls, "nats://"+s.address)
	}
	for name, file := range files {
		err := reconfigure(file, func(cfg *node.Config) { cfg.Bus = node.Bus{URLs: urls, Prefix: name, Replicas: len(c)} })
		if err != nil {
			return err
		}
	}
	return nil
}
