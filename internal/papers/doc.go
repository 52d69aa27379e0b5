// Package papers sets a decision on paper, a PDF that a person can print, read
// without us and have checked by anybody who holds it, and letters for envelopes with a window.
//
// It promises:
//
//   - The same paper gives the same bytes: nothing depends on the hour or the
//     machine.
//   - Serbian Cyrillic, Serbian Latin and English are set equally well, and
//     their text can be searched, copied and read aloud.
//   - Nothing but what the [Paper] says: the document's own properties hold no
//     personal data.
//
// What does not hold: a paper is no tagged PDF, and its fonts have Latin, Greek and
// Cyrillic only.
//
// The page on the web is the document of record; every sheet says so and how
// to check it.
package papers
