package act

import (
	"slices"
	"time"
)

// Role is what an actor may be trusted with. Package identity names the roles.
type Role string

// Actor is who does something. The zero Actor is nobody and may nothing.
type Actor struct {
	Account string            // the subject at the identity provider; empty for nobody
	Name    string            // for greetings and the record of a decision
	Grants  []Grant           // those in force when the actor was looked up, in no order
	Level   Level             // how surely the account is the person
	Persons map[string]string // sector → pseudonym; empty for an account that is no person
	// Aliases are further pseudonyms of the same person, by sector: those of contacts that
	// were joined to them. What was begun under one is theirs; nothing is begun under one.
	Aliases  map[string][]string
	AuthTime time.Time // when the identity provider saw the person; zero when it did not say
	// Age is how long ago that was when the actor was looked up, and [NeverSeen] when
	// nobody says so. It is 0 for a program, whose token is its sign-in.
	Age time.Duration
}

// NeverSeen is the age of a sign-in of which the provider did not say when it was.
const NeverSeen = time.Duration(1<<63 - 1)

// Grant is a role that somebody holds within a scope, from an instant on and, unless
// To is zero, before another.
type Grant struct {
	Role     Role
	Scope    Scope
	From, To time.Time
}

// At reports whether the grant is in force at an instant.
func (g Grant) At(now time.Time) bool {
	return !now.Before(g.From) && (g.To.IsZero() || now.Before(g.To))
}

// As makes an actor who holds roles without a bound of scope or time.
func As(account string, roles ...Role) Actor {
	a := Actor{Account: account}
	for _, role := range roles {
		a.Grants = append(a.Grants, Grant{Role: role})
	}
	return a
}

// SystemPrefix begins the accounts of information systems.
const SystemPrefix = "system:"

// System makes the actor that an information system is, which an interface knows by
// its token.
func System(name string, roles ...Role) Actor {
	a := As(SystemPrefix+name, roles...)
	a.Name = name
	return a
}

// Known reports whether the actor is somebody.
func (a Actor) Known() bool { return a.Account != "" }

// Has reports whether the actor holds a role, in whatever scope. What they may do tells
// a [Right].
func (a Actor) Has(role Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == role })
}

// May reports whether the actor holds a role for a matter.
func (a Actor) May(role Role, matter Scope) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == role && g.Scope.Covers(matter) })
}

// Is returns who the actor is in a sector, or "" when nobody there: the name for what is
// begun. Whether something is the actor's says Bears.
func (a Actor) Is(sector string) string { return a.Persons[sector] }

// Bears reports whether a pseudonym of a sector is the actor's, of old or now.
func (a Actor) Bears(sector, person string) bool {
	return person != "" && slices.Contains(a.Names(sector), person)
}

// Names are the actor's pseudonyms in a sector, the present one first; none for nobody there.
func (a Actor) Names(sector string) (names []string) {
	if is := a.Is(sector); is != "" {
		names = append(names, is)
	}
	return append(names, a.Aliases[sector]...)
}
