package node

// Contracts configures the desk at which contracts are made. Every node has
// one; officers with the role "contracts" sign there.
type Contracts struct {
	// Systems may ask for, approve and end contracts over HTTP, each known by
	// its bearer token. Whoever has such a token signs for the member.
	Systems []System `yaml:"systems"`
}
