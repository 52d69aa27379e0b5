// Package similar finds cases that may be about the same thing: open ones near by, while
// somebody writes and while an officer reads; answered ones, whatever their place; and texts
// that many send alike ([Campaigns]).
//
// [Index] promises:
//
//   - A match has a probability, made of how alike the texts are, how near the places, how close
//     the times, and whether the category is the same. It only proposes: above [Show] to the person who writes,
//     above [Merge] to an officer. Nothing is refused or joined for it.
//   - It compares a text with at most [MostCompared] others: those that share its rarest words and those of the cells
//     around its place. So a question has an end, however many cases there are.
//   - Texts are compared as package wording reads them: script, marks and endings do not hide that two are alike.
//   - At most [MostEntries] cases; the oldest go first. Of a text it keeps hashes, no words. What is removed
//     is never shown again.
//   - The same entries in the same order give the same matches.
//
// What it does not promise: to find all. What shares neither a rare word nor a place with the text is not
// compared. The weights of the probability were set by hand on reports that were made by chance; what they
// reach there, and on pairs of Korean questions, stands in docs/participation.md.
package similar
