// Package routing says which category a text to a body belongs to, and which body is
// competent for it. The two are apart: a category is stable and is learned from texts;
// who answers for it is law, changes often, and is a table with dates ([Competence]).
//
// About categories ([Model]) it promises:
//
//   - At most three proposals, each with a probability, the words that spoke for it as they were
//     written, and the ids of past cases that taught it.
//   - Probabilities are calibrated on texts the model had not learned from: the expected
//     calibration error on the set in testdata is at most 0.05 (TestFigures).
//   - [Answer].Automatic only from a probability on at which 95 of 100 were right, found on texts that were
//     held back, with a bound for how few they were. Where there is no such probability, never. Not either when
//     what was sure turned out wrong lately, until the model is made anew.
//   - It learns from what became of cases ([Model.Learn]), at once: after fifty of a kind
//     that it did not know, the right one is first in 80 of 100 of that kind. A kind that it always put elsewhere
//     takes longer. A tenth of false labels costs less than two points of accuracy, by chance or on purpose: what
//     contradicts those most like it waits until others say the same.
//   - The same examples and seed give the same model, and the same text the same answer. Serbian gives the
//     same answer in both scripts and without diacritics; see package wording.
//   - Memory is bounded ([MostExamples], [MostFeatures], [MostCategories]). What is kept of a text is
//     hashes of its parts, no words. [Model.Forget] takes a case out; what it taught goes
//     with the next [Model.Retrain].
//   - A saved model is versioned and has a checksum. [Load] takes nothing else, and no more memory than the
//     model it reads.
//
// About bodies ([Competence]) it promises: at most one body for a category, a place and a day; the rule of the
// smallest place counts; two rules that say different things are refused when the table is made; a rule whose provision is
// not in force does not count, and is named.
//
// What it does not do: it does not know whether a text is true, urgent or polite. Probabilities are right on
// average over letters like those it learned from, not for each language or kind alone: a language of
// which it saw little is often wrong, though it says so less loudly than it should. What must not be learned
// from, as the reports of whistle-blowers, its caller must not give it.
// Between processors the last digits of a probability may differ.
package routing
