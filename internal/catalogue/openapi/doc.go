// Package openapi reads the OpenAPI description of a data service (version 3.0
// or 3.1, JSON or YAML), tells what it says in a small model that pages and
// comparisons work on, and finds what a new version means for those who ask.
//
// A description comes from outside and is not trusted. It has at most [MaxBytes]
// bytes, is read without any network or file, may refer to nothing outside of
// itself, and is bounded in depth, in values and in what its YAML aliases
// amount to, before a library sees it. What a description says is text: nothing
// of it is markup.
//
// Everything here is a function of its arguments; a [Document] never changes
// and is safe for concurrent use.
package openapi
