package node

// Catalogue says who publishes the member's data services besides its engineers, who
// do so on pages and by commands.
type Catalogue struct {
	// Systems may publish and describe services over HTTP, each known by its bearer
	// token.
	Systems []System `yaml:"systems"`
}
