package events

import "testing"

// Two nodes of a provider give the same stream: one is followed, the other stands by
// at its place, and goes on from there when the first fails.
func TestTwoNodesOfAProviderAreFollowedOnce(t *testing.T) {
	w := newWorld(t)
	standby := source{"births", "n2"}
	for _, s := range []source{fromState(), standby} {
		if _, err := w.city.followed(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	stand := func() (followed, bool) {
		t.Helper()
		at, err := w.city.followed(t.Context(), standby)
		if err != nil {
			t.Fatal(err)
		}
		rests, err := w.city.followedBeside(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return at, rests
	}
	reach := func(s source, p place) {
		t.Helper()
		if err := w.city.reached(t.Context(), s, p, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, rests := stand(); rests {
		t.Error("it rests before it knows the stream")
	}
	reach(standby, place{"k1", 4})
	reach(fromState(), place{"k2", 10})
	if _, rests := stand(); rests {
		t.Error("it rests beside another stream")
	}
	reach(fromState(), place{"k1", 10})
	if _, rests := stand(); !rests {
		t.Error("it does not rest beside its like")
	}
	if at, _ := stand(); at.place != (place{"k1", 10}) {
		t.Errorf("it stands by at %v", at.place)
	}
	if err := w.city.ail(t.Context(), fromState(), "node-away"); err != nil {
		t.Fatal(err)
	}
	if _, rests := stand(); rests {
		t.Error("it rests though the first fails")
	}
}
