package work

import "time"

// Pace changes how often a runner looks, beats and gives others up.
func (r *Runner) Pace(look, beat, lapse time.Duration) { r.look, r.beat, r.lapse = look, beat, lapse }
