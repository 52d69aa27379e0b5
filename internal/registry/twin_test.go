package registry

import (
	"errors"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func TestTwinFollowsForItself(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	server := serve(t, a)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), server, clock.NewManual(morning).Now)
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	twin := f.Twin(server.URL, server.Client())
	say(t, a, Statement{End: &End{Contract: "births", Reason: "test"}}, memberSays(ID{"RS-TEST", "GOV", "NEW", "", ""}))
	if err := twin.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, there := twin.State().Contract("births"); there || twin.State().Size != 8 || twin.Checkpoint() != a.Checkpoint() {
		t.Errorf("the twin knows %d statements", twin.State().Size)
	}
	if err := twin.Wait(t.Context(), 7); err != nil {
		t.Errorf("wait for what is known: %v", err)
	}
	if f.State().Size != 6 {
		t.Errorf("the twin changed the one it came from: %d statements", f.State().Size)
	}
	if _, err := twin.Delta(t.Context(), 0); !errors.Is(err, errUnkept) {
		t.Errorf("a twin hands statements on: %v", err)
	}
}

func TestTwinBelievesNoOtherHistory(t *testing.T) {
	a := newAuthority(t, seed(t)...)
	f := newFollower(t, testkit.Database(t, storage.SQLite)(Migrations()), serve(t, a), clock.NewManual(morning).Now)
	if err := f.Sync(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	other := newAuthority(t, append(seed(t)[:5:5], memberSays(ID{"RS-TEST", "GOV", "OTHER", "", ""}), memberSays(ID{"RS-TEST", "GOV", "NEW", "", ""}))...)
	server := serve(t, other)
	twin := f.Twin(server.URL, server.Client())
	if err := twin.Sync(t.Context(), false); !errors.Is(err, ErrForked) || twin.State().Size != 6 {
		t.Errorf("%d statements: %v", twin.State().Size, err)
	}
	if _, forked := twin.Forked(); !forked {
		t.Error("the twin has no proof of the fork")
	}
}
