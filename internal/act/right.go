package act

import (
	"slices"
	"strconv"
	"time"

	"dobosh/internal/kit/problem"
)

// Right says who may do an act. The zero Right lets nobody pass: a route that has
// none does not start.
type Right struct {
	Open     bool          // whoever comes, known or not
	SignedIn bool          // whoever is signed in
	Roles    []Role        // whoever holds one of them for the matter
	Level    Level         // at least; not asked of those whom the right lets pass unknown
	FourEyes bool          // one prepares, another releases: see Second
	Recent   time.Duration // the person signed in within this time; 0 for however long ago
}

// Anyone is the right to what is public.
func Anyone() Right { return Right{Open: true} }

// SignedIn is the right of everybody whose name is known; whose a matter is decides
// the room.
func SignedIn() Right { return Right{SignedIn: true} }

// Only is the right of those who hold one of the roles.
func Only(roles ...Role) Right { return Right{Roles: roles} }

// AtLevel demands a level of assurance too.
func (r Right) AtLevel(l Level) Right { r.Level = l; return r }

// WithFourEyes demands that another releases what one has prepared.
func (r Right) WithFourEyes() Right { r.FourEyes = true; return r }

// Fresh demands that the person has signed in within a time: before money moves and
// before others are given power, whoever sits at a screen that was left open is asked
// who they are. A program has its token and nothing to sign in with again.
func (r Right) Fresh(within time.Duration) Right { r.Recent = within; return r }

// IsZero reports whether the right lets nobody pass.
func (r Right) IsZero() bool { return !r.Open && !r.SignedIn && len(r.Roles) == 0 }

// Check returns nil when the actor may do the act with a matter.
//
// Problems: sign-in-needed, not-allowed, level-too-low, sign-in-again.
func (r Right) Check(by Actor, matter Scope) error {
	scopes, err := r.Where(by)
	if err != nil {
		return err
	}
	if !scopes.Cover(matter) {
		return problem.New(problem.Forbidden, "not-allowed")
	}
	return r.recent(by)
}

// Admit returns nil when the actor may do the act with some matter, and now: what is
// looked at before anything of a request is read. For which matter tells Check.
//
// Problems: those of Check.
func (r Right) Admit(by Actor) error {
	if _, err := r.Where(by); err != nil {
		return err
	}
	return r.recent(by)
}

// recent is the problem of whoever has to sign in again first. Who may not do the act at
// all is told so before.
func (r Right) recent(by Actor) error {
	if r.Recent > 0 && by.Age > r.Recent {
		return problem.New(problem.Unauthenticated, "sign-in-again", "minutes", strconv.Itoa(int(r.Recent/time.Minute)))
	}
	return nil
}

// Where returns in which scopes the actor may do the act, for a list that holds what
// they may see, however long ago they signed in. Nowhere is a problem.
//
// Problems: sign-in-needed, not-allowed, level-too-low.
func (r Right) Where(by Actor) (Scopes, error) {
	if r.Open {
		return Scopes{{}}, nil
	}
	if !by.Known() {
		return nil, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	var scopes Scopes
	if r.SignedIn {
		scopes = Scopes{{}}
	}
	for _, g := range by.Grants {
		if slices.Contains(r.Roles, g.Role) {
			scopes = append(scopes, g.Scope)
		}
	}
	if len(scopes) == 0 {
		return nil, problem.New(problem.Forbidden, "not-allowed")
	}
	if by.Level < r.Level {
		return nil, problem.New(problem.Forbidden, "level-too-low", "level", r.Level.String())
	}
	return scopes, nil
}

// Lets reports whether the actor may do the act with some matter: whether to offer it.
func (r Right) Lets(by Actor) bool {
	_, err := r.Where(by)
	return err == nil
}

// Second returns nil when the actor may release what an account has prepared: any
// other, where the right demands four eyes. Who may release at all tells Check.
//
// Problem: four-eyes.
func (r Right) Second(first string, second Actor) error {
	if r.FourEyes && (first == "" || first == second.Account) {
		return problem.New(problem.Forbidden, "four-eyes")
	}
	return nil
}

// Row is one row of the table of routes and rights: an address at which something is
// asked or done, as [net/http.ServeMux] reads it, with who may.
type Row struct {
	Pattern string
	Right   Right
}
