package bench

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Options are the choices of "dobosh-lab bench loop".
type Options struct {
	Binary  string        // the program that serves
	Dir     string        // where the nodes keep everything; must be empty or missing
	Seconds float64       // of the measurement, 1 to 3600
	Rate    float64       // births a second, up to 10,000; 0 for as fast as it goes
	Flying  int           // loops under way at once when Rate is 0; 0 for 48
	Engine  string        // SQLite (when empty) or Postgres
	Servers int           // of JetStream outside of the nodes, 1, 3 or 5; 0 for a bus in each node
	Births  int           // stop after so many; 0 for no limit
	Kill    bool          // kill each node in turn
	Profile string        // folder for the profiles of the nodes; empty for none
	Drain   time.Duration // how long to wait for what is under way at the end; 0 for a minute
	Log     io.Writer     // progress for people

	// Questions are put a second through the edge, beside the loops; 0 for none.
	Questions float64

	// Payments has two officers prepare, release and take payment files meanwhile.
	Payments bool

	// Trouble does to the nodes what it likes while loops run; nil for none.
	Trouble Trouble
}

// maxFlying bounds the loops under way when births come at a rate.
const maxFlying = 2000

func (o Options) withDefaults() (Options, error) {
	if err := errors.Join(within("seconds", o.Seconds, 1, 3600), within("rate a second", o.Rate, 0, 10_000),
		within("loops under way", o.Flying, 0, maxFlying), within("questions a second", o.Questions, 0, 1000), within("servers of JetStream", o.Servers, 0, 5)); err != nil {
		return o, err
	}
	if o.Flying == 0 {
		o.Flying = 48
	}
	if o.Rate > 0 {
		o.Flying = maxFlying
	}
	if o.Drain == 0 {
		o.Drain = time.Minute
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	return o, nil
}

func (o Options) window() time.Duration { return time.Duration(o.Seconds * float64(time.Second)) }

// within refuses a choice outside of its bounds.
func within[T int | int64 | float64](choice string, value, least, most T) error {
	if value >= least && value <= most { // not so for what is no number
		return nil
	}
	return fmt.Errorf("%s: not between %v and %v", choice, least, most)
}
