// Package node puts the rooms together: it is the one place that knows all of
// them. A node is the program as one institution runs it, with its own folder,
// database, keys and addresses.
//
// [Load] reads a configuration strictly. [New] opens everything a node keeps, in
// one story that is read from top to bottom: what a room needs are its arguments,
// and what it gives are its [Brings], in which the node finds what to serve, where,
// and what to do meanwhile. [Node.Run] serves until its context ends, and
// [Node.Close] stops in the order in which nothing is lost: first what comes in,
// then the work, then what it is kept in, each after all that were opened later.
//
// A [Guest] is a room from outside of the program, such as those of the
// laboratory. It is no door for others: whoever gives a guest builds a program.
//
// What is not here: what a room does, how a page looks, how a node joins or turns
// its keys. What is still here and not at home: the views of members, contracts
// and journals that the supervisor's page shows (portal.go), the condition of a
// node for the operator's page (conditions.go), and the checks of the
// configuration, which stand in other functions than its fields.
package node
