// Package storage keeps the state of a node in SQL, on SQLite or on PostgreSQL,
// through one SQL text.
//
// What it promises:
//
//   - A Write that returned nil is durable: it survives a killed process and a
//     lost power supply.
//   - A Write is all or nothing, and serializable: it behaves as if no other
//     Write ran at the same time, on both engines.
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
// # Writes on SQLite
//
// SQLite has one writer at a time, and the price of a write is the fsync of its
// commit. One goroutine therefore takes all writes that wait, runs each under a
// savepoint of its own in one shared transaction, and commits once for all of
// them. A single write finds the goroutine idle and pays nothing for this.
package storage
