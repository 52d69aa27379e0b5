package storage_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// processes opens one PostgreSQL database as two processes do.
func processes(t *testing.T) (one, other *storage.DB) {
	t.Helper()
	open := testkit.Database(t, storage.Postgres)
	return open(), open()
}

func TestANameIsHeldByOneOrShared(t *testing.T) {
	one, other := processes(t)
	hold := func(db *storage.DB, how storage.Holding) (*storage.Hold, error) {
		return db.Hold(t.Context(), "bus", how)
	}
	alone := testkit.Must[*storage.Hold](t)(hold(one, storage.Alone))
	for _, how := range []storage.Holding{storage.Alone, storage.Shared} {
		if _, err := hold(other, how); !errors.Is(err, storage.ErrHeld) {
			t.Errorf("held alone, and the error of another is %v", err)
		}
	}
	if _, err := other.Hold(t.Context(), "another name", storage.Alone); err != nil {
		t.Errorf("another name: %v", err)
	}
	alone.Release()
	alone.Release()
	testkit.Soon(t, "the holder is told", alone.Lost())
	for _, db := range []*storage.DB{one, other} {
		if _, err := hold(db, storage.Shared); err != nil {
			t.Errorf("shared: %v", err)
		}
	}
	if _, err := hold(other, storage.Alone); !errors.Is(err, storage.ErrHeld) {
		t.Errorf("shared, and the error of one who wants it alone is %v", err)
	}
}

// One of two processes does the work; when its connection breaks, or it ends, the
// other one does.
func TestOneProcessLeads(t *testing.T) {
	one, other := processes(t)
	var leads [2]atomic.Int32
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	first, stopFirst := context.WithCancel(ctx)
	lead := func(ctx context.Context, db *storage.DB, i int) {
		db.Lead(ctx, "work", quiet, func(ctx context.Context) {
			leads[i].Add(1)
			<-ctx.Done()
			leads[i].Add(-1)
		})
		ended <- struct{}{}
	}
	go lead(first, one, 0)
	testkit.Eventually(t, "the first leads", func() bool { return leads[0].Load() == 1 })
	go lead(ctx, other, 1)

	// The server ends all connections: whoever comes first leads.
	if _, err := one.Read(t.Context()).QueryContext(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "one of them leads", func() bool { return leads[0].Load()+leads[1].Load() == 1 })
	stopFirst()
	testkit.Eventually(t, "the other leads", func() bool { return leads[1].Load() == 1 })
	if leads[0].Load() != 0 {
		t.Error("both lead")
	}
	stop()
	for range 2 {
		testkit.Soon(t, "both end", ended)
	}
}

// A name is free as soon as the process that held it is gone, without a word.
func TestANameIsFreeWhenItsProcessIsGone(t *testing.T) {
	one, other := processes(t)
	if _, err := one.Hold(t.Context(), "bus", storage.Alone); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	testkit.Succeeds(t, "the other holds it", func() error {
		_, err := other.Hold(t.Context(), "bus", storage.Alone)
		return err
	})
	t.Logf("after %v", time.Since(begun))
	if _, err := one.Hold(t.Context(), "bus", storage.Alone); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("a closed database holds: %v", err)
	}
}

// A process that was stopped in the middle holds a name no longer than the server
// waits for a sign of it; when it goes on it is told.
func TestANameOfAStoppedProcessIsFree(t *testing.T) {
	stopped, other := processes(t)
	held := testkit.Must[*storage.Hold](t)(stopped.Hold(t.Context(), "bus", storage.Alone))
	thaw := storage.Freeze(stopped)
	testkit.Succeeds(t, "the other holds it", func() error {
		_, err := other.Hold(t.Context(), "bus", storage.Alone)
		return err
	})
	thaw()
	testkit.Soon(t, "the one that goes on is told", held.Lost())
}
