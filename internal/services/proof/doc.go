// Package proof makes the decision file: one file with a decision and all that
// is needed to check it years later, offline, without us. Its form is written
// down in docs/spec/decision.md, so that others can check it with a program of
// their own.
//
// It promises:
//
//   - A file is canonical: one decision has one form, byte for byte, and
//     whatever is not that form is refused. So a file that is changed anywhere
//     fails, and the report says what does not match.
//   - Content is sealed, not signed: it is an entry in the log of the body that
//     decided, under a checkpoint that the body signed and, with a proof of its
//     own, under one that a witness cosigned.
//   - The rule is run again with the recorded facts; outcome and amounts must
//     be the recorded ones.
//   - Trust comes from the caller. A file whose signers are not among the
//     trusted keys is consistent at best, never verified.
//
// What does not hold: a file does not say that the decision still stands. It may
// have been appealed, repealed or corrected since, and what registers said is
// recorded, not asked again.
package proof
