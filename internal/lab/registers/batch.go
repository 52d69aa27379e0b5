package registers

// Batch is how many rows go into one statement when a register is filled. SQLite
// finds each $n in a list of all names, so the work grows with the square: 1000
// rows of nine columns take five times as long as ten times 100, while PostgreSQL
// gains little beyond 100.
const Batch = 100
