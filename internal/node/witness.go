package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"

	"golang.org/x/mod/sumdb/note"
)

// witnessedLogs are the logs that this node cosigns as a witness: those of the
// federation, and those from outside that its configuration names.
type witnessedLogs struct {
	inside  witness.Logs
	outside []WitnessLog
}

// Keys implements [witness.Logs].
func (w witnessedLogs) Keys(origin string) []note.Verifier {
	for _, l := range w.outside {
		key, err := journal.ParseKey(l.Key)
		if err == nil && (l.Origin == origin || l.Origin == "" && key.Name() == origin) {
			return []note.Verifier{key}
		}
	}
	return w.inside.Keys(origin)
}

func (c Config) witnessDir() string { return filepath.Join(c.Dir, "witness") }

// witnessBegun is there from when this node was a witness first, beside what it
// remembers: a witness that forgot would cosign a fork.
func (c Config) witnessBegun() string { return filepath.Join(c.Dir, "witness.begun") }

// remembers refuses a witness whose memory is gone.
func (b base) remembers() error {
	if _, err := os.Stat(b.witnessBegun()); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	_, err := os.Stat(b.witnessDir())
	if errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.Conflict, "witness-forgot", "folder", b.witnessDir())
	}
	return err
}

// known refuses to serve with a TLS key that is not the node's: the registry has
// another one, and nobody would take what it says.
func (b base) known(state *registry.State, pin string) error {
	own, there := state.Node(b.Member, b.Name)
	if !there || own.TLS == pin || own.Next == pin {
		return nil
	}
	return problem.New(problem.Conflict, "key-not-registered", "file", b.Keys.TLS, "pin", pin, "registered", own.TLS, "node", b.Name)
}

// Remembered is what a witness learned again of one log.
type Remembered struct {
	Origin string
	Size   int64 // entries; zero where nobody knows the log
}

// RecoverWitness makes the memory of a witness anew that lost it: for each log that
// it watches, the largest tree that other witnesses, named in its configuration,
// have cosigned, and of the registry what its own copy knows. The node does not run
// meanwhile.
func RecoverWitness(ctx context.Context, c Config, now clock.Now, log *slog.Logger) (all []Remembered, err error) {
	key, err := credential.ReadKey(c.Keys.Witness)
	if err != nil {
		return nil, err
	}
	own, err := c.calling(now)
	if err != nil {
		return nil, err
	}
	copied, closing, err := c.openCopy(ctx, now, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	logs := witnessedLogs{copied, c.WitnessLogs}
	origins := []string{copied.Key().Name()}
	for _, m := range copied.State().Members() {
		for _, n := range copied.State().Nodes(m.ID) {
			origins = append(origins, Origin(n.Member, n.Name))
		}
	}
	for _, l := range c.WitnessLogs {
		if key, err := journal.ParseKey(l.Key); err == nil && l.Origin == "" {
			l.Origin = key.Name()
		}
		origins = append(origins, l.Origin)
	}
	var peers []witness.Peer
	for _, w := range slices.Concat(c.Witnesses, c.Registry.Witnesses) {
		if key, err := journal.ParseKey(w.Key); err == nil && key.Name() != c.WitnessName {
			client := &http.Client{Timeout: 10 * time.Second}
			if w.URL == "" {
				transport := &http.Transport{TLSClientConfig: credential.Calling(own, w.Pin)}
				defer transport.CloseIdleConnections()
				client.Transport = transport
			}
			peers = append(peers, witness.Peer{URL: w.prefix(), Key: key, Client: client})
		}
	}
	server, err := witness.NewServer(witness.Config{Dir: c.witnessDir(), Name: c.WitnessName, Key: key, Logs: logs}, now, log)
	if err != nil {
		return nil, err
	}
	for _, origin := range origins {
		q := witness.Question{Peers: peers, Keys: logs.Keys(origin)}
		largest := witness.Largest(q.Newest(ctx, origin))
		if held := []byte(copied.Checkpoint()); origin == copied.Key().Name() && len(held) > 0 && copied.State().Size > largest.Size {
			largest = witness.Seen{Size: copied.State().Size, Signed: held}
		}
		if largest.Signed != nil {
			if err := server.Remember(largest.Signed); err != nil {
				return all, err
			}
		}
		all = append(all, Remembered{origin, largest.Size})
	}
	return all, nil
}
