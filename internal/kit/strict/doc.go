// Package strict is the one way in which JSON from outside is read.
//
// A text that two readers could understand differently is not read at all, since
// what was signed, journaled or checked must be what is acted on. What it promises:
//
//   - One value and nothing behind it, in valid UTF-8, of at most so many bytes,
//     so deep, with so many values: nothing larger is ever taken into memory.
//   - A name stands once in an object, also where its letters are escaped.
//   - A member of a struct has its name exactly as the type says, without escapes
//     ("ID" and "\u0069d" are not "id"), and a struct has no other members; with [Bounds.AllowUnknown] others
//     are passed over, for answers of programs that may be newer than this one.
//   - A whole number is read whole: 1.0 is no int, and in an any it is a
//     [encoding/json.Number] with its digits, never a float.
//   - null stands only where the type has a nothing: pointer, list, map, any.
//   - An error names the place for the log (byte and pointer) and never what
//     stands there, which may be about a person. Which problem it is to people,
//     the caller says: problem.New(kind, code).Because(err).
//
// What it does not do: a type with an UnmarshalJSON of its own decides alone
// which members it takes (doubled names are refused there too), and bounds of
// lists and texts belong to the room that knows what they mean.
package strict
