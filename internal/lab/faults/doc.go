// Package faults tries to break the sentence on the first page of the manual:
// what was acknowledged is never lost and never done twice.
//
// The nodes of the demonstration run as processes of their own, and births are
// recorded, offers seen and accepted. Meanwhile a plan is carried out that
// follows from a seed: processes are killed and stopped, disks fill up, are
// read-only, slow or give errors, descriptors end, the network is cut and slow, bytes flip in files of a node
// that is down, clocks jump, servers of the database are killed. Whatever ends
// is started again, as systemd would do it.
//
// What it promises:
//
//   - The plan is a function of the seed, the length and what the machine can
//     do. The same seed makes the same trouble in the same order; what meets it
//     in the nodes is up to the machine.
//   - In the end every node must be ready again by itself: who lives and does
//     not answer is a finding.
//   - Then what the nodes say is held against what was acknowledged, as after
//     [bench.Options.Kill]; the registers, the payments and the journals of all
//     nodes are read as well.
//   - What this machine cannot do is left out, and said.
package faults
