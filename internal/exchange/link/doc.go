// Package link carries many streams of bytes between two nodes over one
// connection (docs/spec/exchange.md, section 3).
//
// The package promises:
//
//   - What several streams have to say at one moment leaves in one write.
//   - A stream is sent only what its reader at the other side has room for, so
//     a reader that is slow or never comes back holds up nobody else, and what
//     is kept for it is bounded.
//   - A stream that was refused was never handled: its request may be put
//     elsewhere. Of any other stream that broke nobody can say that.
//   - Every goroutine of a connection ends with it; [Conn.Wait] waits for them.
//
// The side that dialled opens the streams, the other side handles them. Who is
// at the other side was settled by TLS before.
package link
