package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/script"

	"golang.org/x/text/unicode/norm"
)

// The bounds of what is read as words.
const (
	maxWords   = 200 // of one text
	maxLetters = 40  // of one word; the rest is cut off
)

// fold gives the form in which texts are compared: small letters without
// marks, Serbian in Latin, đ as d because many type it so, and Korean syllables
// whole, however the keyboard composed them.
func fold(s string) string {
	s = script.Fold(norm.NFKC.String(s))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
	return strings.ReplaceAll(norm.NFC.String(s), "dj", "d")
}

// Split divides a text into its folded words, which are the same in whichever script and with whichever
// marks it was typed.
func Split(s string) []string {
	list := strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	list = list[:min(len(list), maxWords)]
	for i, word := range list {
		if utf8.RuneCountInString(word) > maxLetters {
			list[i] = string([]rune(word)[:maxLetters])
		}
	}
	return list
}

// unspaced reports whether a word is of a script in which words are not divided
// where a reader would divide them: in 출생신고 (birth report) stands 신고.
func unspaced(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool {
		return unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}

// spellings are the entries of the vocabulary for one word: itself, and, where words are not
// divided, each of its ends, so that whoever looks for the beginning of an end
// finds it.
func spellings(word string) []string {
	all := []string{word}
	if !unspaced(word) {
		return all
	}
	for i := range word {
		if i > 0 {
			all = append(all, word[i:])
		}
	}
	return all
}

// stem cuts an ending off, as words are declined: "rođenje" finds "rođenih".
// What is too short to be cut stays whole.
func stem(word string) string {
	letters := []rune(word)
	cut, least := 2, 4
	if unspaced(word) {
		cut, least = 1, 2 // a particle
	}
	return string(letters[:max(min(least, len(letters)), len(letters)-cut)])
}
