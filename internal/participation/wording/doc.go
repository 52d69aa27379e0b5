// Package wording reads what somebody wrote as features: words, their beginnings and
// their parts, without regard to the script or the marks they were typed in. What
// sorts texts (package routing) and what finds similar ones (package similar) read
// them here, so that both see the same.
//
// It promises:
//
//   - Serbian in Cyrillic, in Latin and without diacritics has the same features, also
//     where đ was typed as d or dj, and however a keyboard composed the letters.
//   - Korean needs no analyser: a word gives its syllables by one and two, so that a
//     particle at its end does not hide it.
//   - The same text gives the same features on every machine and in every version of a
//     saved model: the hash is written here and shown by a vector.
//   - Whatever is read, only so many bytes of it are, and it gives at most [MostFeatures].
//   - Nothing is kept of a text. A feature is a hash of 64 bits: who has a dictionary can
//     guess words from features, so what is made of them is about a person as the text is.
//
// What it does not do: it knows no grammar and no synonyms; a word of another root is
// another word. Letters of other scripts that look alike are told apart by their parts only.
package wording
