// Package act says how anything is done. An act is defined once: its name, the
// right to do it, the fields it asks for with their types and bounds, what has
// to be checked, and what it does. From the definition come
//
//   - the page that asks for the fields, with what is wrong beside each of them
//     (package portal),
//   - the reader of a form and the reader of JSON, which are one,
//   - the route of the interface for programs and its description in OpenAPI
//     (package api),
//   - the row of routes × roles that a test walks, and
//   - the table of bad inputs (package testkit/acts).
//
// What it promises:
//
//   - [Act.Do] looks at the right before it reads what was sent, and does nothing
//     unless every field is as its type says and the check found no fault. All
//     faults are told at once, each with its field.
//   - Every text is composed, without control characters and bounded, whichever
//     way it came ([dobosh/internal/kit/text]).
//   - An act without a right, or with a field twice, is an error when it is made,
//     not when it is used.
//
// What it does not promise: that the actor may do the act with this matter. The
// right of the definition is the one that can be known without the matter; the
// room looks at the matter. And it opens no transaction: what an act changes
// together is the room's to say.
package act
