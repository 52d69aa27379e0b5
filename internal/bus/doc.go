// Package bus moves events between the rooms and the nodes of a member, on
// JetStream: inside of the process, or at the servers of a cluster.
//
// What it promises:
//
//   - An event is published if and only if the transaction that enqueued it
//     commits (transactional outbox), and soon after: the commit wakes the relay.
//   - Events of one database arrive in the stream in the order in which their
//     transactions committed (of several processes as far as their clocks agree; an
//     event that the stream refused at first may come after others).
//   - Every consumer handles every event of its types once: the changes of a
//     consumer and the mark that it handled the event commit together, so an event
//     that comes twice, or again after a crash, does nothing the second time.
//   - An event that a consumer cannot handle is handed over, in one transaction with
//     its mark, to the queue of the node, which tries again and puts aside. The bus
//     carries events only; one that fails never holds up the others.
//   - Nothing is lost when the process or the machine stops. JetStream writes to the
//     disk at once but syncs it only now and then; what its file lost is published
//     again from the outbox at the next start.
//   - The nodes of a member on one database share one stream. One of them publishes
//     for all, each event is handled by one, and what a node held that died is with
//     another in seconds. Nodes whose streams would differ are refused at the start.
//   - While the servers are away, or have no quorum, events wait in the outbox, and
//     Ready says so. It goes on by itself.
//
// What does not hold: a handler runs at least once, not exactly once; only what it
// commits is done once. Workers of one consumer keep no order among themselves, and
// one that was handed over comes after later ones. Who was away for longer than the
// stream keeps events misses the oldest.
//
// An event is a CloudEvent 1.0 in JSON. It carries references, never personal data.
// Its subject in the stream is "ev." and its type.
package bus
