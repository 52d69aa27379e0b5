package registry

import (
	"fmt"
	"slices"

	"dobosh/internal/kit/lang"
)

// Group is a named set of subsystems that contracts can be made with as a
// whole. Its id is that of its owner and a code in the place of a subsystem; a
// global group is owned by the authority's member. A later statement with the
// same id replaces an earlier one; one without members takes the group out.
type Group struct {
	ID      ID        `json:"id"`
	Title   lang.Text `json:"title"`
	Members []ID      `json:"members"` // subsystems
}

func (g Group) check(known func(subsystem ID) bool) error {
	wrong := func(what string) error { return fmt.Errorf("%w: group %s: %s", ErrStatement, g.ID, what) }
	if g.ID.Subsystem == "" || g.ID.Service != "" {
		return wrong("the id is not that of an owner and a code")
	}
	if !validText(g.Title, maxTitle) {
		return wrong("the title is too long")
	}
	seen := make(map[ID]bool, len(g.Members))
	for _, m := range g.Members {
		if m.Service != "" || !known(m) || seen[m] {
			return wrong(fmt.Sprintf("%s is not a subsystem, or stands twice", m))
		}
		seen[m] = true
	}
	return nil
}

// Holds reports whether a subsystem is of the group.
func (g Group) Holds(subsystem ID) bool { return slices.Contains(g.Members, subsystem.System()) }
