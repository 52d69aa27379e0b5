// Package portal is the frame of all pages: layout, language, session, form,
// question, wizard, table, list and error. It knows no room; a room brings its
// pages, and the node plugs them in.
//
// The portal promises:
//
//   - Every action is a plain form that works with scripts off and ends in a
//     redirect, so that going back and reloading do nothing twice.
//   - A page says who may have it. That is looked at before the body of the
//     request is read, and a page that says nothing keeps the portal from
//     starting.
//   - Every page is complete in Serbian Cyrillic, Serbian Latin and English,
//     and marks each change of language or script.
//   - A page costs at most 30 kB on the wire, asks nobody else for anything and
//     runs no script but its own.
//   - Nothing personal stands in an address or in the log.
//   - An error is a page that says what happened, whose turn it is and what to
//     do. What a person has typed is not lost by it.
//
// What it does not promise: whose a matter is. A right says who may have a page
// at all; the room decides about the matter on it.
//
// A [Portal] made by [New] holds no state but a key for forms of several steps,
// and is safe for concurrent use.
package portal
