// Package backup copies what a node keeps, while it serves, and puts it back.
//
// A copy is a set: the database as it was at one instant, the journal up to a checkpoint
// that was signed after that instant, the files of the node's folder, and apart from them
// the keys. The order makes a set fit together: what the database knows of, the journal
// has; what the journal has beyond that, the node takes from it when it starts.
//
// What it promises:
//
//   - A set exists when its manifest does, which is written last, after everything else
//     was read back and had the digest that it was written with.
//   - Segments of the journal that are full are copied once for all sets, and so are the files of cases and mails, wherever
//     the node keeps them. A file that was erased leaves the copy when no set has listed it for as long as keys are kept.
//   - Keys lie under a prefix of their own, or in a store of their own, and go after a time
//     of their own: what was erased on the node cannot be read from its copies after that.
//   - Restore changes nothing that it does not keep beside, and leaves word for the node,
//     which then asks its witnesses before it goes on.
//
// What it does not: copies are not encrypted here beyond what the journal is; the store is
// trusted to keep secrets. A file outside of the folder of the configuration is copied only
// when the configuration names it.
package backup
