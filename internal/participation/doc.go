// Package participation hears people: what somebody raises becomes a case of the body, stands in public where they agreed
// and an officer has read it, is supported by others, is answered, rated, and examined again.
//
// What can be raised is data of the pack: a kind of case that is a voice ([law.CaseKind]), with its form, its clock and the
// numbers of supports that oblige the body. Everything that a case can do, package cases does.
//
// The room promises:
//
//   - Who is told that something was raised has a case with a number and a clock. Sent twice it is one case.
//   - Nothing is public before whoever raised it agreed and an officer published it. What is public is the text that the
//     officer published, and never who raised it; agreement that is taken back ends it at once.
//   - One person supports a voice once, however often and on whichever node they do. How many there are is the number of
//     rows, counted when it is asked for on the page and kept beside it for lists.
//   - A threshold obliges once: the person and the body are told in the transaction of the support that reached it.
//   - Only who raised a case rates its answer, and may have it examined again. That is a case of its own, which follows the
//     first and which whoever answered does not decide.
//   - Averages of the ratings of fewer than ten people are told to nobody.
//
// What does not hold: support says that a person with a confirmed contact gave it, which somebody with two addresses can do
// twice; where the law counts voters, a kind demands an electronic identity.
//
// The room owns the tables participation_*.
package participation
