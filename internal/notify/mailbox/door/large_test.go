package door_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/door"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// nobody has no threads and learns nothing.
type nobody struct{}

func (nobody) Keep(context.Context, string, io.Reader) (any, error) { return nil, nil }
func (nobody) Reply(context.Context, *storage.Tx, string, mailbox.Mail) error {
	return problem.New(problem.NotFound, "thread-unknown")
}
func (nobody) Open(context.Context, string) ([]string, error) { return nil, nil }
func (nobody) Find(context.Context, string) (string, error) {
	return "", problem.New(problem.NotFound, "thread-unknown")
}
func (nobody) Returned(context.Context, *storage.Tx, string, mailbox.Return) error { return nil }

// A mail of more than 200 MB is refused while its sender is there: at once where it says how large it is, at its end where it does not.
// Nothing of it stays, and it is never in memory. One of 199 MB is taken, whole.
func TestAMailOf200MB(t *testing.T) {
	if testing.Short() {
		t.Skip("streams 400 MB")
	}
	key, err := seal.New(bytes.Repeat([]byte{9}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	db, spool, store := testkit.Database(t, storage.SQLite)(work.Migrations(), mailbox.Migrations()), t.TempDir(), files.Folder(t.TempDir())
	log := slog.New(slog.DiscardHandler)
	runner := work.New(db, time.Now, log, "one")
	box, err := mailbox.New(mailbox.Config{Domain: "city.example", Desks: []string{"office@city.example"}, Keys: [][]byte{make([]byte, 32)}, Seal: key, Spool: spool}, db, store, runner, nobody{}, nobody{}, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := door.Open(listener, door.Config{}, box, time.Now, log)
	t.Cleanup(func() { _ = d.Close() })
	c := dial(t, listener.Addr().String())
	_ = c.SetDeadline(time.Now().Add(10 * time.Minute))
	c.wants(c.hear(), "220")
	c.wants(c.say("EHLO b.example"), "250")
	c.wants(c.say("MAIL FROM:<ana@b.example> SIZE=%d", mailbox.LargestMail+1), "552")

	line := []byte(strings.Repeat("x", 996) + "\r\n")
	block := bytes.Repeat(line, 1000)
	streams := func(mb int) string {
		c.wants(c.say("MAIL FROM:<ana@b.example>"), "250")
		c.wants(c.say("RCPT TO:<office@city.example>"), "250")
		c.wants(c.say("DATA"), "354")
		if _, err := fmt.Fprintf(c, "From: ana@b.example\r\nSubject: %d\r\n\r\n", mb); err != nil {
			t.Fatal(err)
		}
		for range mb {
			if _, err := c.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		return c.say(".")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c.wants(streams(220), "552")
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
		t.Errorf("the memory has grown by %d MB", grown>>20)
	}
	if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
		t.Errorf("%d files stay in the spool, %v", len(left), err)
	}
	if stored, err := store.List(t.Context(), ""); err != nil || len(stored) > 0 {
		t.Errorf("%v is in the store, %v", stored, err)
	}
	c.wants(streams(199), "250")
	stored, err := store.List(t.Context(), "")
	if err != nil || len(stored) != 1 || stored[0].Size < 199*int64(len(block)) {
		t.Errorf("%v is in the store, %v", stored, err)
	}
}
