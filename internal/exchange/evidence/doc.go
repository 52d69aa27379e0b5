// Package evidence makes the evidence file of an exchange: one file with all that
// a stranger needs to check years later, offline, who asked whom, when, under
// which contract and provision, and what left. Its form is written down in
// docs/spec/evidence.md, so that others can check it with a program of their own.
//
// It promises:
//
//   - A file is canonical and sealed by the node that made it: one file has one
//     form, byte for byte, and a file that is changed anywhere fails.
//   - Nothing is believed because the maker says so. What was said stands in the
//     journals, under checkpoints that the nodes signed; which keys are whose, and
//     which contract both sides signed, stands in the registry. Who checks needs the
//     registry's key, and may add those of witnesses and of a time-stamp authority.
//   - The report says of each check whether it is proved, not true, or could not
//     be checked with what is in the file and what the reader trusts.
//   - Content that was erased, or whose time was over, is not in the file; its
//     digest is, and the rest holds. Long bodies are named by their digest alone.
//
// It does not prove that what a register answered is true, nor when an exchange took
// place beyond the word of its nodes, unless a witness or a time-stamp authority has
// signed over it; the report says which.
//
// Who may take evidence, and that taking it is a look at the data, is decided in
// exchange/oversight.
package evidence
