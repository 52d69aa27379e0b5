package security

import "context"

// Who is who asks for something, and by which way.
type Who struct {
	Account string
	Roles   []string
	Address string
	Surface string
	Route   string
	Request string
}

type whoKey struct{}

// By tells what is done for a request who asked for it.
func By(ctx context.Context, who Who) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// Asked is who asked for what ctx belongs to; the zero Who for what the node does itself.
func Asked(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// Event is an event of who asked.
func (w Who) Event(action Action, reason string) Event {
	return Event{Action: action, Reason: reason, Account: w.Account, Roles: w.Roles, Address: w.Address, Surface: w.Surface, Route: w.Route, Request: w.Request}
}
