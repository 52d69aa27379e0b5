// Package contracts is where contracts are made. One side proposes a text and signs
// it; the other approves by signing too, refuses with a reason, or amends: it
// signs a text of its own, and it is the first one's turn. A contract that both
// signed goes to the registry and is in force when the registry says so. Either
// side can end it.
//
// The room promises:
//
//   - A text never changes: who agrees signs exactly what the other signed.
//   - A [Proposal] takes a step only by the side whose turn it is; its author
//     may withdraw it meanwhile. When both act at once, the one whose turn it
//     was wins, on both nodes. The registry has the last word.
//   - Every step is a [Letter], signed and in the journals of both sides. A
//     letter that comes twice is one; a node that is away gets it later.
//   - Nothing is signed whose terms cannot be enforced, whose provision is not
//     in force on the first day, or that asks for what the service does not
//     offer.
//   - Only the role [identity.Contracts] signs; auditors read.
//
// What does not hold: a text that both signed is not in force before the registry
// says so, and the law that it rests on may have ended by then. A letter that was
// journaled and then not kept, because somebody was faster, stands in the journal
// and was told to nobody.
//
// The room owns the tables registry_proposals and registry_steps, carries what has
// to be carried as jobs of the node, and serves the letters of other nodes.
package contracts
