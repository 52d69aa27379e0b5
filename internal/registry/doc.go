// Package registry knows who is who: members, their nodes and subsystems, the
// data services they offer, and the contracts under which one may ask another.
//
// The registry is a public Merkle log of signed statements: a member signs what
// it says about its own matters, both sides sign a contract, and the checkpoint
// of the [Authority] (the supervisor) signs the rest. Every other node is a
// [Follower]: it fetches what is new, recomputes the root over all statements it
// ever accepted, and believes the checkpoint only if the two agree and, where it
// requires them, witnesses have cosigned it. Nodes show each other their
// checkpoints ([Gossip]). So the authority cannot take a statement back, change
// one, or show two nodes two histories, without leaving a [Fork]: two signed
// checkpoints that prove it.
//
// The room promises that [State] is always a consistent snapshot, that a node
// which cannot reach the authority goes on with the last one (and says how old
// it is), that a change costs the logarithm of what is known and is written down
// once for all who wait for it, and that nothing enters that its signatures do
// not carry.
//
// What it does not promise: that a state is the newest one. A node that the
// authority does not reach goes on with what it has, and a contract that ended an
// hour ago stands there until it hears of it; how long that may last is set by who
// uses the state (24 hours in package exchange). Nor that a fork is prevented: it
// is found, by nodes that meet or by witnesses, after it was made.
//
// The room owns the tables registry_*.
package registry
