package pages

import (
	"html/template"

	"dobosh/internal/cases"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// homeMost is how many cases a person's first page shows.
const homeMost = 5

// tick is an open case with its clock: until when, by which provision, what paused it, what happens then.
type tick struct {
	row
	Runs   *portal.Clock // nil where none runs
	Stands lang.Text     // why none does
	Paused []clockLine   // what it stood still for
	Next   lang.Text     // what happens now, where no clock says it
	Turn   bool          // it waits for its party
	Silent bool          // its party may go on as if refused
}

// tickOf reads the clock of a person's case.
func (r *room) tickOf(v *portal.Visit, c cases.Case) (tick, error) {
	told, err := r.Told(c)
	if err != nil {
		return tick{}, err
	}
	one := tick{row: r.rowOf(c), Silent: told.Silent, Turn: told.Silent || told.Status.Answered != "" && told.Status.Phase == law.WaitingParty, Next: told.Status.Next}
	if told.Whose != "" {
		runs := v.Clock(told.Running.Event.Start(), told.Running.Until, cite(r.pack, told.Running.Term.Provision), r.then(v, told))
		if told.Whose == law.ByOfficer {
			runs.Says = v.Say("case.until")
		}
		stood(&runs, told.Running)
		one.Runs = &runs
	} else {
		one.Stands = told.Status.Stands
	}
	for _, s := range told.Reading.Steps {
		if s.Kind == law.StepPaused {
			one.Paused = append(one.Paused, r.lineOf(v, s))
		}
	}
	return one, nil
}

// ticks reads the clocks of a person's open cases; the others are rows.
func (r *room) ticks(v *portal.Visit, after page.Key) (open []tick, ended []row, next page.Key, err error) {
	found, err := r.Own(v.R.Context(), v.Actor, after)
	if err != nil {
		return nil, nil, "", err
	}
	for _, c := range found.Items {
		if c.Ended() {
			ended = append(ended, r.rowOf(c))
			continue
		}
		one, err := r.tickOf(v, c)
		if err != nil {
			return nil, nil, "", err
		}
		open = append(open, one)
	}
	return open, ended, found.Next, nil
}

// waits are the questions that wait for a person's answer, and the silences with which they need not put up. What
// waits for them in a case of another room, that room shows.
func (r *room) waits(v *portal.Visit) (cards []template.HTML, err error) {
	if len(v.Actor.Persons) == 0 {
		return nil, nil
	}
	open, _, _, err := r.ticks(v, "")
	if err != nil {
		return nil, err
	}
	for _, one := range open {
		if !one.Turn {
			continue
		}
		card, err := v.Render("case-waits", one)
		if err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// progress is what of a person's cases is with a body, for their first page; what waits for them stands there
// already.
func (r *room) progress(v *portal.Visit, _ any) (template.HTML, error) {
	if len(v.Actor.Persons) == 0 {
		return "", nil
	}
	open, ended, _, err := r.ticks(v, "")
	if err != nil {
		return "", err
	}
	view := struct {
		Open []tick
		Some bool // there are cases to see on their own page
	}{Some: len(open)+len(ended) > 0}
	for _, one := range open {
		if !one.Turn && one.Status.Phase != law.WaitingParty && len(view.Open) < homeMost {
			view.Open = append(view.Open, one)
		}
	}
	return v.Render("cases-home", view)
}

type ownView struct {
	Open  []tick
	Ended []row
	First bool // of the pages
	Next  page.Key
	Help  portal.Help
}

func (r *room) own(v *portal.Visit) (err error) {
	view := ownView{Help: v.Help, First: v.After() == ""}
	if view.Open, view.Ended, view.Next, err = r.ticks(v, v.After()); err != nil {
		return err
	}
	return v.Show("cases", v.Say("nav.cases"), view)
}
