// Package security is the log for those who watch over many systems: who signed in, what
// was refused, who was given power, where money moved, what was taken out. It goes to a
// file, to a syslog (RFC 5424) or to a collector (OTLP), so that a national security
// centre takes it in as it takes in others.
//
// What it promises:
//
//   - An event is a document of the Elastic Common Schema (ECS 8), one a line;
//     docs/spec/security-log.md says which field holds what.
//   - [Log.Note] never waits and never fails: each way out has a queue of its own with a
//     bound, and what does not fit is dropped, counted, and said on the same way as soon
//     as it works again, as an event of its own.
//   - Nothing personal is in it. Accounts and addresses are pseudonyms under a key of the
//     node: the same one is the same in every event, and who has the key can tell which it
//     is. What a stranger sent stands in no event.
//   - Files are 0600, change at a bound, and only so many are kept.
//
// What it does not promise: that everything arrives. What was done stands in the journal,
// which proves it; this log is what somebody should look at now.
package security
