package faults

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"dobosh/internal/lab/demo"
)

// Kind is a way to make trouble.
type Kind string

// What can happen to a node.
const (
	Kill        Kind = "kill"        // the process ends without warning
	Stop        Kind = "stop"        // the process stands still, and goes on
	Disk        Kind = "disk"        // no room is left in the folder of the node
	ReadOnly    Kind = "readonly"    // nothing can be written there
	Errors      Kind = "io"          // the disk gives errors
	SlowDisk    Kind = "slowdisk"    // the disk is slow
	Descriptors Kind = "descriptors" // no further file or connection can be opened
	Cut         Kind = "cut"         // other nodes do not reach it
	Hang        Kind = "hang"        // connections stand, and nothing comes through
	Slow        Kind = "slow"        // every piece comes late
	Clock       Kind = "clock"       // its clock jumps, and back
	Flip        Kind = "flip"        // it is killed, a byte in a file is another, it starts
	Lose        Kind = "lose"        // it is killed, a file is gone, it starts
	Restore     Kind = "restore"     // it is copied, later killed, its machine or its database is gone, and it is put back
	Database    Kind = "database"    // the server of the databases is killed
	Stream      Kind = "stream"      // a server of the streams is killed, now and then two
)

// Fault is one piece of trouble.
type Fault struct {
	At    time.Duration // since the beginning
	Lasts time.Duration
	Kind  Kind
	Node  string
	Much  uint64 // chooses what the kind leaves open: a file, a byte, how far a clock jumps
}

// String says it in a line.
func (f Fault) String() string {
	return fmt.Sprintf("%7.2fs %-11s %-10s %5.2fs %016x", f.At.Seconds(), f.Kind, f.Node, f.Lasts.Seconds(), f.Much)
}

// Bounds of a plan.
const (
	least, most = 300 * time.Millisecond, 6 * time.Second // that a fault lasts
	longestGap  = 2 * time.Second                         // between two of the same lane
	settling    = 5 * time.Second                         // at the end, without a fault
)

// lanes are kinds of which one happens at a time, so that each is seen at its
// work; those of different lanes meet.
func lanes() [][]Kind {
	return [][]Kind{
		{Kill, Kill, Stop, Flip, Lose, Restore, Database, Stream},
		{Disk, ReadOnly, Errors, SlowDisk, Descriptors, Cut, Hang, Slow, Clock},
	}
}

// Plan is what happens within a time, in the order of the beginnings. can says
// which kinds this machine is able to do.
func Plan(seed uint64, within time.Duration, can func(Kind) bool) (plan []Fault) {
	for i, kinds := range lanes() {
		kinds = slices.DeleteFunc(kinds, func(k Kind) bool { return !can(k) })
		if len(kinds) == 0 {
			continue
		}
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		between := func(from, to time.Duration) time.Duration { return from + time.Duration(dice.Int64N(int64(to-from))) }
		at := between(0, longestGap)
		for {
			f := Fault{At: at, Kind: kinds[dice.IntN(len(kinds))], Node: nodes()[dice.IntN(len(nodes()))], Lasts: between(least, most), Much: dice.Uint64()}
			if at = f.At + f.Lasts + between(0, longestGap); f.At+f.Lasts > within-settling {
				break
			}
			plan = append(plan, f)
		}
	}
	slices.SortStableFunc(plan, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	return plan
}

// nodes are those of the demonstration; the city has the most to lose.
func nodes() []string { return []string{demo.City, demo.City, demo.Registers, demo.Supervisor} }
