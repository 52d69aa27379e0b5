package cases

import (
	"encoding/json"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// noTerm stands for the due instant of a case whose clock does not run: such cases come
// after all others in a queue.
const noTerm = 1 << 62

// Until is the first instant that is late; zero while no clock runs.
func (c Case) Until() time.Time {
	if c.due == noTerm {
		return time.Time{}
	}
	return storage.Instant(c.due)
}

// Last is the last day on which the body is in time; no day while no clock runs.
func (c Case) Last() civil.Day {
	if c.due == noTerm {
		return civil.Day{}
	}
	return civil.Of(c.Until().Add(-time.Nanosecond))
}

// wind sets the clock of a case as the status into which it comes wants it: it begins with the
// first that lets it run, stands still for a reason of the term, and ends with the outcome.
func (r *Room) wind(c *Case, kind law.CaseKind, s law.CaseStatus) error {
	c.due = noTerm
	now := r.Now()
	if kind.Term == "" || c.Clock.Term == "" && (len(s.Stands) > 0 || s.Phase.Ended()) {
		return nil
	}
	if c.Clock.Term == "" {
		c.Clock = law.BegunAt(kind.Term, now, civil.Of(now))
	}
	reading, err := r.Pack.Read(c.Clock)
	if err != nil {
		return err
	}
	switch state := reading.State(now); {
	case s.Phase.Ended() && c.Clock.Done.IsZero():
		c.Clock, err = reading.End(now)
	case s.Pause != "" && state == law.Running:
		c.Clock, err = reading.Pause(now, s.Pause)
	case s.Pause == "" && state == law.Paused:
		c.Clock, err = reading.Resume(now)
	}
	if err != nil {
		return err
	}
	return r.read(c)
}

// read works out the end of the clock of a case, when it runs.
func (r *Room) read(c *Case) error {
	c.due = noTerm
	if c.Clock.Term == "" {
		return nil
	}
	reading, err := r.Pack.Read(c.Clock)
	if err != nil {
		return err
	}
	if state := reading.State(r.Now()); state == law.Running || state == law.Over {
		c.due = storage.Micros(reading.Until)
	}
	return nil
}

// clockText is how a clock is kept: nothing where there is no term.
func clockText(k law.Clock) (string, error) {
	if k.Term == "" {
		return "", nil
	}
	raw, err := json.Marshal(k)
	return string(raw), err
}
