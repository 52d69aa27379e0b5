// Package lang says one thing in every language of a page.
//
// It promises:
//   - Serbian and English are complete: a catalogue in which a sentence stands
//     in one of them only is not loaded. Serbian is written in Cyrillic; Latin
//     is derived.
//   - Any other language is a file: its facts in languages/CODE.json here, its
//     sentences in words/CODE.json of each room. What it does not say yet is
//     said in the next language of its chain, and known as such ([Said]), so
//     that a page can mark it.
//   - Numbers, particles and cases are asked for in the sentence and given by
//     the language or the term. A form that a term lacks is found when the
//     catalogue is loaded, not by a reader.
//
// It does not translate, and it knows the plural only of the languages that
// are listed in plural.go; one that is not there counts as English does.
//
// # Grammar of a sentence
//
//	{x}                      the value of x
//	{n:дан|дана|дана}        the form that the number n asks for
//	{x:gen}  {x:Nom}         a form of the term x; with a capital: capitalised
//	{x:n}                    the form of the term x that the number n asks for
//	{x?m:одобрен|f:одобрена} agreement with the gender of the term x
//	{x+을/를}                 Korean: x with the particle its last sound asks for
//	{x+a} {x}                Hungarian: the article that x asks for
//
// A value that ends in a full stop takes over that of the sentence: a day
// ends in one in Serbian.
package lang
