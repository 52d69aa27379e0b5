package demo

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
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
	Stamps     int    `json:"stamps"`  // the authority for time-stamps
	Answers    int    `json:"answers"` // where the city takes what people answer by mail
}

// all lists where the ports stand, the city's first.
func (p *ports) all() []*int {
	return []*int{&p.City, &p.Registers, &p.Supervisor, &p.Provider, &p.Mailbox, &p.SMTP, &p.Edge, &p.Systems,
		&p.Operations[0], &p.Operations[1], &p.Operations[2], &p.Exchange[0], &p.Exchange[1], &p.Exchange[2], &p.Counter, &p.Stamps, &p.Answers}
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

// Blocks of ports lie below those that the system gives to outgoing connections
// (from 32768 on Linux), so that nobody is given one of them between the time
// that it was found free and the time that a node listens there.
const (
	firstBlock = 10_000
	lastPort   = 32_767
	tries      = 100
)

// takeFree finds a block of free ports, anywhere, so that demonstrations that
// start together seldom try the same.
func takeFree(host string, into []*int) error {
	blocks := (lastPort - firstBlock + 1) / len(into)
	for range tries {
		begin := firstBlock + rand.IntN(blocks)*len(into)
		for i, port := range into {
			*port = begin + i
		}
		if free(host, into) {
			return nil
		}
	}
	return errors.New("no free ports from 10000 to 32767")
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
