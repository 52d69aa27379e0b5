package bench

import "context"

// Server is a process that nodes need, in the hands of whoever makes trouble.
type Server interface {
	Name() string
	// Kill ends it without warning.
	Kill() error
	// Start starts it on what it kept, and returns when it answers.
	Start(ctx context.Context) error
}

// Meets is trouble that wants to know the servers of the nodes: that of their
// tables, nil for SQLite, and those of their streams, none for a bus in each node.
// It is told before the plan is made.
type Meets interface {
	Meet(database Server, streams []Server)
}
