// Package node puts the rooms together: it is the one place that knows all of
// them. A node is the program as one institution runs it, with its own folder,
// database, keys and addresses.
//
// [Load] reads a configuration strictly, [New] opens everything a node keeps,
// [Node.Run] serves until its context ends, and [Node.Close] stops in the
// order in which nothing is lost: first what comes in, then the work, then
// what it is kept in.
package node
