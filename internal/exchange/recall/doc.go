// Package recall lets a node that was restored from a copy ask those with whom it
// exchanged what they hold of its journal beyond the copy, and tell them that it goes on
// without what is lost.
//
// What it promises:
//
//   - A node hears of its own journal and of no other: by the key of its connection.
//   - What a partner shows is proved by the journal's own signatures, message by message;
//     anything else is an error. So nobody can have a node give up what it has.
//   - What is shown names an exchange, and proves by hashes what the entry was. Nothing of
//     what was said in it travels, so nothing comes back that was erased.
//   - A partner that is told of a continuation keeps it in its journal, and from then on
//     takes messages of the log as it goes on.
//
// What it does not: a partner tells what it journaled. Of a message whose answer got lost
// on the way it may know nothing.
//
// The wire is described in docs/spec/exchange.md, section 2.9.
package recall
