package registry

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

var third = ID{"RS-TEST", "GOV", "THIRD", "", ""}

func catchUp(t *testing.T, f *Follower) {
	t.Helper()
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
}

func TestSplitViewIsFoundByComparing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		now := clock.NewManual(morning)
		statements := seed(t)
		first := newAuthority(t, statements...)
		others := map[string]*Authority{
			"of the same size": newAuthority(t, append([]Statement{memberSays(third)}, statements[:5]...)...),
			"shorter":          newAuthority(t, memberSays(third)),
		}
		server := serve(t, first)
		for name, other := range others {
			db := open(Migrations())
			f := newFollower(t, db, server, now.Now)
			catchUp(t, f)
			if err := f.Compare(t.Context(), []byte(first.Checkpoint())); err != nil {
				t.Errorf("the same history: %v", err)
			}
			if err := f.Compare(t.Context(), []byte(other.Checkpoint())); !errors.Is(err, ErrForked) {
				t.Errorf("another history, %s: %v", name, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			again := newFollower(t, open(Migrations()), server, now.Now)
			fork, ok := again.Forked()
			if !ok || fork.Ours != first.Checkpoint() || fork.Theirs != other.Checkpoint() || !fork.At.Equal(morning) {
				t.Errorf("another history, %s: the proof after a restart: %+v, %v", name, fork, ok)
			}
			if err := again.Sync(t.Context(), false); !errors.Is(err, ErrForked) {
				t.Errorf("another history, %s: followed again: %v", name, err)
			}
			clearFork(t, again)
		}
	})
}

// clearFork does what an operator does who knows which history is the right one.
func clearFork(t *testing.T, f *Follower) {
	t.Helper()
	err := f.store.(store).db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for _, table := range []string{"registry_fork", "registry_statements", "registry_hashes", "registry_checkpoint"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, f.store.(store).db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestSplitViewIsFoundWhenTheNodeCatchesUp(t *testing.T) {
	statements := seed(t)
	mine, theirs := newAuthority(t, statements...), newAuthority(t, append(statements, memberSays(third))...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, mine), clock.NewManual(morning).Now)
	catchUp(t, f)
	if err := f.Compare(t.Context(), []byte(theirs.Checkpoint())); err != nil {
		t.Fatalf("more than is known here: %v", err)
	}
	say(t, mine, memberSays(ID{"RS-TEST", "GOV", "OTHER", "", ""}))
	if err := f.Sync(t.Context(), false); !errors.Is(err, ErrForked) {
		t.Errorf("another seventh statement than others saw: %v", err)
	}
	if _, ok := f.Forked(); !ok {
		t.Error("no proof is kept")
	}
}

func TestSplitViewsOfOthersAreFound(t *testing.T) {
	statements := seed(t)
	mine := newAuthority(t, statements[:3]...)
	one, two := newAuthority(t, statements...), newAuthority(t, append([]Statement{memberSays(third)}, statements[:5]...)...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, mine), clock.NewManual(morning).Now)
	catchUp(t, f)
	if err := f.Compare(t.Context(), []byte(one.Checkpoint())); err != nil {
		t.Fatal(err)
	}
	if err := f.Compare(t.Context(), []byte(two.Checkpoint())); !errors.Is(err, ErrForked) {
		t.Errorf("two histories of which none is known here: %v", err)
	}
}

func TestWithheldCheckpointsDoNotCountAsContact(t *testing.T) {
	now := clock.NewManual(morning)
	statements := seed(t)
	mine, theirs := newAuthority(t, statements...), newAuthority(t)
	for _, st := range append(statements, memberSays(third)) {
		say(t, theirs, st)
	}
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, mine), now.Now)
	catchUp(t, f)
	if err := f.Compare(t.Context(), []byte(theirs.Checkpoint())); err != nil {
		t.Fatal(err)
	}
	now.Advance(toleration)
	catchUp(t, f) // news travel for a while
	held := f.Contact()
	now.Advance(time.Second)
	if err := f.Sync(t.Context(), false); !errors.Is(err, ErrWithheld) || !f.Contact().Equal(held) {
		t.Errorf("the authority hides what others saw: %v, contact %s", err, f.Contact())
	}
	say(t, mine, memberSays(third))
	catchUp(t, f)
	if !f.Contact().Equal(now.Now()) {
		t.Error("after it caught up the authority is still not believed")
	}
}

func TestCompareRefusesWhatIsNotTheRegistrys(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	text := journal.Checkpoint{Origin: origin, Size: 3}.Text()
	stranger, err := note.Sign(&note.Note{Text: text}, signerOf(t, "stranger"))
	if err != nil {
		t.Fatal(err)
	}
	for name, checkpoint := range map[string]string{"nothing": "", "unsigned": text, "of a stranger": string(stranger)} {
		if err := a.Compare(t.Context(), []byte(checkpoint)); err == nil || errors.Is(err, ErrForked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, forked := a.Forked(); forked {
		t.Error("a stranger made a fork")
	}
}

func TestGossipAsksOthers(t *testing.T) {
	one := newAuthority(t, seed(t)...)
	two := newAuthority(t, append([]Statement{memberSays(third)}, seed(t)[:5]...)...)
	server := serve(t, two.CheckpointHandler())
	ask := func(ctx context.Context, n Node) ([]byte, error) {
		if n.Member != state {
			t.Errorf("a node of %s was asked", n.Member)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			return nil, err
		}
		return Fetch(server.Client(), req)
	}
	g := Gossip{Registry: one.Registry, Self: city, Every: time.Millisecond, Ask: ask, Log: quiet}
	if err := g.Round(t.Context()); !errors.Is(err, ErrForked) {
		t.Errorf("another node shows another history: %v", err)
	}
}
