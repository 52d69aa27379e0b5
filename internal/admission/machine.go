package admission

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
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// Joining is what a machine that becomes a node is told.
type Joining struct {
	Token     string   // its text
	Dir       string   // folder of the new node; the name of the node when empty
	Listen    Surfaces // addresses; for those that are empty, free ones are found
	Address   string   // where the other nodes reach it, host:port; empty for Listen.Exchange
	PublicURL string   // of the portal; empty for its address
	// Read reads a configuration as the node itself does, and reports what is wrong
	// in it. Paths in it are relative to file.
	Read func(file string, text []byte) (Configured, error)
	Now  clock.Now
}

// Configured is what joining has to know of a node's configuration.
type Configured struct {
	Node     string
	Member   registry.ID
	Dir      string // where it keeps what is its own
	Exchange string // host:port at which it serves other nodes
}

// Joined is a node that the registry has.
type Joined struct {
	Configured
	File        string // the configuration to serve with
	Admitted    Admitted
	Unreachable error // why the authority could not connect back; nil when it could
}

// Join makes the keys of a node, has the authority admit it, and writes its
// configuration. It may be interrupted anywhere and run again: keys, certificate
// and configuration that are there stay. Errors: those of the token
// ("join-token-…"), of the clock ("join-clock-…"), "join-other-folder" when the
// folder is that of another node, "authority-away".
func Join(ctx context.Context, j Joining) (Joined, error) {
	token, err := ParseToken(j.Token)
	if err != nil {
		return Joined{}, err
	}
	if j.Dir == "" {
		j.Dir = token.Node
	}
	if err := os.MkdirAll(j.Dir, 0o700); err != nil {
		return Joined{}, err
	}
	in := machine{Joining: j, token: token}
	if in.tls, err = credential.KeptKey(in.path(tlsKeyName)); err != nil {
		return Joined{}, err
	}
	if in.log, err = credential.KeptKey(in.path(logKeyName)); err != nil {
		return Joined{}, err
	}
	if err := in.configure(); err != nil {
		return Joined{}, err
	}
	if err := in.reachedAt(); err != nil {
		return Joined{}, err
	}
	origin := token.Member.String() + "/" + token.Node
	key, err := journal.NewKey(origin, credential.PublicOf(in.log))
	if err != nil {
		return Joined{}, err
	}
	var not []string
	for chosen := j.Listen.Exchange == "" && j.Address == "" && in.fresh != nil; ; {
		in.admitted, err = Joiner{Token: token, TLS: in.tls, Log: fmt.Sprint(key), Address: in.address, Now: j.Now()}.Join(ctx)
		if !chosen || !problem.HasCode(err, "address-taken") || len(not) == portsTried {
			break
		}
		not, in.Listen.Exchange = append(not, in.cfg.Exchange), "" // of a node that was not started yet, of another account perhaps
		if err := errors.Join(in.configure(not...), in.reachedAt()); err != nil {
			return Joined{}, err
		}
	}
	if err != nil {
		return Joined{}, err
	}
	if len(in.admitted.Certificate) > 0 {
		if err := credential.Save(in.cfg.Dir, in.admitted.Certificate); err != nil {
			return Joined{}, err
		}
	}
	if in.fresh != nil { // the configuration comes last: where it is there, everything is
		if err := journal.WriteWhole(in.file(), in.fresh); err != nil {
			return Joined{}, err
		}
	}
	return Joined{Configured: in.cfg, File: in.file(), Admitted: in.admitted, Unreachable: in.reach(ctx)}, nil
}

// machine is one attempt of a machine to become a node.
type machine struct {
	Joining
	token    Token
	tls      ed25519.PrivateKey
	log      ed25519.PrivateKey
	cfg      Configured
	fresh    []byte // the text of a configuration that is not written yet
	address  string // where the other nodes reach it
	admitted Admitted
}

func (j *machine) path(name string) string { return filepath.Join(j.Dir, name) }
func (j *machine) file() string            { return j.path("dobosh.yaml") }

// The names of the keys in the folder of a node that joined.
const (
	tlsKeyName = "tls.key"
	logKeyName = "log.key"
)

// configure takes the configuration that is there, or makes one, for another
// address of the exchange than some.
func (j *machine) configure(not ...string) error {
	text, err := os.ReadFile(j.file())
	if err == nil {
		if j.cfg, err = j.Read(j.file(), text); err != nil {
			return err
		}
		if j.cfg.Node != j.token.Node || j.cfg.Member != j.token.Member {
			return problem.New(problem.Conflict, "join-other-folder", "folder", j.Dir, "node", j.cfg.Node, "member", j.cfg.Member.String())
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	own, err := ownHost(j.token.Address)
	if err != nil {
		return err
	}
	if err := j.Listen.choose(own, j.file(), not...); err != nil {
		return err
	}
	if j.PublicURL == "" {
		j.PublicURL = "http://" + j.Listen.Portal
	}
	j.fresh = j.text()
	if j.cfg, err = j.Read(j.file(), j.fresh); err != nil {
		return problem.New(problem.Invalid, "join-configuration").Because(err)
	}
	return nil
}

// reachedAt says where the other nodes reach this one.
func (j *machine) reachedAt() error {
	if j.address = j.Address; j.address != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(j.cfg.Exchange)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = ownHost(j.token.Address); err != nil {
			return err
		}
	}
	j.address = net.JoinHostPort(host, port)
	return nil
}

// reach has the authority connect back, and answers it here, unless the node
// itself runs already.
func (j *machine) reach(ctx context.Context) error {
	own, err := j.certificate()
	if err != nil {
		return err
	}
	if l, err := net.Listen("tcp", j.cfg.Exchange); err == nil {
		done := make(chan struct{})
		go func() { defer close(done); greetCallers(l, j.caller(own)) }()
		defer func() { _ = l.Close(); <-done }() // nobody is greeted any more
	}
	client := NewClient(j.token.Address, func(pin string) bool { return pin == j.token.Pin }, func() *tls.Certificate { return &own })
	_, err = client.Reachable(ctx, j.token.Secret)
	return err
}

func (j *machine) certificate() (tls.Certificate, error) {
	if len(j.admitted.Certificate) > 0 {
		return credential.Around(j.tls, j.admitted.Certificate)
	}
	return credential.SelfSigned(j.tls, j.token.Node, j.Now())
}

// caller lets the authority in, and nobody else.
func (j *machine) caller(own tls.Certificate) *tls.Config {
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
