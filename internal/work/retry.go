package work

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Retry is the pause after so many tries.
type Retry func(tries int) time.Duration

// Doubling pauses for first after the first try, twice as long after each
// further one, and never longer than longest.
func Doubling(first, longest time.Duration) Retry {
	return func(tries int) time.Duration {
		pause := first
		for range tries - 1 {
			if pause *= 2; pause >= longest {
				return longest
			}
		}
		return min(pause, longest)
	}
}

// Spread makes each pause up to a fifth shorter or longer, so that jobs that
// failed together are not tried together.
func Spread(r Retry) Retry {
	return func(tries int) time.Duration {
		return time.Duration(float64(r(tries)) * (0.8 + 0.4*rand.Float64())).Truncate(time.Microsecond)
	}
}

// restError says how long its job rests.
type restError struct {
	error
	rest time.Duration
}

func (e *restError) Unwrap() error { return e.error }

// Rest gives an error the pause that follows it, whatever the queue says.
func Rest(err error, d time.Duration) error { return &restError{err, d} }

// RestOf is the pause that an error asks for, or the usual one.
func RestOf(err error, usual time.Duration) time.Duration {
	if e, ok := errors.AsType[*restError](err); ok {
		return e.rest
	}
	return usual
}

// finalError says that no further try helps.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// Final gives an error the meaning that no further try helps: the job is put
// aside.
func Final(err error) error { return &finalError{err} }

func isFinal(err error) bool {
	_, ok := errors.AsType[*finalError](err)
	return ok
}

// waitError says that its job was not begun, and when it is to be looked at again.
type waitError struct {
	error
	rest time.Duration
}

func (e *waitError) Unwrap() error { return e.error }

// NotYet says that what the job needs is not there yet, and for how long it rests: that
// is no failed try, and nobody is warned. The reason is what others see of it.
func NotYet(reason error, d time.Duration) error { return &waitError{reason, d} }
