// Package journal keeps the log that is the signature: what was appended cannot be changed, removed or reordered without
// everybody being able to see it.
//
// A log is one directory, owned by one process. Entries are sealed, committed to by a salted hash, and collected in batches; each
// batch ends with a checkpoint (C2SP tlog-checkpoint) signed with the log's Ed25519 key. Append returns when its batch is on disk,
// with a Stamp: the proof that the entry is in the log. The Stamp travels with the message, and whoever receives both checks them
// with Verify and the log's public key, offline and years later.
//
// What is promised:
//   - An acknowledged entry is durable and stays provable. After a failed write or sync nothing more is acknowledged.
//   - Open cuts only what was never acknowledged. Damage anywhere else is an error, never a silent repair.
//   - A counterparty learns from a Stamp nothing about entries it was not shown.
//   - Erase destroys the key of one subject. The log still verifies, and the content cannot be read again.
//   - A segment leaves the directory only after the archive has given all of it back. What lies in the archive is read when it is asked
//     for; appends, proofs and a start need nothing of it. What was erased cannot be read from it either: keys never go there.
//   - A log holds a few descriptors, however many segments it has.
//   - Check reads a directory without the running log and names what is missing, changed, reordered or cut back.
//
// What is not promised:
//   - Who holds the key of a log can begin another history and show each to somebody else. That is found by witnesses and by whoever
//     compares checkpoints (Known), not by the log itself.
//   - The time of an entry is its sender's word until a time-stamp authority has signed a checkpoint over it.
//   - Erase reaches this directory and the copies of its segments, not what a counterparty was sent, nor a copy of the key file that
//     somebody made before.
//   - Append after a cancelled context or a stopped log may or may not have taken the entry: ask again by its id.
//
// The format is published in docs/spec/journal.md, with test vectors that the tests check. The witness protocol lives in
// journal/witness.
package journal
