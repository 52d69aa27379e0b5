// Package operator is the door through which a node is told what to do while it
// runs: a Unix socket in the node's folder, with HTTP on it.
//
// Why a socket: a command cannot open the database of a node that runs, and
// must not sign beside it. Why no password: who may open the socket is whom the
// file lets in (mode 0600, in a folder of mode 0700), and that is the account of
// the node, which could read its keys as well. Nothing of it can be reached over
// a network.
//
// The package promises that a request and an answer are bounded in size and
// time, that an act that was refused comes back as the problem that it was, and
// that a socket which a node left behind when it was killed is in nobody's way.
package operator
