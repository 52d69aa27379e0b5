package mailbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/notify/mailbox"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// lies is everything that lies somewhere: the table of mails, the store and the spool.
func (r *rig) lies() string {
	r.Helper()
	var all strings.Builder
	rows, err := r.db.Read(r.Context()).QueryContext(r.Context(), `select envelope, summary, reason, said, sign, thread, key, sealed from mailbox_mails`)
	_, err = storage.All(rows, err, func(scan storage.Scan) (string, error) {
		var text [6]string
		var key, sealed []byte
		err := scan(&text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &key, &sealed)
		fmt.Fprintf(&all, "%s %s %s\n", text, key, sealed)
		return "", err
	})
	r.must(err)
	stored, err := r.store.List(r.Context(), "")
	r.must(err)
	for _, file := range stored {
		all.WriteString(r.blob(file.Name))
	}
	spooled, err := filepath.Glob(filepath.Join(r.config.Spool, "*"))
	r.must(err)
	for _, path := range spooled {
		raw, err := os.ReadFile(path)
		r.must(err)
		all.Write(raw)
	}
	return all.String()
}

// stopping is a mail during whose arrival somebody looks.
type stopping struct {
	*strings.Reader
	look func()
}

func (s *stopping) Read(p []byte) (int, error) {
	if s.Len() < 100 {
		s.look()
	}
	return s.Reader.Read(p[:min(len(p), 64)])
}

// Of a mail nothing lies in the open, neither on its way in nor while it waits, nor afterwards.
func TestNothingOfAMailLiesInTheOpen(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		h := r.sends("n1", "thread-1")
		closed := func(when string) {
			t.Helper()
			all := r.lies()
			for _, open := range []string{"skrovito", "ana@b.example", "pisarnica@", "Ana <", "klevetnik"} {
				if strings.Contains(all, open) {
					t.Errorf("%s %q lies in the open", when, open)
				}
			}
		}
		looked := false
		raw := written(strings.Repeat("skrovito ", 20_000), "X-Sample: 1")
		r.must(r.Arrive(t.Context(), mailbox.Arrival{Source: "smtp", Envelope: mailbox.Envelope{From: "ana@b.example", To: []string{"pisarnica@city.example"}},
			Content: &stopping{strings.NewReader(raw), func() { looked = true; closed("on its way in") }}}))
		if !looked {
			t.Error("nobody looked")
		}
		r.arrives(written("skrovito", "X-Sample: 2"), "ana@b.example", h.ReplyTo)
		r.arrives(written("skrovito", "X-Sample: 3", "Auto-Submitted: auto-replied"), "ana@b.example", h.ReplyTo)
		closed("as it arrived")
		r.sorts()
		closed("as it waits")
		held := r.in(mailbox.Held)
		if len(held) != 1 || !strings.HasPrefix(held[0].Summary.Text, "skrovito") || r.original(held[0].ID) != raw {
			t.Fatalf("what waits cannot be read: %+v", held)
		}
		r.must(r.Dismiss(t.Context(), held[0].ID, "klevetnik", "vera"))
		closed("after it was dismissed")
		gone, err := r.Mailbox.Find(t.Context(), held[0].ID)
		r.must(err)
		if gone.Reason != "klevetnik" {
			t.Errorf("why it was dismissed: %q", gone.Reason)
		}
	})
}

// What is of a thread goes with it: at once for whoever has the key, within a day from the store.
func TestAnErasedThreadTakesItsMails(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		one, two := r.sends("n1", "thread-1"), r.sends("n2", "thread-2")
		r.arrives(written("један"), "ana@b.example", one.ReplyTo)
		r.arrives(written("исти", "Auto-Submitted: auto-replied"), "ana@b.example", one.ReplyTo)
		r.arrives(written("два"), "ana@b.example", two.ReplyTo)
		r.arrives(written("нигде"), "ana@b.example", "pisarnica@city.example")
		r.sorts()
		before := map[string]mailbox.Item{}
		for _, state := range []mailbox.State{mailbox.Filed, mailbox.Noted, mailbox.Held} {
			for _, item := range r.in(state) {
				before[item.ID] = item
			}
		}
		if len(before) != 4 || r.blobs() != 4 {
			t.Fatalf("%d mails, %d originals", len(before), r.blobs())
		}
		r.must(r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return mailbox.Erase(ctx, tx, "thread-1") }))
		for id, item := range before {
			if got, want := r.original(id) == "", item.Thread == "thread-1"; got != want {
				t.Errorf("the original of a mail of %q is gone: %v", item.Thread, got)
			}
		}
		r.must(r.Forget(t.Context()))
		if n := r.blobs(); n != 2 {
			t.Errorf("%d originals stay, want 2", n)
		}
		var keys int
		r.must(r.db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from mailbox_mails where key is not null`).Scan(&keys))
		if keys != 2 {
			t.Errorf("%d keys stay, want 2", keys)
		}
	})
}

// What a release before this one has kept as it came is read, and sealed by the next round.
func TestWhatLayInTheOpenIsSealed(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		raw := written("skrovito")
		for _, id := range []string{"m1", "m2", "m3"} {
			r.must(r.store.Put(t.Context(), "mail/"+id+"/original", strings.NewReader(raw), int64(len(raw))))
			r.must(r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				state, settled := "held", int64(0)
				if id == "m3" {
					state, settled = "dismissed", storage.Micros(r.clock.Now())
				}
				_, err := tx.ExecContext(ctx, `insert into mailbox_mails (id, digest, source, envelope, size, arrived_at, state, kind, sign, summary, settled_at, reason) values ($1, $1, 'smtp', $2, $3, $4, $5, 'person', 'no-thread', $6, $7, $8)`,
					id, `{"from":"ana@b.example","to":["pisarnica@city.example"]}`, len(raw), storage.Micros(r.clock.Now()), state, `{"from":{"email":"ana@b.example"},"to":null,"subject":"x","text":"skrovito","files":null}`, settled, "klevetnik")
				return err
			}))
		}
		if held := r.in(mailbox.Held); len(held) != 2 || held[0].Summary.Text != "skrovito" || r.original("m1") != raw {
			t.Fatalf("what lies in the open is not read: %+v", held)
		}
		r.must(r.Assign(t.Context(), "m1", "RS-thread-1", "vera"))
		r.must(r.Forget(t.Context()))
		r.must(r.Forget(t.Context()))
		all := r.lies()
		for _, open := range []string{"skrovito", "ana@b.example", "klevetnik"} {
			if strings.Contains(all, open) {
				t.Errorf("%q lies in the open", open)
			}
		}
		held := r.in(mailbox.Held)
		if len(held) != 1 || held[0].Summary.Text != "skrovito" || held[0].Summary.From.Email != "ana@b.example" || r.original("m1") != raw || r.original("m2") != raw || r.original("m3") != raw {
			t.Errorf("what was sealed does not open: %+v", held)
		}
		r.must(r.Assign(t.Context(), "m2", "RS-thread-2", "vera"))
		if r.replies["thread-1"][0].Text != "skrovito" || r.replies["thread-2"][0].Text != "skrovito" {
			t.Errorf("%+v", r.replies)
		}
		r.clock.Advance(91 * 24 * time.Hour)
		r.must(r.Forget(t.Context()))
		if stored, err := r.store.List(t.Context(), "mail/m3/"); err != nil || len(stored) > 0 {
			t.Errorf("%v stays, %v", stored, err)
		}
	})
}

// A store that has lost a mail, or gives that of another, is an error and no mail.
func TestAnotherOriginalDoesNotOpen(t *testing.T) {
	r := newRig(t, storage.SQLite)
	r.arrives(written("један"), "ana@b.example", "pisarnica@city.example")
	r.arrives(written("два!!"), "ana@b.example", "pisarnica@city.example")
	r.sorts()
	held := r.in(mailbox.Held)
	name := func(n int) string { return "mail/" + held[n].ID + "/sealed" }
	other := r.blob(name(1))
	r.must(r.store.Put(t.Context(), name(0), strings.NewReader(other), int64(len(other))))
	if _, err := r.Original(t.Context(), held[0].ID); err == nil {
		t.Error("the mail of another opens")
	}
	r.must(r.store.Delete(t.Context(), name(0)))
	if _, err := r.Original(t.Context(), held[0].ID); err == nil || strings.Contains(err.Error(), "b.example") {
		t.Errorf("a mail that is lost: %v", err)
	}
}
