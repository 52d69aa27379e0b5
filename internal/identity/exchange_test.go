package identity

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func alone(t *testing.T, open func(...fs.FS) *storage.DB) (*Identity, *clock.Manual) {
	t.Helper()
	at := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	config := Config{Issuer: "https://id.example", ClientID: "node", RedirectURL: "https://city.example/callback"}
	id, err := New(t.Context(), config, Needs{DB: open(Migrations()), Now: at.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = id.Close() })
	return id, at
}

// A provider that takes a code twice does not make a sign-in work twice.
func TestSignInWorksOnce(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		id, at := alone(t, open)
		l := login{State: "state", Ends: storage.Micros(at.Now().Add(loginLifetime))}
		r := httptest.NewRequest("GET", "/callback", nil)
		if _, err := id.exchange(r, l, facts{Account: "milica"}); err != nil {
			t.Fatal(err)
		}
		if _, err := id.exchange(r, l, facts{Account: "milica"}); !problem.HasCode(err, "sign-in-used") {
			t.Errorf("the second time: %v", err)
		}
		var sessions int
		err := id.db.Read(t.Context()).QueryRowContext(t.Context(), "select count(*) from identity_sessions").Scan(&sessions)
		if err != nil || sessions != 1 {
			t.Errorf("%d sessions, %v", sessions, err)
		}
	})
}

func TestSweepOfMany(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		id, at := alone(t, open)
		const many = 2*sweepLimit + 3
		err := id.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			for range many {
				if _, err := id.begin(ctx, tx, facts{Account: "milica"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		at.Advance(id.cfg.Idle)
		if n, err := id.Sweep(t.Context()); n != many || err != nil {
			t.Errorf("swept %d of %d: %v", n, many, err)
		}
	})
}

func TestBadNumberIsRefused(t *testing.T) {
	sectors, err := NewSectors(map[string][]byte{"family": make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	id := &Identity{sectors: sectors}
	for _, number := range []string{"1", "0403800855011", "not a number"} {
		if _, err := id.admit(t.Context(), claims{subject: "x", number: number}); !problem.HasCode(err, "sign-in-number") {
			t.Errorf("%q: %v", number, err)
		}
	}
}

func TestSealIsOfOneUse(t *testing.T) {
	s := newSecret()
	sealed, err := s.seal("login", []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.open("login", sealed); string(plain) != "plain" || err != nil {
		t.Errorf("%s %v", plain, err)
	}
	if _, err := s.open("session", sealed); err == nil {
		t.Error("opened for another use")
	}
	if _, err := newSecret().open("login", sealed); err == nil {
		t.Error("opened with another secret")
	}
	for i := range sealed {
		sealed[i] ^= 1
		if _, err := s.open("login", sealed); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		sealed[i] ^= 1
	}
}
