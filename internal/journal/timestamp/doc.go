// Package timestamp has the newest checkpoint of a log time-stamped by an authority (RFC 3161), so that somebody who has no part in
// the log says since when its entries have existed.
//
//   - A [Keeper] asks once a minute, if the log has grown, and keeps what it gets as files: <size>.note is the checkpoint, and
//     <size>.tsr the response over these very bytes, so that "openssl ts -verify -data SIZE.note -in SIZE.tsr" checks it.
//     Traffic never waits for it; while the authority is away it tries again and says since when.
//   - [Trust] verifies a response against the certificate of an authority, offline.
//   - [Authority] is an authority for demonstrations and pilots. It keeps its key in a file and its time is that of the machine; a
//     real one is a qualified service.
package timestamp
