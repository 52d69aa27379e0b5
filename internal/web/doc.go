// Package web is the portal: the pages of a node for people, officers,
// registrars and whoever watches over the registry. It has no rules of its
// own; it calls rooms through small interfaces and says what they answer.
//
// The portal promises:
//
//   - Every action is a plain form that works with scripts off and ends in a
//     redirect, so that going back and reloading do nothing twice.
//   - Every page is complete in Serbian Cyrillic, Serbian Latin and English,
//     and marks each change of language or script.
//   - A page costs at most 30 kB on the wire, asks nobody else for anything and
//     runs no script but its own.
//   - Nothing personal stands in an address or in the log. A national number is
//     printed only in the field in which it was just typed wrongly.
//   - An error is a page that says what happened, whose turn it is and what to
//     do.
//
// A room that is not on this node is a nil interface in [Deps]; its pages and
// the links to them do not exist then.
//
// A [http.Handler] made by [New] holds no state but a key for forms of several
// steps, and is safe for concurrent use.
package web
