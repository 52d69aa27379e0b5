package web

import (
	"context"

	"dobosh/internal/law"
)

// Deps is what the pages call; each may be nil.
type Deps struct {
	Pack *law.Pack // names of places; nil where no page shows any

	// What those see who make contracts for this member.
	Contracts Contracts

	// What anybody reads about data services, and what engineers say about them.
	DataServices DataServices

	// What an operator and an auditor see; both or none.
	Oversight  Oversight
	Conditions Conditions
	Events     Events // with Conditions, or nil

	// What the supervisor publishes.
	Registry Registry

	// How its operators let nodes in.
	Newcomers Newcomers
}

// Registry is what the supervisor publishes to everybody.
type Registry interface {
	Members(ctx context.Context) ([]Member, error)
	Contracts(ctx context.Context) ([]Contract, error)
	Logs(ctx context.Context) ([]LogState, error)
}
