package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// held opens an SQLite database whose writer is kept busy: whatever is written
// until release waits and then goes into one transaction together.
func held(t *testing.T) (db *storage.DB, release func()) {
	t.Helper()
	db = testkit.Database(t, storage.SQLite)(notes)
	running, gate := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() {
		// It shares the fate of the batch, which some tests spoil.
		_ = db.Write(t.Context(), func(context.Context, *storage.Tx) error {
			close(running)
			<-gate
			return nil
		})
	})
	<-running
	return db, func() { close(gate); holder.Wait() }
}

// line starts writes one after another so that they wait in this order, and
// returns their errors when they are done.
type line struct {
	db    *storage.DB
	group sync.WaitGroup
	mu    sync.Mutex
	errs  map[string]error // guarded by mu
}

func (l *line) add(t *testing.T, name string, ctx context.Context, fn func(context.Context, *storage.Tx) error) {
	before := storage.Waiting(l.db)
	l.group.Go(func() {
		err := l.db.Write(ctx, fn)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.errs == nil {
			l.errs = map[string]error{}
		}
		l.errs[name] = err
	})
	testkit.Eventually(t, "the write waits", func() bool { return storage.Waiting(l.db) > before })
}

func TestOneOfManyFails(t *testing.T) {
	db, release := held(t)
	wrong := errors.New("wrong")
	l := &line{db: db}
	l.add(t, "a", t.Context(), add("a"))
	l.add(t, "error", t.Context(), func(ctx context.Context, tx *storage.Tx) error { return errors.Join(add("x")(ctx, tx), wrong) })
	l.add(t, "panic", t.Context(), func(ctx context.Context, tx *storage.Tx) error { panic(add("y")(ctx, tx)) })
	l.add(t, "again", t.Context(), add("a"))
	l.add(t, "b", t.Context(), add("b"))
	release()
	l.group.Wait()
	if err := errors.Join(l.errs["a"], l.errs["b"]); err != nil {
		t.Error(err)
	}
	if !errors.Is(l.errs["error"], wrong) {
		t.Errorf("error is %v", l.errs["error"])
	}
	if err := l.errs["panic"]; err == nil || !strings.Contains(err.Error(), "panic in a write") {
		t.Errorf("panic is %v", err)
	}
	if !storage.IsUnique(l.errs["again"]) {
		t.Errorf("the second insert of the same is %v", l.errs["again"])
	}
	wantIDs(t, db, "a", "b")
}

func TestContextThatEndsWhileWaiting(t *testing.T) {
	db, release := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	l := &line{db: db}
	l.add(t, "gone", ctx, add("gone"))
	l.add(t, "stays", t.Context(), add("stays"))
	cancel()
	testkit.Eventually(t, "the write has returned", func() bool { // it returns though the writer is still held
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.errs["gone"] != nil
	})
	release()
	l.group.Wait()
	if !errors.Is(l.errs["gone"], context.Canceled) || l.errs["stays"] != nil {
		t.Errorf("errors are %v", l.errs)
	}
	wantIDs(t, db, "stays")
}

func TestContextThatEndsWhileRunning(t *testing.T) {
	db, release := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := &line{db: db}
	l.add(t, "a", t.Context(), add("a"))
	l.add(t, "between statements", ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := add("x")(ctx, tx); err != nil {
			return err
		}
		cancel()
		return add("y")(ctx, tx)
	})
	last, cancelLast := context.WithCancel(t.Context())
	l.add(t, "after the last", last, func(ctx context.Context, tx *storage.Tx) error {
		defer cancelLast()
		return add("z")(ctx, tx)
	})
	l.add(t, "b", t.Context(), add("b"))
	release()
	l.group.Wait()
	for _, name := range []string{"between statements", "after the last"} {
		if !errors.Is(l.errs[name], context.Canceled) {
			t.Errorf("%s: %v, want it cancelled", name, l.errs[name])
		}
	}
	if err := errors.Join(l.errs["a"], l.errs["b"]); err != nil {
		t.Error(err)
	}
	wantIDs(t, db, "a", "b")
}

func TestFunctionThatEndsItsGoroutine(t *testing.T) {
	db, release := held(t)
	l := &line{db: db}
	l.add(t, "a", t.Context(), add("a"))
	l.add(t, "exit", t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.QueryContext(ctx, `select id from notes`); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	l.add(t, "b", t.Context(), add("b"))
	release()
	l.group.Wait()
	if l.errs["exit"] == nil || l.errs["a"] == nil {
		t.Errorf("errors are %v, want one for all of the batch", l.errs)
	}
	if l.errs["b"] != nil {
		t.Errorf("the next write: %v", l.errs["b"])
	}
	wantIDs(t, db, "b")
}

// A function that ends the shared transaction itself takes the others with it,
// but each of them learns of it, and the writer goes on.
func TestFunctionThatEndsTheTransaction(t *testing.T) {
	for _, statement := range []string{"rollback", "release job"} {
		t.Run(statement, func(t *testing.T) {
			db, release := held(t)
			l := &line{db: db}
			l.add(t, "a", t.Context(), add("a"))
			l.add(t, "ends", t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, statement)
				return err
			})
			release()
			l.group.Wait()
			if l.errs["a"] == nil || l.errs["ends"] == nil {
				t.Errorf("errors are %v, want one for each", l.errs)
			}
			if err := db.Write(t.Context(), add("c")); err != nil {
				t.Error(err)
			}
			wantIDs(t, db, "c")
		})
	}
}

// The foreign key of children is checked at the commit.
func TestCommitThatFailsFailsAll(t *testing.T) {
	db, release := held(t)
	l := &line{db: db}
	l.add(t, "a", t.Context(), add("a"))
	l.add(t, "orphan", t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into children (parent) values ('nobody')`)
		return err
	})
	release()
	l.group.Wait()
	if l.errs["a"] == nil || l.errs["orphan"] == nil {
		t.Errorf("errors are %v, want one for each", l.errs)
	}
	if err := db.Write(t.Context(), add("b")); err != nil {
		t.Error(err)
	}
	wantIDs(t, db, "b")
}

func TestHooksRunInOrderAndBeforeWriteReturns(t *testing.T) {
	db, release := held(t)
	var order []string // the writer appends; read after all returned
	var want []string
	l := &line{db: db}
	for i := range 20 {
		name := fmt.Sprintf("%02d", i)
		want = append(want, name+" first", name+" second")
		l.add(t, name, t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			tx.AfterCommit(func() { order = append(order, name+" first") })
			tx.AfterCommit(func() { order = append(order, name+" second"); panic("does no harm") })
			return add(name)(ctx, tx)
		})
	}
	release()
	l.group.Wait()
	if !slices.Equal(order, want) {
		t.Errorf("order is %q, want %q", order, want)
	}
}

func TestSignalsWakeOnlyAfterACommit(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		wake, stop := db.Listen("post")
		signal := func(fail error) func(context.Context, *storage.Tx) error {
			return func(_ context.Context, tx *storage.Tx) error { tx.Signal("post"); return fail }
		}
		woken := func() bool {
			select {
			case <-wake:
				return true
			default:
				return false
			}
		}
		_ = db.Write(t.Context(), signal(errors.New("rolled back")))
		if woken() {
			t.Error("a rolled back write woke")
		}
		for range 2 { // the second finds the first still unread, and does not block
			if err := db.Write(t.Context(), signal(nil)); err != nil {
				t.Fatal(err)
			}
		}
		if !woken() || woken() {
			t.Error("two commits are not one wake-up")
		}
		stop()
		_ = db.Write(t.Context(), signal(nil))
		if woken() {
			t.Error("woken after stop")
		}
	})
}

func TestManyWriters(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(notes)
		const writers, each = 32, 10
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range each {
					err := db.Write(t.Context(), add(fmt.Sprintf("%02d-%02d", w, i)))
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if n := len(ids(t, db)); n != writers*each {
			t.Errorf("%d notes, want %d", n, writers*each)
		}
	})
}

func TestCloseLetsNoWriteHang(t *testing.T) {
	db, release := held(t)
	l := &line{db: db}
	for i := range 10 {
		l.add(t, fmt.Sprint(i), t.Context(), add(fmt.Sprint(i)))
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	release()
	l.group.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	for name, err := range l.errs {
		if err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
