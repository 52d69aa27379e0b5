// Package voices writes what residents might write: short texts to a city, each with
// the category it belongs to, with which the sorting of texts is measured where no
// real letters may be used.
//
// The sentences were written by hand for this project, 40 in Serbian, 14 in English and
// 14 in Korean for each of 16 categories. They name no real person and no real
// address. From each the package makes texts by chance from a seed: it fills in street,
// house, district, line of a bus and time, puts a greeting before and thanks behind
// some, and mistypes a letter in some. A Serbian sentence is written in Cyrillic, in Latin
// and without diacritics, a third of them with đ as d.
//
// What a figure measured on it proves: that the method learns, that scripts do not
// matter, and, when texts of one sentence are never on both sides, that it recognises
// the matter in words it has not seen in this order. What it does not prove: how
// often it is right on real letters, which are longer, angrier, about several things at once,
// and unevenly spread over categories. It was written by one hand: real people find more
// words for a thing. Real figures come from a body's own cases.
package voices
