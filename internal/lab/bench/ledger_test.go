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

// A city that was put back from a copy offers anew what it offered since; what it
// decided since stays only where its journal stayed.
func TestLedgerGoesBackWithTheCity(t *testing.T) {
	for _, journal := range []bool{true, false} {
		l := newLedger(1)
		copied := time.Now()
		for _, b := range []struct {
			matter, offer string
			seen          time.Time
		}{{"before", "1", copied.Add(-time.Second)}, {"since", "2", copied.Add(time.Second)}, {"decided", "3", copied.Add(time.Second)}} {
			l.recorded(b.matter)
			l.seen([]services.Brief{{ID: b.offer, Matter: b.matter}}, b.seen)
		}
		l.decided("3", "d3")
		_, turned := l.signs(l.of("since"))
		l.cityBack(copied, journal)
		select {
		case <-turned:
		default:
			t.Error("whoever waits for the offers of a matter is not told")
		}
		whole, _ := l.signs(l.of("since"))
		select {
		case <-whole:
			t.Error("a matter whose offer may be gone has all offers")
		default:
		}
		_, offers, decisions := l.counts()
		if want := map[bool][2]int{true: {2, 1}, false: {1, 0}}[journal]; [2]int{offers, decisions} != want {
			t.Errorf("journal %t: %d offers and %d decisions, want %v", journal, offers, decisions, want)
		}
		l.seen([]services.Brief{{ID: "4", Matter: "since"}}, time.Now())
		<-whole
	}
}

func TestLedgerGoesBackWithTheRegisters(t *testing.T) {
	l := newLedger(1)
	before := l.recorded("before")
	copied := time.Now().Add(time.Nanosecond)
	since := l.recorded("since")
	l.at["since"] = copied.Add(time.Second)
	l.registersBack(copied)
	if l.doubtful(before) || !l.doubtful(since) {
		t.Errorf("to be recorded again: before the copy %t, since %t", l.doubtful(before), l.doubtful(since))
	}
}

func TestOneOfferIsDecidedOnce(t *testing.T) {
	l := newLedger(1)
	l.decided("o", "d")
	l.decided("o", "d")
	if len(l.again) != 0 {
		t.Errorf("the same answer again is a second decision: %v", l.again)
	}
	if l.decided("o", "e"); len(l.again) != 1 {
		t.Error("another decision on the same offer is not noticed")
	}
}
