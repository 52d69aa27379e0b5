package exchange

import (
	"context"
	"errors"
	"testing"
	"time"
)

// An idle timeout ends in time whether somebody waits for it or only asks, and so does what was derived from it.
func TestAnIdleTimeoutEndsForThoseWhoWaitAndThoseWhoAsk(t *testing.T) {
	waiting := newIdleTimeout(t.Context(), time.Millisecond)
	defer waiting.end()
	derived, cancel := context.WithCancel(waiting)
	defer cancel()
	<-derived.Done()
	if !timedOut(waiting) || !timedOut(derived) {
		t.Errorf("the causes are %v and %v", context.Cause(waiting), context.Cause(derived))
	}

	asking := newIdleTimeout(t.Context(), 0)
	defer asking.end()
	if asking.Err() == nil || !timedOut(asking) {
		t.Errorf("who only asks hears %v for %v", asking.Err(), context.Cause(asking))
	}
	ended := newIdleTimeout(t.Context(), time.Hour)
	if until, bounded := ended.Deadline(); !bounded || time.Until(until) > time.Hour || ended.Err() != nil {
		t.Errorf("it ends at %v, and before it %v", until, ended.Err())
	}
	ended.end()
	<-ended.Done()
	if !errors.Is(ended.Err(), context.Canceled) || timedOut(ended) {
		t.Errorf("one that was let go of ended with %v, for %v", ended.Err(), context.Cause(ended))
	}

	gone, leave := context.WithCancel(t.Context())
	left := newIdleTimeout(gone, time.Hour)
	defer left.end()
	leave()
	if !errors.Is(left.Err(), context.Canceled) {
		t.Errorf("without its parent it goes on: %v", left.Err())
	}
	<-left.Done()
}

// Those who begin within one span share a deadline, which none of them reaches before the span is over.
func TestDeadlinesAreShared(t *testing.T) {
	var d deadlines
	defer d.end()
	first := d.next(time.Hour)
	if first != d.next(time.Hour) {
		t.Error("the second has a deadline of its own")
	}
	if until, _ := first.Deadline(); time.Until(until) < time.Hour {
		t.Errorf("it ends already in %v", time.Until(until))
	}
	second := d.next(0)
	third := d.next(0)
	if second == first || third == second {
		t.Error("after a span the deadline is the same")
	}
	if second.Err() == nil || first.Err() == nil {
		t.Error("one that nobody can wait for any more keeps its timer")
	}
}
