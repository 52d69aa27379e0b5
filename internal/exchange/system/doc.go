// Package system reaches the information systems of a member over HTTP: any
// program that speaks it can stand behind a node without a change.
//
// It promises that path, query and headers arrive as the asker wrote them, that
// redirects are passed on and never followed, that certificates are always
// verified, that bodies flow in both directions in constant memory, and that a
// failure says what is wrong with the system: its name, its address, its
// certificate, or its time.
package system
