// Package registry knows who is who: members, their nodes and subsystems, the
// data services they offer, and the contracts under which one may ask another.
//
// The registry is a public Merkle log of statements. Its [Authority] (the
// supervisor) appends and signs a checkpoint after each change; every other
// node is a [Follower]: it fetches what is new, recomputes the root over all
// statements it ever accepted, and believes the checkpoint only if the two
// agree. So the authority cannot take a statement back, change one, or show
// two nodes two histories that both have seen the other's checkpoint.
//
// The room promises that [State] is always a consistent snapshot, that a node
// which cannot reach the authority goes on with the last one (and says how old
// it is), and that nothing enters that its signatures do not carry: a contract
// stands only with the signatures of both members.
//
// The room owns the tables registry_*.
package registry
