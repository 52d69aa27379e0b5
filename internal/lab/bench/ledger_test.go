package bench

import (
	"testing"
	"time"

	"dobosh/internal/services"
)

func TestOffersSeenBeforeTheAnswer(t *testing.T) {
	l := newLedger(2)
	at := time.Unix(1, 0)
	one, two := services.Brief{ID: "1", Matter: "b"}, services.Brief{ID: "2", Matter: "b"}
	if fresh := l.seen([]services.Brief{one, one}, at); fresh != 1 {
		t.Errorf("%d new offers, want 1", fresh)
	}
	m := l.recorded("b")
	select {
	case <-m.whole:
		t.Fatal("whole with one of two")
	default:
	}
	l.seen([]services.Brief{two}, at.Add(time.Second))
	l.seen([]services.Brief{one, two, {ID: "3", Matter: "b"}}, at.Add(time.Hour)) // once more, and one too many
	<-m.whole
	if offers, whole := l.offersOf(m); len(offers) != 3 || !whole.Equal(at.Add(time.Second)) {
		t.Errorf("%d offers, whole at %v", len(offers), whole)
	}
	if births, offers, decisions := l.counts(); births != 1 || offers != 3 || decisions != 0 {
		t.Errorf("%d births, %d offers, %d decisions", births, offers, decisions)
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for _, tc := range []struct {
		values []time.Duration
		q      float64
		want   time.Duration
	}{{nil, 0.5, 0}, {hundred[:1], 0.99, 100}, {hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 1, 100}, {hundred, 0, 1}} {
		if got := quantile(tc.values, tc.q); got != tc.want {
			t.Errorf("quantile %v of %d values is %d, want %d", tc.q, len(tc.values), got, tc.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the values were sorted in place")
	}
}
