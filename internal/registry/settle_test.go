package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// recoverySays names keys of recovery, of whom a quorum decides.
func recoverySays(tb testing.TB, quorum int, names ...string) Statement {
	tb.Helper()
	r := Recovery{Quorum: quorum}
	for _, name := range names {
		r.Keys = append(r.Keys, fmt.Sprint(verifierOf(tb, name)))
	}
	return Statement{Recovery: &r}
}

// shows lets a copy be asked as a node shows it to others.
func shows(tb testing.TB, r *Registry) (*httptest.Server, Mirror) {
	tb.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, r)
	mux.Handle("GET "+ContinuationsPath, r.Continuations())
	server := serve(tb, mux)
	return server, Mirror{Registry: server.URL + Path, Client: server.Client()}
}

func followerOf(tb testing.TB, db *storage.DB, from Mirror) *Follower {
	tb.Helper()
	f, err := NewFollower(tb.Context(), db, verifierOf(tb, origin), from.Registry, from.Client, clock.NewManual(morning).Now, quiet)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// keptOn makes an authority say that it is the node of the city.
func keptOn(tb testing.TB, a *Authority, key string) *Authority {
	tb.Helper()
	a.Kept(verifierOf(tb, key), *nodeSays(tb, city, "n1").Node)
	return a
}

var (
	recoveryOne, recoveryTwo = "RS-TEST/recovery-1", "RS-TEST/recovery-2"
	other                    = ID{"RS-TEST", "GOV", "OTHER", "", ""}
)

// An authority whose database is gone, or is an old one, begins no second history
// when it has heard of the first; it gets it back from any node that follows.
func TestLostRegistryIsRestoredFromAFollower(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		a := newAuthority(t, seed(t)...)
		_, at := shows(t, a.Registry)
		f := followerOf(t, open(Migrations()), at)
		catchUp(t, f)
		_, from := shows(t, f.Registry)
		for name, before := range map[string][]Statement{"nothing left": nil, "an old copy": seed(t)[:2]} {
			lost := newAuthority(t, before...)
			if err := lost.Compare(t.Context(), []byte(f.Checkpoint())); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := lost.Append(t.Context(), memberSays(third)); !problem.HasCode(err, "registry-lost") || lost.Checkpoint() == f.Checkpoint() {
				t.Errorf("%s: a second history was begun: %v", name, err)
			}
			if added, err := lost.Restore(t.Context(), from, "test"); err != nil || added != int64(6-len(before)) {
				t.Errorf("%s: %d statements, %v", name, added, err)
			}
			if lost.Checkpoint() != a.Checkpoint() || !lost.State().equal(a.State()) {
				t.Errorf("%s: what was restored is not what was lost", name)
			}
			say(t, lost, memberSays(third))
			if proved, _, err := lost.ProveAll(t.Context(), []int64{0, 6}); err != nil || len(proved) != 2 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A fork is ended by the keys of recovery, who name the head that is given up:
// nodes that said "forked" go on, whichever of the histories they knew.
func TestForkIsEnded(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		statements := append([]Statement{recoverySays(t, 1, recoveryOne)}, seed(t)...)
		first := newAuthority(t, statements...)
		_, atFirst := shows(t, first.Registry)
		db := open(Migrations())
		f := followerOf(t, db, atFirst)
		catchUp(t, f)
		_, from := shows(t, f.Registry)

		second := keptOn(t, newAuthority(t, statements[:3]...), origin) // the database was lost, and nobody was asked
		say(t, second, memberSays(third))
		_, atSecond := shows(t, second.Registry)
		f.sources[0] = atSecond
		late := followerOf(t, testkit.Database(t, storage.SQLite)(Migrations()), atSecond) // came meanwhile
		catchUp(t, late)
		if err := f.Sync(t.Context(), false); !errors.Is(err, ErrBehind) && !errors.Is(err, ErrForked) {
			t.Fatalf("the second history: %v", err)
		}
		if err := errors.Join(f.Compare(t.Context(), []byte(second.Checkpoint())), late.Compare(t.Context(), []byte(first.Checkpoint()))); !errors.Is(err, ErrForked) {
			t.Fatalf("the second history: %v", err)
		}
		if err := second.Compare(t.Context(), []byte(f.Checkpoint())); err != nil && !errors.Is(err, ErrForked) {
			t.Fatal(err)
		}

		if _, err := second.Restore(t.Context(), from, "test"); !problem.HasCode(err, "registry-two-histories") {
			t.Errorf("without the keys of recovery: %v", err)
		}
		if _, err := second.Restore(t.Context(), from, "test", signerOf(t, recoveryTwo)); !errors.Is(err, ErrContinuation) {
			t.Errorf("with a key that is none of recovery: %v", err)
		}
		if _, err := second.Restore(t.Context(), from, "the database was lost", signerOf(t, recoveryOne)); err != nil {
			t.Fatal(err)
		}
		say(t, second, memberSays(other))
		for name, node := range map[string]*Follower{"that knew the first": f, "that knew the second": late} {
			for range 2 {
				if err := node.Sync(t.Context(), false); err != nil {
					t.Errorf("a node %s: %v", name, err)
				}
			}
			if _, forked := node.Forked(); forked || node.Checkpoint() != second.Checkpoint() || !node.State().equal(second.State()) {
				t.Errorf("a node %s did not go on: %d of %d statements", name, node.State().Size, second.State().Size)
			}
			if _, known := node.State().Member(third); known {
				t.Errorf("a node %s still has what was given up", name)
			}
			if err := node.Compare(t.Context(), []byte(late.Checkpoint())); err != nil {
				t.Errorf("a node %s: %v", name, err)
			}
		}
		// A fork that is made afterwards is one.
		again := newAuthority(t, append(statements, memberSays(third), memberSays(other))...)
		if err := f.Compare(t.Context(), []byte(again.Checkpoint())); !errors.Is(err, ErrForked) {
			t.Errorf("another fork: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if back := followerOf(t, open(Migrations()), atSecond); back.State().Size != second.State().Size {
			t.Errorf("after a restart: %d statements", back.State().Size)
		} else {
			clearFork(t, back)
		}
	})
}

// A standby that follows takes the registry over by a statement that as many keys
// of recovery have signed as were named at the founding. Every node verifies it, and
// the former key counts for nothing that came after.
func TestStandbyIsPromoted(t *testing.T) {
	a := newAuthority(t, append([]Statement{recoverySays(t, 2, recoveryOne, recoveryTwo, "RS-TEST/recovery-3")}, seed(t)...)...)
	server, at := shows(t, a.Registry)
	db := testkit.Database(t, storage.SQLite)(Migrations())
	catchUp(t, followerOf(t, db, at))
	f := followerOf(t, testkit.Database(t, storage.SQLite)(Migrations()), at)
	catchUp(t, f)
	server.Close()

	// The standby has a key of its own, of the same name.
	signer, verifier := secondKey(t)
	promote := func(keys ...string) (*Authority, error) {
		standby, err := NewAuthority(t.Context(), db, signer, verifierOf(t, origin), clock.NewManual(morning).Now)
		if err != nil {
			t.Fatal(err)
		}
		standby.Kept(verifier, *nodeSays(t, state, "n1").Node)
		var recovery []note.Signer
		for _, key := range keys {
			recovery = append(recovery, signerOf(t, key))
		}
		return standby, standby.Continue(t.Context(), "the machine burned", nil, recovery...)
	}
	standby, err := promote(recoveryOne)
	if !errors.Is(err, ErrContinuation) {
		t.Errorf("one key of two: %v", err)
	}
	if err := standby.Append(t.Context(), memberSays(third)); !problem.HasCode(err, "registry-kept-elsewhere") {
		t.Errorf("a standby that nobody promoted says something: %v", err)
	}
	if standby, err = promote(recoveryOne, recoveryTwo); err != nil {
		t.Fatal(err)
	}
	say(t, standby, memberSays(third))
	_, there := shows(t, standby.Registry)
	f.Also(nil, there)
	if err := f.Sync(t.Context(), false); err == nil {
		t.Error("an authority that is gone was followed")
	}
	f.next()
	catchUp(t, f)
	keeper, decided := f.State().Keeper()
	if _, known := f.State().Member(third); !known || !decided || keeper.Member != state || f.Key().KeyHash() != verifier.KeyHash() {
		t.Errorf("the promotion is not followed: %+v", keeper)
	}
	// The former authority comes back and knows nothing of it.
	if err := f.Compare(t.Context(), []byte(a.Checkpoint())); err != nil {
		t.Errorf("a checkpoint of before: %v", err)
	}
	say(t, a, memberSays(other), memberSays(ID{"RS-TEST", "GOV", "FIFTH", "", ""}), memberSays(ID{"RS-TEST", "GOV", "SIXTH", "", ""}))
	if err := f.Compare(t.Context(), []byte(a.Checkpoint())); err == nil || errors.Is(err, ErrForked) {
		t.Errorf("the former key was believed: %v", err)
	}
	_, zombie := shows(t, a.Registry)
	f.sources[0] = zombie
	if err := f.Sync(t.Context(), false); err == nil {
		t.Error("the former authority was followed")
	}
	if _, forked := f.Forked(); forked {
		t.Error("the former authority made a fork")
	}
	// A node that comes now is told the new key, or the old one.
	for name, key := range map[string]note.Verifier{"the new key": verifier, "the old key": verifierOf(t, origin)} {
		fresh, err := NewFollower(t.Context(), testkit.Database(t, storage.SQLite)(Migrations()), key, there.Registry, there.Client, clock.NewManual(morning).Now, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if err := fresh.Sync(t.Context(), false); err != nil || fresh.Checkpoint() != standby.Checkpoint() {
			t.Errorf("a node that was told %s: %v", name, err)
		}
	}
}

// secondKey is another key of the name of the registry.
func secondKey(tb testing.TB) (note.Signer, note.Verifier) {
	tb.Helper()
	return namedKey(tb, origin, "the second")
}
