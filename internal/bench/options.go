package bench

import (
	"errors"
	"io"
	"time"
)

// Options are the choices of "dobosh bench loop".
type Options struct {
	Binary  string        // the program that serves
	Dir     string        // where the nodes keep everything; must be empty or missing
	Seconds float64       // of the measurement, 1 to 3600
	Rate    float64       // births a second, up to 10,000; 0 for as fast as it goes
	Flying  int           // loops under way at once when Rate is 0; 0 for 48
	Births  int           // stop after so many; 0 for no limit
	Kill    bool          // kill each node in turn
	Profile string        // folder for the profiles of the nodes; empty for none
	Drain   time.Duration // how long to wait for what is under way at the end; 0 for a minute
	Log     io.Writer     // progress for people
}

// maxFlying bounds the loops under way when births come at a rate.
const maxFlying = 2000

func (o Options) withDefaults() (Options, error) {
	if o.Seconds < 1 || o.Seconds > 3600 {
		return o, errors.New("seconds: not between 1 and 3600")
	}
	if o.Rate < 0 || o.Rate > 10_000 {
		return o, errors.New("rate: not between 0 and 10,000 a second")
	}
	if o.Flying < 0 || o.Flying > maxFlying {
		return o, errors.New("loops under way: not between 0 and 2,000")
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
