package web

import (
	"time"

	"dobosh/internal/kit/lang"
)

// Member is an institution in the registry.
type Member struct {
	ID      string
	Title   lang.Text
	Address string // of its node
	Systems []string
	KeyAge  time.Duration
}

// Contract is a right to ask. Why says in words what stops it.
type Contract struct {
	ID, Consumer, Provider, Service string
	Purpose, Cite                   lang.Text
	Fields                          []string
	InForce                         bool
	Why                             lang.Text
}

// LogState is how far the witness has seen and cosigned a member's journal; a
// zero At means never.
type LogState struct {
	Origin string
	Size   int64
	At     time.Time
}
