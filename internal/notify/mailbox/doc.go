// Package mailbox takes mail that comes in, knows what it is, and brings the mail of a
// person into the thread that it answers.
//
// What it promises:
//
//   - A mail that was accepted is durable, and accepted once: the same bytes to the same
//     recipients are one mail, whichever way and however often they come.
//   - Only a person's mail reaches a thread: through the token in the address that it
//     answers, through the ids of what it answers, or because its sender is a confirmed
//     contact with exactly one open matter, and a server that we trust has checked that
//     the sender is that one. The same words of one sender reach a thread once.
//   - Everything else of a person, and all of which it is not sure that a person wrote it,
//     is held until somebody says where it belongs, or dismisses it with a reason.
//   - A bounce becomes a state of the notice to which it belongs; an automatic answer, a
//     receipt and a loop are noted and nothing more. Nothing is ever answered.
//   - A token cannot be guessed, is the same in small and in capital letters, and leads to
//     one notice and the person to whom it went.
//
// What it does not promise: that whoever has a token is the person to whom it was sent.
// Mail is passed on. The thread learns who wrote, and whether anybody checked that.
//
// The original lies in the file store from its first byte on sealed, under a key of its own, and so does what the database has of
// it: who wrote to whom, the beginning of a held mail, why it was dismissed. With the key it is gone: [Erase] takes the keys of all
// mails of a thread in the transaction that erases what the thread is of. The envelope of a mail goes when it is filed: the thread says who
// wrote. What the thread keeps of its files it gets before the transaction. The original of a mail which was filed belongs to its thread; that of
// one which was noted or dismissed goes after [Config.Keep].
//
// Package letter reads a mail, package door is the listener for SMTP and LMTP, package
// collect takes mail from a mailbox that there is already, package pages shows officers what
// waits for them.
package mailbox
