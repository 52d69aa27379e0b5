// Package cases is the spine: every matter of a person or of a body is a case, with a
// number that can be read out, one body that answers for it, a clock that both sides see,
// a thread of messages, and an end of which the person is told.
//
// How cases of a kind go is data of the pack ([law.CaseKind]); which phases there are is
// fixed. Other rooms begin cases and move them in their own transactions; what a case is
// about, its facts and its decision, is theirs.
//
// The room promises:
//
//   - One matter is one case: whatever tells of it again, by another event, a resend, the
//     counter or the person, arrives at the case that stands, and is noted there.
//   - A case has exactly one accountable body at any time. Who has handed it to whom, why
//     and when, is never rewritten.
//   - A case moves only as its kind lets somebody move it. Of two who move it at once one
//     is told that it has changed.
//   - No case comes to an outcome without a notice to its person, in the transaction of
//     the outcome; where the kind says that nobody is told, it says why.
//   - A clock does not run backwards: a transfer does not begin it again, and a pause has a
//     reason that the person sees.
//   - What the law attaches to the end of a term happens by itself, once, and only by a clock
//     that others confirm. Before it somebody is reminded, after it somebody above is told.
//   - A leader sees numbers and no person.
//   - What a kind says of visibility stays; nothing here widens it.
//   - What a party says waits until an officer has read it, also after the end.
//   - Who a party is and how to reach them sees the officer who handles the case, under a receipt of its own; names lie sealed,
//     and are found by digests that say nothing.
//   - Messages and files are sealed where they are kept; the original of a mail is as package mailbox keeps it. Lists name
//     nobody.
//   - Whoever's mandate has ended sees and does nothing more, and what they did stands.
//   - An officer decides nothing while a task is open. What a link changes its undoing gives back.
//   - What is kept no longer is erased, by a clock that others confirm.
//
// What does not hold: a case tells what was done in this program; a letter that somebody
// keeps in a drawer is not in it. Numbers are not secret, and whoever asks for one that is
// not theirs is told the same as for one that does not exist.
//
// The room owns the tables cases_*.
package cases
