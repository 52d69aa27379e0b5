package admission

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// Founding is what a machine is told that begins a federation: it becomes the
// node of the authority.
type Founding struct {
	Member     registry.ID // the authority
	Title      lang.Text
	Subsystems []string
	Node       string
	Dir        string   // folder of the node; its name when empty
	Listen     Surfaces // addresses; for those that are empty, free ones are found
	Address    string   // where the other nodes reach it, host:port; empty for Listen.Exchange
	PublicURL  string   // of the portal; empty for its address
	Recovery   int      // keys of recovery that are made
	Quorum     int      // how many of them decide
	// Read reads a configuration as the node itself does. Paths in it are relative
	// to file.
	Read func(file string, text []byte) (Configured, error)
	// Begin writes the first statements into the registry of the node configured in
	// file.
	Begin func(ctx context.Context, file string, first []registry.Statement) error
	Now   clock.Now
}

// Founded is a federation that can be served.
type Founded struct {
	Configured
	File     string   // the configuration to serve with
	Address  string   // where the other nodes reach the authority
	Key      string   // verifies the registry
	Recovery []string // files with the keys of recovery, to be taken away from here
}

// The names of the keys in the folder of an authority, besides those of every
// node.
const (
	registryKeyName = "registry.key"
	issuerKeyName   = "issuer.key"
	witnessKeyName  = "witness.key"
)

// Found makes the keys of the authority, its configuration, and the first
// statements of the registry: who keeps it, where, and by which keys that can be
// changed when its own key is lost. It may be interrupted anywhere and run again:
// what is there stays. Errors: "founding-form" when something is missing,
// "join-other-folder" when the folder is that of another node.
func Found(ctx context.Context, f Founding) (Founded, error) {
	if err := errors.Join(checkName(f.Member, f.Node)); err != nil || len(f.Title) == 0 || f.Quorum < 1 || f.Quorum > f.Recovery {
		return Founded{}, problem.New(problem.Invalid, "founding-form").Because(err)
	}
	if f.Dir == "" {
		f.Dir = f.Node
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return Founded{}, err
	}
	out := Founded{File: filepath.Join(f.Dir, "dobosh.yaml")}

	// Its keys.
	keys := map[string]ed25519.PrivateKey{}
	names := []string{tlsKeyName, logKeyName, registryKeyName, issuerKeyName, witnessKeyName}
	first := registry.Recovery{Quorum: f.Quorum}
	for i := range f.Recovery {
		name := "recovery.key"
		if f.Recovery > 1 {
			name = fmt.Sprintf("recovery-%d.key", i+1)
		}
		names, out.Recovery = append(names, name), append(out.Recovery, filepath.Join(f.Dir, name))
	}
	for _, name := range names {
		var err error
		if keys[name], err = credential.KeptKey(filepath.Join(f.Dir, name)); err != nil {
			return Founded{}, err
		}
	}
	verifier := func(origin, name string) (string, error) {
		key, err := journal.NewKey(origin, credential.PublicOf(keys[name]))
		return fmt.Sprint(key), err
	}
	for _, path := range out.Recovery {
		name := filepath.Base(path)
		key, err := verifier(f.Member.Instance+"/"+strings.TrimSuffix(name, ".key"), name)
		if err != nil {
			return Founded{}, err
		}
		first.Keys = append(first.Keys, key)
	}

	// Its configuration: the one that is there, or a new one.
	text, err := os.ReadFile(out.File)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return Founded{}, err
	}
	if fresh {
		host, err := ownHost("192.0.2.1:9") // TEST-NET-1: nothing is sent, only the own address is looked at
		if err != nil {
			host = "127.0.0.1" // a machine without a network
		}
		if err := f.Listen.choose(host, out.File); err != nil {
			return Founded{}, err
		}
		if f.PublicURL == "" {
			f.PublicURL = "http://" + f.Listen.Portal
		}
		text = f.text()
	}
	if out.Configured, err = f.Read(out.File, text); err != nil {
		return Founded{}, problem.New(problem.Invalid, "join-configuration").Because(err)
	}
	if out.Node != f.Node || out.Member != f.Member {
		return Founded{}, problem.New(problem.Conflict, "join-other-folder", "folder", f.Dir, "node", out.Node, "member", out.Member.String())
	}
	if out.Address = f.Address; out.Address == "" {
		out.Address = out.Exchange
	}
	if host, _, err := net.SplitHostPort(out.Address); err != nil || host == "" || net.ParseIP(host).IsUnspecified() {
		return Founded{}, problem.New(problem.Invalid, "join-address-form")
	}

	// What the registry says first.
	own := registry.Node{Member: f.Member, Name: f.Node, Address: out.Address}
	if own.TLS, err = credential.PinOf(keys[tlsKeyName].Public()); err != nil {
		return Founded{}, err
	}
	if own.Log, err = verifier(f.Member.String()+"/"+f.Node, logKeyName); err != nil {
		return Founded{}, err
	}
	if out.Key, err = verifier(f.Member.Instance+"/registry", registryKeyName); err != nil {
		return Founded{}, err
	}
	if fresh {
		if err := journal.WriteWhole(out.File, text); err != nil {
			return Founded{}, err
		}
	}
	return out, f.Begin(ctx, out.File, []registry.Statement{
		{Recovery: &first},
		{Member: &registry.Member{ID: f.Member, Title: f.Title, Subsystems: f.Subsystems}},
		{Node: &own},
	})
}

// text is the configuration of the authority, for people to go on with.
func (f Founding) text() []byte {
	var t configText
	t.line("# The configuration of the authority's node. \"dobosh config check FILE\" says what is wrong in it.")
	t.node(f.Node, f.Member, f.PublicURL, f.Listen, f.Address)
	t.line("keys: {tls: %s, log: %s, registry: %s, witness: %s}", tlsKeyName, logKeyName, registryKeyName, witnessKeyName)
	t.line("registry: {authority: true}")
	t.line("certificates: {issuer: %s}", issuerKeyName)
	t.line("witness_name: %s  # new nodes are told to have their journals cosigned here", f.Member.String()+"/witness")
	t.rest()
	return t.bytes()
}
