// Package work is the one queue of a node: what must happen later, in the order
// it needs, until it has happened.
//
// A room declares a [Queue] for each kind of work, registers it in the [Runner]
// of its node and adds jobs in the transaction that gives the reason for them.
//
// The package promises:
//
//   - A job is there if and only if the transaction that added it committed, and
//     until the transaction that says it was done, rests or was put aside. No
//     process that dies takes it along.
//   - A queue has one job for each ref: adding it again changes nothing.
//   - Jobs of one line (see Queue.Order) go one after the other, in the order
//     in which they were added; the next waits while the first is tried again. One
//     that was put aside holds up nobody.
//   - A try has an end: a time limit, a panic that becomes an error, a pause that
//     grows, and a number of tries after which the job is put aside with its last
//     error. There somebody sees it, has it tried again, or drops it with a reason.
//     Waiting is not failing: what is [NotYet] counts no try and warns nobody.
//   - What a job changes and its end are one transaction: [Try.End]. A process that
//     was slow, and was taken for dead, cannot end a job that another has taken
//     over.
//   - What a process held is free again when a process of the same node starts, or
//     a few seconds after the others stop seeing it alive. That is told by a beat
//     which they watch, not by clocks that may differ.
//   - It wakes at once when work is added or ends in this process, and looks once a
//     second for what came due or came from another.
//   - A clock that ran ahead and was set right leaves no job asleep: what was put
//     off from an instant that lies ahead is due.
//   - Of several processes one does each round of a [Schedule].
//
// What it does not promise: a job is begun at least once, not exactly once. A
// process that dies between what it told somebody outside and the end of the job
// tells them again, so what leaves the database needs an id by which the other
// side knows it. Lanes and due times order the beginning of jobs, not their end.
// On PostgreSQL lines are ordered by commit only among transactions that follow
// each other. Two processes under one node name would take each other's work.
package work
