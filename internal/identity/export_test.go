package identity

import "context"

// AliasesOf are the pseudonyms that were joined to those of a person.
func (id *Identity) AliasesOf(ctx context.Context, persons map[string]string) (map[string][]string, error) {
	return id.aliases(ctx, persons)
}
