// Package registers holds the demonstration registers of the state: births,
// residence and payments, each a small information system of its own that
// stands behind a node and speaks plain HTTP to it. The node has checked the
// contract before a question arrives and cuts the answer to the agreed fields
// after it; the register answers everything it may say on a path.
//
// What the registers promise:
//
//   - Persons are named by pseudonyms only: in the tables by those of [Sector],
//     in path and answer by those of the asker's sector. No table holds a
//     national number; whoever needs one inverts the pseudonym with the key of
//     the sector.
//   - A fact that a register does not know is absent from its answer. It is
//     never false, zero or empty.
//   - Every input is bounded and read strictly, and what is wrong with it is a
//     problem document.
//   - Nothing is recorded twice: a record names the token of the form or the
//     decision it comes from, and coming again changes nothing.
//
// This package is what the three have in common: the [Desk] at which questions
// are taken and answered. The registers stay apart from each other like the
// institutions that keep them; none reads a table of another.
package registers
