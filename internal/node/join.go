package node

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry/credential"
)

// Joining is what a machine that becomes a node is told.
type Joining struct {
	Token     string // its text
	Dir       string // folder of the new node; the name of the node when empty
	Listen    Listen // addresses; for those that are empty, free ones are found
	Address   string // where the other nodes reach it, host:port; empty for Listen.Exchange
	PublicURL string // of the portal; empty for its address
	Now       clock.Now
}

// Joined is a node that the registry has.
type Joined struct {
	File        string // the configuration to serve with
	Config      Config
	Admitted    admission.Admitted
	Unreachable error // why the authority could not connect back; nil when it could
}

// Join makes the keys of a node, has the authority admit it, and writes its
// configuration. It may be interrupted anywhere and run again: keys, certificate
// and configuration that are there stay. Errors: those of the token
// ("join-token-…"), of the clock ("join-clock-…"), "join-other-folder" when the
// folder is that of another node, "authority-away".
func Join(ctx context.Context, j Joining) (Joined, error) {
	token, err := admission.ParseToken(j.Token)
	if err != nil {
		return Joined{}, err
	}
	if j.Dir == "" {
		j.Dir = token.Node
	}
	in := joiner{Joining: j, token: token}
	for _, step := range []func(context.Context) error{in.keys, in.configure, in.admit, in.keep} {
		if err := step(ctx); err != nil {
			return Joined{}, err
		}
	}
	return Joined{File: in.file(), Config: in.cfg, Admitted: in.admitted, Unreachable: in.reach(ctx)}, nil
}

// joiner is one attempt to join.
type joiner struct {
	Joining
	token    admission.Token
	tls      ed25519.PrivateKey
	log      ed25519.PrivateKey
	cfg      Config
	fresh    bool // the configuration is not written yet
	address  string
	admitted admission.Admitted
}

func (j *joiner) path(name string) string { return filepath.Join(j.Dir, name) }
func (j *joiner) file() string            { return j.path("dobosh.yaml") }

// keys makes the keys of the node unless they are there.
func (j *joiner) keys(context.Context) (err error) {
	if err := os.MkdirAll(j.Dir, 0o700); err != nil {
		return err
	}
	if j.tls, err = keptKey(j.path(tlsKeyName)); err != nil {
		return err
	}
	j.log, err = keptKey(j.path(logKeyName))
	return err
}

// The names of the keys in the folder of a node that joined.
const (
	tlsKeyName = "tls.key"
	logKeyName = "log.key"
)

// keptKey reads a key, and makes it where there is none: whole or not at all.
func keptKey(path string) (ed25519.PrivateKey, error) {
	if _, err := os.Stat(path); err == nil {
		return ReadKey(path)
	}
	if err := os.Remove(path + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := MakeKey(path + ".new"); err != nil {
		return nil, err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, err
	}
	return ReadKey(path)
}

// configure takes the configuration that is there, or makes one.
func (j *joiner) configure(context.Context) (err error) {
	if _, err := os.Stat(j.file()); err == nil {
		if j.cfg, err = Load(j.file()); err != nil {
			return err
		}
		if j.cfg.Name != j.token.Node || j.cfg.Member != j.token.Member {
			return problem.New(problem.Conflict, "join-other-folder", "folder", j.Dir, "node", j.cfg.Name, "member", j.cfg.Member.String())
		}
		return j.reachedAt()
	}
	if err := j.chooseAddresses(); err != nil {
		return err
	}
	if j.cfg, err = Parse(j.text()); err != nil {
		return err
	}
	j.fresh = true
	j.cfg.resolve(j.Dir)
	if err := j.cfg.Check(); err != nil {
		return problem.New(problem.Invalid, "join-configuration").Because(err)
	}
	return j.reachedAt()
}

// reachedAt says where the other nodes reach this one.
func (j *joiner) reachedAt() error {
	if j.address = j.Address; j.address != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(j.cfg.Listen.Exchange)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = j.ownHost(); err != nil {
			return err
		}
	}
	j.address = net.JoinHostPort(host, port)
	return nil
}

// ownHost is the address by which this machine reaches the authority, so that
// the authority, and others, most likely reach it by the same.
func (j *joiner) ownHost() (string, error) {
	conn, err := net.Dial("udp", j.token.Address) // nothing is sent
	if err != nil {
		return "", problem.New(problem.Unavailable, "authority-away", "address", j.token.Address).Because(err)
	}
	defer func() { _ = conn.Close() }() // nothing was written
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	return host, err
}

// The ports that are tried first.
const (
	exchangePort   = 7443
	portalPort     = 8080
	edgePort       = 8081
	systemsPort    = 8082
	operationsPort = 8083
	portsTried     = 200
)

// chooseAddresses finds free ones where none were given. Only the exchange is
// for others; the rest begins on this machine alone.
func (j *joiner) chooseAddresses() error {
	own, err := j.ownHost()
	if err != nil {
		return err
	}
	taken := map[int]bool{}
	for _, surface := range []struct {
		address *string
		host    string
		port    int
	}{
		{&j.Listen.Exchange, own, exchangePort}, {&j.Listen.Portal, "127.0.0.1", portalPort}, {&j.Listen.Edge, "127.0.0.1", edgePort},
		{&j.Listen.Systems, "127.0.0.1", systemsPort}, {&j.Listen.Operations, "127.0.0.1", operationsPort},
	} {
		if *surface.address != "" {
			continue
		}
		if *surface.address, err = freeFrom(surface.host, surface.port, taken); err != nil {
			return err
		}
	}
	if j.PublicURL == "" {
		j.PublicURL = "http://" + j.Listen.Portal
	}
	return nil
}

// freeFrom is the first address of a host that nobody listens at, from a port
// on.
func freeFrom(host string, port int, taken map[int]bool) (string, error) {
	for p := port; p < port+portsTried; p++ {
		address := net.JoinHostPort(host, strconv.Itoa(p))
		if taken[p] || !free(address) {
			continue
		}
		taken[p] = true
		return address, nil
	}
	return "", fmt.Errorf("no port of %s is free from %d on: choose addresses", host, port)
}

func free(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// admit brings the token to the authority.
func (j *joiner) admit(ctx context.Context) error {
	key, err := journal.NewKey(Origin(j.token.Member, j.token.Node), PublicOf(j.log))
	if err != nil {
		return err
	}
	j.admitted, err = admission.Joiner{Token: j.token, TLS: j.tls, Log: fmt.Sprint(key), Address: j.address, Now: j.Now()}.Join(ctx)
	return err
}

// keep writes what the node begins with. The configuration comes last: where it
// is there, everything is.
func (j *joiner) keep(context.Context) error {
	if len(j.admitted.Certificate) > 0 {
		if err := SaveCertificate(j.cfg.Dir, j.admitted.Certificate); err != nil {
			return err
		}
	}
	if !j.fresh {
		return nil
	}
	return replaceFile(j.file(), j.text())
}

// reach has the authority connect back, and answers it here, unless the node
// itself runs already.
func (j *joiner) reach(ctx context.Context) error {
	own, err := j.certificate()
	if err != nil {
		return err
	}
	if l, err := net.Listen("tcp", j.cfg.Listen.Exchange); err == nil {
		done := make(chan struct{})
		go func() { defer close(done); greetCallers(l, j.caller(own)) }()
		defer func() { _ = l.Close(); <-done }() // nobody is greeted any more
	}
	client := admission.NewClient(j.token.Address, func(pin string) bool { return pin == j.token.Pin }, func() *tls.Certificate { return &own })
	_, err = client.Reachable(ctx)
	return err
}

func (j *joiner) certificate() (tls.Certificate, error) {
	if len(j.admitted.Certificate) > 0 {
		return credential.Around(j.tls, j.admitted.Certificate)
	}
	return credential.SelfSigned(j.tls, j.token.Node, j.Now())
}

// caller lets the authority in, and nobody else.
func (j *joiner) caller(own tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAnyClientCert,
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) == 0 || credential.Pin(c.PeerCertificates[0]) != j.token.Pin {
				return credential.ErrPeer
			}
			return nil
		},
	}
}

// reachPatience bounds one handshake with a caller.
const reachPatience = 5 * time.Second

// greetCallers shakes hands until the listener closes, one caller after the
// other.
func greetCallers(l net.Listener, cfg *tls.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.SetDeadline(time.Now().Add(reachPatience)) // a connection that takes none is closed below
		_ = tls.Server(conn, cfg).Handshake()               // who is no authority is let go
		_ = conn.Close()
	}
}
