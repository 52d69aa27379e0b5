package contracts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Standing is a contract that the registry holds, with what stops it.
type Standing struct {
	Contract registry.Contract `json:"contract"`
	Stopped  error             `json:"-"`                  // why nobody may ask under it today; nil while one may
	Stops    civil.Day         `json:"stops,omitzero"`     // the first day on which it no longer holds; none when nothing ends it
	Because  law.Ref           `json:"because,omitempty"`  // the provision that ends it then; empty for its own period
	Ending   bool              `json:"ending,omitempty"`   // somebody here has ended it and the registry does not know yet
	Proposal string            `json:"proposal,omitempty"` // by which it came to be, where that is known here
}

// soon is how many days ahead an officer is told that a contract stops.
const soon = 90

// Soon reports whether a contract stops within 90 days.
func (s Standing) Soon(today civil.Day) bool {
	return !s.Stops.IsZero() && today.DaysUntil(s.Stops) <= soon
}

// Sought is which contracts somebody wants to see, and in which order.
type Sought struct {
	Words string // that stand in titles, ids, purpose or provision, in either script; empty for all
	Order string // OrderStops, which is also that of none, or OrderNewest
}

// The orders of contracts.
const (
	OrderStops  = "stops"  // by the days on which they stop, those that nothing ends last
	OrderNewest = "newest" // the one that began last first
)

// Contracts lists the contracts of this member, and counts those that are sought.
func (r *Room) Contracts(ctx context.Context, by act.Actor, sought Sought, after page.Key) (found page.Page[Standing], total int, err error) {
	if err := r.mayRead(by); err != nil {
		return found, 0, err
	}
	wanted := strings.Fields(plain(sought.Words))
	var all []Standing
	for c := range r.State().ContractsAfter("") {
		if len(r.sides(c)) > 0 && r.holds(c, wanted) {
			all = append(all, r.standing(c))
		}
	}
	place, order := Standing.order, strings.Compare
	if sought.Order == OrderNewest {
		place, order = func(s Standing) string { return s.Contract.From.String() }, func(a, b string) int { return strings.Compare(b, a) }
	}
	slices.SortFunc(all, func(a, b Standing) int {
		return cmp.Or(order(place(a), place(b)), cmp.Compare(a.Contract.ID, b.Contract.ID))
	})
	total = len(all)
	if columns := after.Columns(2); columns != nil {
		all = slices.DeleteFunc(all, func(s Standing) bool {
			return cmp.Or(order(place(s), columns[0]), cmp.Compare(s.Contract.ID, columns[1])) <= 0
		})
	}
	found = page.Of(all[:min(len(all), page.Size+1)], page.Size, func(s Standing) page.Key { return page.KeyOf(place(s), s.Contract.ID) })
	for i := range found.Items {
		if err := r.trace(ctx, &found.Items[i]); err != nil {
			return found, total, err
		}
	}
	return found, total, nil
}

// holds reports whether every word stands in what a contract is known by.
func (r *Room) holds(c registry.Contract, wanted []string) bool {
	if len(wanted) == 0 {
		return true
	}
	asker, provider := c.Between()
	known := []string{c.ID, asker.String(), provider.With(c.Service).String(), c.Purpose, string(c.Provision)}
	texts := []lang.Text{r.Title(asker.Owner()), r.Title(provider.Owner()), r.Title(provider.With(c.Service))}
	if purpose, ok := r.Law.Purpose(c.Purpose); ok {
		texts = append(texts, purpose.Title)
	}
	for _, text := range texts {
		known = append(known, slices.Collect(maps.Values(text))...)
	}
	text := plain(strings.Join(known, " "))
	return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) })
}

// order sorts by the day on which a contract stops; "never" is after all days.
func (s Standing) order() string {
	if s.Stops.IsZero() {
		return "never"
	}
	return s.Stops.String()
}

// Contract gives one contract of this member.
func (r *Room) Contract(ctx context.Context, by act.Actor, contract string) (Standing, error) {
	if err := r.mayRead(by); err != nil {
		return Standing{}, err
	}
	c, ok := r.State().Contract(contract)
	if !ok || len(r.sides(c)) == 0 {
		return Standing{}, problem.New(problem.NotFound, "contract-unknown", "contract", contract)
	}
	s := r.standing(c)
	return s, r.trace(ctx, &s)
}

// standing says when a contract stops, and why.
func (r *Room) standing(c registry.Contract) Standing {
	today := civil.Of(r.Now())
	s := Standing{Contract: c}
	if !c.To.IsZero() {
		s.Stops = c.To.AddDays(1)
	}
	for _, ref := range []law.Ref{c.Provision, c.Delay.Provision} {
		if last, ends := r.lastDay(ref); ends && (s.Stops.IsZero() || last.Before(s.Stops)) {
			s.Stops, s.Because = last.AddDays(1), ref
		}
	}
	switch {
	case today.Before(c.From):
		s.Stopped = problem.New(problem.Forbidden, "contract-not-begun", "contract", c.ID, "day", c.From.String())
	case !c.Holds(today):
		s.Stopped = problem.New(problem.Forbidden, "contract-ended", "contract", c.ID, "day", c.To.String())
	default:
		for _, ref := range []law.Ref{c.Provision, c.Delay.Provision} {
			if ref == "" || s.Stopped != nil {
				continue
			}
			if s.Stopped = r.Law.InForce(ref, today); s.Stopped == nil {
				s.Stopped = r.State().Provision(ref, r.Now())
			}
		}
	}
	return s
}

// lastDay is the last day of a provision, by itself, by its instrument in the
// pack, or by what the registry says of the instrument.
func (r *Room) lastDay(ref law.Ref) (day civil.Day, ends bool) {
	provision, known := r.Law.Provision(ref)
	if !known {
		return civil.Day{}, false
	}
	days := []civil.Day{provision.To, provision.Instrument.To}
	if enacted, ok := r.State().Instrument(ref.Instrument()); ok {
		days = append(days, enacted.To)
	}
	for _, d := range days {
		if !d.IsZero() && (day.IsZero() || d.Before(day)) {
			day = d
		}
	}
	return day, !day.IsZero()
}

// trace finds the proposal that a contract came from, and whether it is being
// ended.
func (r *Room) trace(ctx context.Context, s *Standing) error {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select id from registry_proposals where contract = $1 and state = 'in-force' order by id desc limit 1`, s.Contract.ID)
	ids, err := storage.All(rows, err, func(scan storage.Scan) (string, error) {
		var id string
		return id, scan(&id)
	})
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		s.Proposal = ids[0]
	}
	_, err = r.errands.Find(ctx, r.DB.Read(ctx), endRef(s.Contract.ID))
	s.Ending = err == nil
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// End takes a contract of this member out of force, with a reason that
// everybody can read. It is brought to the registry as soon as that answers.
func (r *Room) End(ctx context.Context, by act.Actor, contract, reason string) error {
	if err := r.maySign(by); err != nil {
		return err
	}
	if !sayable(reason) {
		return problem.New(problem.Invalid, "form-incomplete").At("reason", "reason-missing")
	}
	c, ok := r.State().Contract(contract)
	if !ok || len(r.sides(c)) == 0 {
		return problem.New(problem.NotFound, "contract-unknown", "contract", contract)
	}
	end, err := json.Marshal(registry.End{Contract: contract, Reason: strings.TrimSpace(reason)})
	if err != nil {
		return err
	}
	meta, err := canonical.Marshal(map[string]string{"act": "contract-end", "asker": c.Consumer.String(), "holder": c.Provider.String(), "matter": c.ID, "officer": by.Account})
	if err != nil {
		return err
	}
	if _, err := r.Journal.Append(ctx, journal.Entry{Kind: "act", ID: "contract-end", At: r.Now(), Meta: meta, Body: end}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return r.errands.Add(ctx, tx, endRef(contract), errand{Kind: carryEnd, Body: string(end)})
	})
}
