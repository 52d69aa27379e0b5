// Package witness lets other institutions watch a log, so that nobody, not even its keeper, can show different people different
// histories.
//
// Server is a witness (C2SP tlog-witness): it cosigns a checkpoint only if it extends everything that it cosigned for that log
// before, and remembers that durably before it answers. Cosigner is the other side: it brings the newest checkpoint of a log to a
// list of witnesses and keeps what they signed. Traffic never waits for either.
package witness
