package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// ports are where everything of a demonstration listens.
type ports struct {
	City       int    `json:"city"`
	Registers  int    `json:"registers"`
	Supervisor int    `json:"supervisor"`
	Provider   int    `json:"provider"`
	Mailbox    int    `json:"mailbox"`
	SMTP       int    `json:"smtp"`
	Edge       int    `json:"edge"`
	Systems    int    `json:"systems"`
	Operations [3]int `json:"operations"` // city, registers, supervisor
	Exchange   [3]int `json:"exchange"`
	Counter    int    `json:"counter"`
	Stamps     int    `json:"stamps"` // the authority for time-stamps
}

// all lists where the ports stand, the city's first.
func (p *ports) all() []*int {
	return []*int{&p.City, &p.Registers, &p.Supervisor, &p.Provider, &p.Mailbox, &p.SMTP, &p.Edge, &p.Systems,
		&p.Operations[0], &p.Operations[1], &p.Operations[2], &p.Exchange[0], &p.Exchange[1], &p.Exchange[2], &p.Counter, &p.Stamps}
}

// choosePorts lays the ports out one after the other from the first. For port
// 0 it takes free ones, the same as last time where they are still free.
func choosePorts(host string, first int, dir string) (ports, error) {
	var p ports
	if first != 0 {
		for i, port := range p.all() {
			*port = first + i
		}
		return p, nil
	}
	remembered := filepath.Join(dir, "ports.json")
	if raw, err := os.ReadFile(remembered); err == nil && json.Unmarshal(raw, &p) == nil && free(host, p.all()) {
		return p, nil
	}
	if err := takeFree(host, p.all()); err != nil {
		return p, err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return p, err
	}
	return p, os.WriteFile(remembered, raw, 0o600)
}

func free(host string, wanted []*int) bool {
	for _, port := range wanted {
		listener, err := net.Listen("tcp", address(host, *port))
		if err != nil {
			return false
		}
		_ = listener.Close() // only tried
	}
	return true
}

// takeFree asks the system for free ports, holding all until it has them, so
// that they are different.
func takeFree(host string, into []*int) (err error) {
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			err = errors.Join(err, listener.Close())
		}
	}()
	for _, port := range into {
		listener, err := net.Listen("tcp", address(host, 0))
		if err != nil {
			return fmt.Errorf("no free port: %w", err)
		}
		held = append(held, listener)
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return nil
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
