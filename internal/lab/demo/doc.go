// Package demo runs the demonstration: three nodes that are really apart (the
// state registers, the city of Zrenjanin, the supervisor), each with its own
// folder, database, keys and addresses, an identity provider with invented
// persons, and a mailbox in which every message that went out can be read.
//
// It writes the same configuration files that "dobosh serve" reads, so each
// node can also be started alone from its folder.
package demo
