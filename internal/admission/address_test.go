package admission

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/registry"
)

// An address is of one node: who comes with that of another is refused, and its
// token stays good.
func TestAddressOfAnotherNodeIsRefused(t *testing.T) {
	r := newRig(t)
	in, _ := r.joined(city, "n1")
	j := r.joiner(r.offer(grant(city, "n2")))
	own := j.Address
	j.Address = in.Node.Address
	_, err := j.Join(t.Context())
	wantCode(t, err, "address-taken")
	j.Address = own
	if _, err := j.Join(t.Context()); err != nil {
		t.Errorf("the token was used up: %v", err)
	}
	// Two that come at once with one address: one of them.
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		j := r.joiner(r.offer(grant(city, fmt.Sprintf("at-once-%d", i))))
		j.Address = "127.0.0.1:1022"
		all.Go(func() { _, errs[i] = j.Join(t.Context()) })
	}
	all.Wait()
	came := 0
	for _, err := range errs {
		if err == nil {
			came++
			continue
		}
		wantCode(t, err, "address-taken")
	}
	if came != 1 {
		t.Errorf("%d nodes came with one address", came)
	}
}

// A node moves by its own word: the authority connects back to the new address
// before it believes it.
func TestNodeMoves(t *testing.T) {
	r := newRig(t)
	in, _ := r.joined(city, "n1")
	other, _ := r.joined(city, "n2")
	var dialled []string
	found := errors.New("nobody there")
	r.authority.Reaching(func(_ context.Context, n registry.Node) error {
		dialled = append(dialled, n.Address)
		return found
	})
	say := func(address string) error {
		n := in.Node
		n.Address = address
		st, err := registry.Statement{At: r.clock.Now(), Node: &n}.Sign(logSigner(t, city, "n1"))
		if err != nil {
			t.Fatal(err)
		}
		return r.authority.Submit(t.Context(), city, st)
	}
	wantCode(t, say("127.0.0.1:1021"), "address-unreachable")
	found = nil
	wantCode(t, say(other.Node.Address), "address-taken")
	if err := say("127.0.0.1:1021"); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.authority.State().Node(city, "n1"); now.Address != "127.0.0.1:1021" || len(dialled) != 2 {
		t.Errorf("the registry has %s; dialled: %q", now.Address, dialled)
	}
}

// A stranger hears of a clock, a key or a date only after a token was shown.
func TestStrangerHearsOneThing(t *testing.T) {
	r := newRig(t)
	token := r.offer(grant(city, "n1"))
	token.Secret = make([]byte, secretBytes)
	j := r.joiner(token)
	for name, change := range map[string]func(*Joiner){
		"as it should be": func(*Joiner) {}, "a clock that is off": func(j *Joiner) { j.Now = j.Now.Add(time.Hour) }, "no key of a journal": func(j *Joiner) { j.Log = "nonsense" },
		"no address": func(j *Joiner) { j.Address = "nowhere" },
	} {
		stranger := j
		change(&stranger)
		_, err := stranger.Join(t.Context())
		if wantCode(t, err, "join-token-unknown"); t.Failed() {
			t.Log(name)
		}
	}
}

// Two nodes of one machine never get the same ports, though none of them listens
// yet.
func TestTwoNodesOfOneMachineHavePortsOfTheirOwn(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	given := map[string]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			var s Surfaces
			file := filepath.Join(dir, fmt.Sprint(i), "dobosh.yaml")
			if err := s.choose("127.0.0.1", file); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, address := range []string{s.Exchange, s.Portal, s.Edge, s.Systems, s.Operations} {
				if of, taken := given[address]; taken {
					t.Errorf("%s is of %s and of %s", address, of, file)
				}
				given[address] = file
			}
		})
	}
	all.Wait()
	var again Surfaces
	if err := again.choose("127.0.0.1", filepath.Join(dir, "0", "dobosh.yaml")); err != nil || !strings.HasSuffix(given[again.Exchange], "0/dobosh.yaml") {
		t.Errorf("the same node gets another port: %+v %v", again, err)
	}
}
