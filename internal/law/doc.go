// Package law holds what changes when the law changes: dated data, never code.
//
// A [Pack] is a folder of YAML files: instruments with their provisions,
// purposes, life events, parameters, bodies, places, terms, public services, rules and
// contract templates. [Load] reads one and promises that what it returns is
// consistent: every entry is dated, every legal value names its source and says
// whether it was verified, every reference leads to something that is in force
// for as long as it is needed, and no dates of one thing overlap. When a pack
// breaks a promise, Load returns every fault at once, each with file, line and
// one plain sentence, and no pack.
//
// Days are inclusive on both ends: an entry is in force from its day From
// through its day To; a zero To means until further notice.
//
// A Pack never changes after Load and is safe for concurrent use. The room
// knows rules only as text; package rules gives them meaning.
package law
