// Package sms sends texts to phones: over the HTTP interface of an operator's gateway, or into
// a folder, where somebody can see what would have gone.
//
// What it promises:
//
//   - A text is written so that it takes few parts: signs that a phone has in its own alphabet stand
//     for those that only look finer. No letter is changed: without its mark a Serbian word may be
//     another one.
//   - A gateway that is busy is asked again no sooner than it says. What it refuses is not sent again;
//     where it refuses us and not the message, the message waits.
//   - The token goes to the address of the configuration and nowhere else: redirects are not followed.
//   - Of an answer no more than [longestAnswer] is read, and nothing of it is believed but its status.
//   - No error holds a number or a text.
//
// What does not hold: that a text arrived. A gateway may send one twice that does not heed the
// Idempotency-Key, after a connection that broke.
package sms
