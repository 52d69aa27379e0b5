package admission

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/strict"
)

// Reserved are the addresses on this machine that were given to nodes which do
// not listen yet: nobody else can see that they are taken. They are kept in the
// account's folder for such things, and forgotten with the configuration that
// has them.
type reserved struct {
	lock    *os.File
	path    string
	owner   string             // configuration that addresses are found for
	holders map[string]holding // by port
}

// holding is who has a port.
type holding struct {
	File string    `json:"file"` // configuration
	At   time.Time `json:"at"`
}

const (
	maxReserved     = 1 << 20       // bytes of the file
	reservedForJoin = 2 * time.Hour // how long an address is kept for a configuration that is not written yet
)

// reservedFor reads what is reserved, and keeps others out until put. A machine
// without a folder for it reserves nothing.
func reservedFor(configuration string) (*reserved, error) {
	owner, err := filepath.Abs(configuration)
	if err != nil {
		return nil, err
	}
	r := &reserved{owner: owner, holders: map[string]holding{}}
	folder, err := os.UserCacheDir()
	if err != nil {
		return r, nil
	}
	folder = filepath.Join(folder, "dobosh")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return r, nil
	}
	r.path = filepath.Join(folder, "addresses.json")
	if r.lock, err = os.OpenFile(r.path+".lock", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(r.lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, r.lock.Close())
	}
	if raw, err := os.ReadFile(r.path); err == nil {
		_ = strict.Upto(maxReserved).AllowUnknown().Decode(raw, &r.holders) // a file that cannot be read reserves nothing
	}
	for port, h := range r.holders {
		if _, err := os.Stat(h.File); err != nil && time.Since(h.At) > reservedForJoin {
			delete(r.holders, port)
		}
	}
	return r, nil
}

// holds reports whether an address is given to another node of this machine.
func (r *reserved) holds(address string) bool {
	_, port, err := net.SplitHostPort(address)
	h, there := r.holders[port]
	return err == nil && there && h.File != r.owner
}

// put keeps the addresses of a node and lets others go on.
func (r *reserved) put(at Surfaces) error {
	if r.lock == nil {
		return nil
	}
	defer func() { _ = r.lock.Close() }() // which also unlocks it
	for port, h := range r.holders {
		if h.File == r.owner {
			delete(r.holders, port)
		}
	}
	for _, address := range []string{at.Exchange, at.Portal, at.Edge, at.Systems, at.Operations} {
		if _, port, err := net.SplitHostPort(address); err == nil && port != "0" {
			r.holders[port] = holding{File: r.owner, At: time.Now().UTC()}
		}
	}
	raw, err := json.Marshal(r.holders)
	if err != nil {
		return err
	}
	return journal.WriteWhole(r.path, raw)
}
