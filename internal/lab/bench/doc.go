// Package bench measures: the whole loop, from a birth to a decision, and one
// exchange, over the interfaces that everybody else uses, on nodes that are
// processes of their own; and within this process the registry with thousands
// who follow it, and a journal with millions of entries. What is simulated is
// said where it is ([RunRegistry]).
//
// It promises:
//
//   - What it counts has happened: a loop is a birth that a registrar's system
//     recorded, one offer of each public service seen by the city's counter, and
//     a decision on each. Latency runs from the answer to the registrar's system
//     until the last of the offers is seen.
//   - It ends by itself, in a bounded time, and leaves no process behind.
//   - A figure counts only when what it stands for is right: every follower ends
//     with the checkpoint that the authority signed, every sampled proof of the
//     journal verifies.
//   - With [Options.Kill] the nodes are killed in turn while it runs, without
//     warning. Afterwards it holds what the nodes say against what it was told:
//     one offer for every birth and public service, one decision for every
//     accepted offer, and journals that verify.
package bench
