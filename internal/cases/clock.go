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
func (c Case) Last() civil.Day { return lastBefore(c.Until()) }

// AnswerBy is the last day on which the party answers in time; no day where they have no term.
func (c Case) AnswerBy() civil.Day {
	if c.Answer.Term == "" || c.due != noTerm {
		return civil.Day{}
	}
	return lastBefore(storage.Instant(c.ends))
}

// lastBefore is the day before whose end an instant that is late has not come; none for none.
func lastBefore(late time.Time) civil.Day {
	if late.IsZero() {
		return civil.Day{}
	}
	return civil.Of(late.Add(-time.Nanosecond))
}

// wind sets the clock of a case as the status into which it comes wants it: it begins with the
// first that lets it run, stands still for a reason of the term, and ends with the outcome. answer
// is the clock of the party's term in that status, where it has one.
func (r *Room) wind(c *Case, kind law.CaseKind, s law.CaseStatus, answer law.Clock) error {
	now := r.Now()
	c.Answer = answer
	if kind.Term == "" || c.Clock.Term == "" && (len(s.Stands) > 0 || s.Phase.Ended()) {
		return r.read(c)
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

// read works out the end of the clock of a case that runs, and when it does something next.
func (r *Room) read(c *Case) error {
	c.due, c.mark = noTerm, noTerm
	reading, whose, err := r.running(*c)
	if err != nil {
		return err
	}
	if whose == "" {
		c.Alarm = ""
		return nil
	}
	ends := storage.Micros(reading.Until)
	if whose == law.ByOfficer {
		c.due = ends
	}
	if ends != c.ends {
		c.ends, c.told, c.Alarm = ends, 0, ""
	}
	moments, err := momentsOf(reading)
	if err != nil {
		return err
	}
	for _, m := range moments {
		if at := storage.Micros(m.At); at > c.told {
			c.mark = at
			break
		}
	}
	return nil
}

// running reads the clock of a case that runs, and says whose it is: that of the body, or while it stands that of
// the party. Nobody's where none runs.
func (r *Room) running(c Case) (law.Reading, law.Mover, error) {
	for _, each := range []struct {
		clock law.Clock
		whose law.Mover
	}{{c.Clock, law.ByOfficer}, {c.Answer, law.ByParty}} {
		if each.clock.Term == "" || c.Ended() {
			continue
		}
		reading, err := r.Pack.Read(each.clock)
		if err != nil {
			return reading, "", err
		}
		if state := reading.State(r.Now()); state == law.Running || state == law.Over {
			return reading, each.whose, nil
		}
	}
	return law.Reading{}, "", nil
}

// clockText is how a clock is kept: nothing where there is no term.
func clockText(k law.Clock) (string, error) {
	if k.Term == "" {
		return "", nil
	}
	raw, err := json.Marshal(k)
	return string(raw), err
}
