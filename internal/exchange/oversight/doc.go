// Package oversight is what the people who run a node, and those who audit it,
// see of its exchanges: how many there were and how they ended, how long each
// step took, which quotas run out, the exchanges themselves one by one, and the
// evidence of each.
//
// The room promises:
//
//   - Figures and lists name institutions, services and contracts, never a
//     person: no path, no query, no body and no pseudonym is shown.
//   - Whoever takes the evidence of an exchange has looked at the data in it.
//     That look is in the journal, about the persons concerned, before the
//     evidence is given out; so they see it like every other.
//   - Where the law lets an exchange be hidden from the person concerned for a
//     while, the room lists what is hidden, until when and by which provision,
//     and keeps who reviewed it.
//
// Figures live in memory: they are of the last 24 hours at most, begin anew with
// the process, and a percentile is off by a tenth. What must be exact or kept for
// longer is in the journal.
//
// Roles are checked here: an operator sees figures and exchanges, an auditor
// also takes evidence and reviews.
//
// The room owns the tables oversight_*.
package oversight
