// Package storage keeps the state of a node in SQL, on SQLite or on PostgreSQL,
// through one SQL text.
//
// What it promises:
//
//   - A Write that returned nil is durable: it survives a killed process and a
//     lost power supply.
//   - A Write is all or nothing, and serializable: it behaves as if no other
//     Write ran at the same time, on both engines, also between processes on one
//     PostgreSQL database. No lost update, no write skew, no phantom; and none is
//     repeated because of another. Statements of somebody who does not come through
//     this package are not part of that.
//   - What a Write did is visible to every Read that begins after it returned.
//   - A function passed to AfterCommit runs only after its transaction is
//     durable, and never when it was rolled back.
//
// # One behaviour on two engines
//
// The SQL text uses $1 parameters, ON CONFLICT and RETURNING. Times are BIGINT
// microseconds since 1970 (Micros, Instant), identifiers are text made in Go,
// text is compared by its bytes. Where the engines differ the stricter one
// rules: a statement that failed ends its transaction (as in PostgreSQL), so use
// ON CONFLICT where a conflict is expected.
//
// # Tables and lists
//
// A [Table] says the columns of a table once; its select list, its scan and its
// inserts follow. A [List] is rows in an order, read page by page by the key of
// the last row. They write no other SQL: a question that is more than that is
// asked in SQL, where it can be read.
//
// # One writer
//
// SQLite has one writer at a time, and the price of a write is the fsync of its
// commit. One goroutine therefore takes all writes that wait, runs each under a
// savepoint of its own in one shared transaction, and commits once for all of
// them. A single write finds the goroutine idle and pays nothing for this.
//
// On PostgreSQL it is the same goroutine, and the transaction holds a lock of the
// database from its begin to its end, so that the writers of several processes
// follow each other. A process that falls silent in the middle loses its
// connection after ten seconds, and its turn. What runs in the database at the
// same time are reads.
//
// # Several processes
//
// On PostgreSQL a process can hold a name ([DB.Hold]) for as long as it lives, and
// do what one of several is to do ([DB.Lead]). Who holds a name is known by a
// connection, not by a clock. A connection pooler in between must keep sessions.
package storage
