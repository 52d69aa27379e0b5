package journal_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func now() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openLog(t *testing.T, dir string) *journal.Log {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	l, err := journal.Open(t.Context(), journal.Config{Dir: dir, Origin: "log.example/registers", Key: key}, now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// look appends an entry about some persons.
func look(t *testing.T, l *journal.Log, number int, kind string, subjects ...string) int64 {
	t.Helper()
	s, err := l.Append(t.Context(), journal.Entry{
		Kind: kind, ID: fmt.Sprintf("look-%d", number), At: now().Add(time.Duration(number/2) * time.Minute), Subjects: subjects,
		Meta: fmt.Appendf(nil, `{"asker":"RS-DEMO/GOV/ZRENJANIN/family","role":"officer","holder":"RS-DEMO/GOV/REGISTERS/civil",
			"purpose":"family-support","provision":"zfpp/22/1","fields":["/born","/order"],"matter":"case-%d","other":[1]}`, number),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Index
}

func TestReceiptsFollowTheLog(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db, dir := open(journal.Migrations()), t.TempDir()
		l := openLog(t, dir)
		look(t, l, 0, "answer", "ana", "boris")
		look(t, l, 1, "request", "ana") // not a kind that is shown
		p := journal.Project(t.Context(), db, l, []string{"answer", "view"}, quiet())
		for i := 2; i < 9; i++ {
			look(t, l, i, "answer", "ana")
		}
		last := look(t, l, 9, "view", "boris", "boris")
		if err := p.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, db, "ana", 3); !reflect.DeepEqual(got, []string{"8", "7", "6", "5", "4", "3", "2", "0"}) {
			t.Errorf("receipts about ana = %v", got)
		}
		if got := ids(t, db, "boris", 1); !reflect.DeepEqual(got, []string{"9", "0"}) {
			t.Errorf("receipts about boris = %v", got)
		}
		if got := ids(t, db, "nobody", 0); len(got) != 0 {
			t.Errorf("receipts about nobody = %v", got)
		}
		receiptIsWhole(t, db)
		closeBoth(t, p, l)
	})
}

func receiptIsWhole(t *testing.T, db *storage.DB) {
	t.Helper()
	list, err := journal.Receipts(t.Context(), db, "boris", "", 1)
	if err != nil || len(list.Items) != 1 {
		t.Fatal(list, err)
	}
	want := journal.Receipt{
		Asker: "RS-DEMO/GOV/ZRENJANIN/family", Role: "officer", Holder: "RS-DEMO/GOV/REGISTERS/civil", Act: "view",
		Purpose: "family-support", Provision: "zfpp/22/1", Fields: []string{"/born", "/order"}, Matter: "case-9",
		Subject: "boris", Origin: "log.example/registers", Index: 9, ID: "look-9", Kind: "view", At: now().Add(4 * time.Minute),
	}
	if !reflect.DeepEqual(list.Items[0], want) {
		t.Errorf("receipt = %+v\nwant %+v", list.Items[0], want)
	}
}

// ids reads all pages and returns the numbers of what was found.
func ids(t *testing.T, db *storage.DB, subject string, limit int) []string {
	t.Helper()
	var list []string
	for key, pages := page.Key(""), 0; pages < 100; pages++ {
		p, err := journal.Receipts(t.Context(), db, subject, key, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			list = append(list, r.ID[len("look-"):])
		}
		if key = p.Next; key == "" {
			return list
		}
	}
	t.Fatal("the pages have no end")
	return nil
}

// A crash between the log and the database, or a projection that runs twice, leaves neither a gap nor a double.
func TestReceiptsAfterACrash(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db, dir := open(journal.Migrations()), t.TempDir()
		for round := range 3 {
			l := openLog(t, dir)
			p := journal.Project(t.Context(), db, l, []string{"answer"}, quiet())
			for i := range 5 {
				look(t, l, 5*round+i, "answer", "ana")
			}
			closeBoth(t, p, l) // wherever it was
			back := func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, "update journal_cursors set next = next / 2")
				return err
			}
			if err := db.Write(t.Context(), back); err != nil {
				t.Fatal(err)
			}
		}
		l := openLog(t, dir)
		p := journal.Project(t.Context(), db, l, []string{"answer"}, quiet())
		if err := p.WaitFor(t.Context(), l.Size()-1); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, db, "ana", 4); len(got) != 15 || got[0] != "14" {
			t.Errorf("receipts = %v", got)
		}
		closeBoth(t, p, l)
	})
}

func TestReceiptsRefuseStrangeKeys(t *testing.T) {
	db := testkit.Database(t, storage.SQLite)(journal.Migrations())
	for _, key := range []page.Key{"x", page.KeyOf("1"), page.KeyOf("a", "b", "c"), page.KeyOf("1", "b", "c")} {
		if _, err := journal.Receipts(t.Context(), db, "ana", key, 0); !errors.Is(err, journal.ErrPageKey) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

// An access is never hidden because it was badly described, and an erased one does not hold up the others.
func TestPoorAndErasedReceipts(t *testing.T) {
	db, l := testkit.Database(t, storage.SQLite)(journal.Migrations()), openLog(t, t.TempDir())
	look(t, l, 0, "answer", "erased")
	if _, err := l.Erase(t.Context(), "erased"); err != nil {
		t.Fatal(err)
	}
	s, err := l.Append(t.Context(), journal.Entry{Kind: "answer", ID: "look-1", Subjects: []string{"ana"}, Meta: []byte(`["poor"]`)})
	if err != nil {
		t.Fatal(err)
	}
	p := journal.Project(t.Context(), db, l, []string{"answer"}, quiet())
	if err := p.WaitFor(t.Context(), s.Index); err != nil {
		t.Fatal(err)
	}
	if got := append(ids(t, db, "ana", 0), ids(t, db, "erased", 0)...); !reflect.DeepEqual(got, []string{"1"}) {
		t.Errorf("receipts = %v", got)
	}
	closeBoth(t, p, l)
}

func closeBoth(t *testing.T, p *journal.Projection, l *journal.Log) {
	t.Helper()
	if err := errors.Join(p.Close(), l.Close()); err != nil {
		t.Error(err)
	}
}

// Receipts whose time is over go, but not one that was hidden until now; the log still has what they were made of.
func TestOldReceiptsAreForgotten(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(journal.Migrations())
		l := openLog(t, t.TempDir())
		p := journal.Project(t.Context(), db, l, []string{"answer"}, quiet())
		var last int64
		for i := range 1200 { // more than a batch, two a minute
			last = look(t, l, i, "answer", "ana")
		}
		hidden, err := l.Append(t.Context(), journal.Entry{Kind: "answer", At: now(), Subjects: []string{"boris"}, Meta: []byte(`{"hidden":{"until":"2027-01-01T00:00:00Z","provision":"x"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.WaitFor(t.Context(), hidden.Index), p.Close()); err != nil {
			t.Fatal(err)
		}
		left := func() (n int) {
			t.Helper()
			if err := db.Read(t.Context()).QueryRowContext(t.Context(), "select count(*) from journal_receipts").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		day := 24 * time.Hour
		for _, step := range []struct {
			before, now time.Time
			left        int
		}{
			{now().Add(-day), now().Add(day), 1201},
			{now().Add(552 * time.Minute), now().Add(day), 101}, // 550 minutes of two each; times may lie two minutes out of order
			{now().Add(2 * day), now().Add(3 * day), 1},
			{now().Add(90 * day), now().Add(91 * day), 0},
		} {
			before := left()
			n, err := journal.ForgetReceipts(t.Context(), db, l.Origin(), step.before, step.now)
			if got := left(); err != nil || got != step.left || n != int64(before-got) {
				t.Errorf("before %s: %d gone, %d left, want %d; %v", step.before, n, got, step.left, err)
			}
		}
		if e, _, err := l.Read(t.Context(), last); err != nil || e.Kind != "answer" {
			t.Errorf("the entry: %+v, %v", e, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
