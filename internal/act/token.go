package act

import (
	"context"

	"dobosh/internal/kit/id"
)

type tokenKey struct{}

// WithToken names one sending of a request, however often it comes.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// Token is the name of the sending that ctx belongs to, for an act that makes
// something new to make it once; a new name where the sender gave none.
func Token(ctx context.Context) string {
	if token, ok := ctx.Value(tokenKey{}).(string); ok {
		return token
	}
	return id.New()
}
