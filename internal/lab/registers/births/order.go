package births

import (
	"cmp"
	"slices"
	"strconv"
)

// order tells which of the live births of their mother the births of one mother
// are, by the day and the hour at which they were born and never by when they
// were entered: an elder child that is entered later moves those after it. What
// cannot be told is absent from the answer: a child that was not born alive, one
// of several of a day whose hours do not tell them apart, one of which the
// registrar said it is not known, and one after such a child until a registrar
// states how many there were.
//
// A registrar knows of children born elsewhere and may state more births than
// are recorded.
func order(of []row) map[string]int {
	told, last, sure := map[string]int{}, 0, true
	for day := range days(of) {
		apart := apart(day)
		for _, b := range day {
			last = max(last+1, b.least)
			if b.least == 0 {
				sure = false
			} else if apart && (sure || b.least > 1) {
				told[b.ID] = last
			}
		}
	}
	return told
}

// least is what an entry itself says of the order: one more than the births it
// states before, 0 when it is not known.
func (d draft) least() int {
	if !d.Live || d.OrderUnknown {
		return 0
	}
	return d.PreviousLiveBirths + 1
}

// days gives the live births day by day, those of a day by their hours.
func days(of []row) func(yield func(day []row) bool) {
	live := slices.DeleteFunc(slices.Clone(of), func(b row) bool { return !b.Live })
	slices.SortFunc(live, func(a, b row) int {
		return cmp.Or(a.Born.Compare(b.Born), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.ID, b.ID))
	})
	return func(yield func([]row) bool) {
		for len(live) > 0 {
			n := slices.IndexFunc(live, func(b row) bool { return b.Born.Compare(live[0].Born) != 0 })
			if n < 0 {
				n = len(live)
			}
			if !yield(live[:n]) {
				return
			}
			live = live[n:]
		}
	}
}

// apart reports whether the births of a day, by their hours, have an order.
func apart(day []row) bool {
	for i, b := range day[1:] {
		if day[i].Hour == "" || b.Hour == day[i].Hour {
			return false
		}
	}
	return true
}

// checkOrder holds what an entry says about the order against the births of the
// mother that are recorded: twins need an hour, and a registrar never states
// fewer births than are here.
func checkOrder(f *faults, d draft, recorded []row) {
	if !d.Live {
		return
	}
	last := 0
	for day := range days(recorded) {
		for _, b := range day {
			same := b.Born.Compare(d.Born) == 0
			if same && d.Hour == "" && !f.names("hour") {
				f.at("hour", "hour-needed")
			}
			if b.Born.Before(d.Born) || same && b.Hour != "" && b.Hour < d.Hour {
				last = max(last+1, b.least)
			}
		}
	}
	if stated := d.PreviousLiveBirths; stated > 0 && stated < last {
		f.at("previous_live_births", "previous-births-too-few", "recorded", strconv.Itoa(last))
	}
}
