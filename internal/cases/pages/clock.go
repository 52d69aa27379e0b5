package pages

import (
	"html/template"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// clockView is the clock of a case, for both sides: until when, by what, how that came about and what happens then.
type clockView struct {
	Runs   *portal.Clock // nil where none runs
	Lines  []clockLine   // in order
	Silent bool          // its party may go on as if refused
	Appeal string        // where
	Who    string        // has the case, and their phone; empty for those who work there
	Acts   []way         // of an officer

	Unchecked bool // nobody has compared the term with the text of the law yet
}

// way leads to an act.
type way struct{ Path, Says string }

// clockLine is one thing that happened to the clock.
type clockLine struct {
	On   civil.Day
	Says string
	By   lang.Text
}

// clockOf shows the clock of a case; nil where it never had one.
func (r *room) clockOf(v *portal.Visit, c cases.View, path string) *clockView {
	if c.Clock.Term == "" && c.Whose == "" || c.Ended() {
		return nil
	}
	view := &clockView{Silent: c.Silent && c.Own, Appeal: path + "/appeal"}
	if body, ok := r.pack.Body(c.Body); ok && c.Own && v.Help.Phone != "" {
		view.Who = v.Say("clock.who", "body", v.Plain(body.Title), "phone", v.Help.Phone)
	}
	shown := c.Reading
	if c.Whose != "" {
		shown = c.Running
		runs := v.Clock(shown.Event.Start(), shown.Until, cite(r.pack, shown.Term.Provision), r.then(v, c))
		if c.Whose == law.ByOfficer {
			runs.Says = v.Say("case.until")
		}
		stood(&runs, shown)
		view.Runs = &runs
	}
	view.Unchecked = shown.Term.ID != "" && !shown.Term.Verified
	for _, s := range shown.Steps {
		view.Lines = append(view.Lines, r.lineOf(v, s))
	}
	for _, held := range c.Custody[min(1, len(c.Custody)):] {
		view.Lines = append(view.Lines, clockLine{On: civil.Of(held.At), Says: v.Say("clock.step.transfer")})
	}
	if !c.Own {
		view.Acts = r.clockActs(v, c, path)
	}
	return view
}

// stood cuts the band of a clock where it stood still.
func stood(runs *portal.Clock, shown law.Reading) {
	for _, s := range shown.Steps {
		if s.Kind == law.StepPaused && !s.To.IsZero() {
			runs.Stood(s.From, s.To)
		}
	}
}

// then says what happens when the end comes and nothing was done.
func (r *room) then(v *portal.Visit, c cases.View) string {
	says := ""
	if c.Own {
		says = v.Plain(c.Status.Next)
	}
	if effect := c.Running.Term.Then; effect != law.NoEffect {
		if says != "" {
			says += " "
		}
		says += v.Say("clock.then." + string(effect))
	}
	return says
}

// lineOf says one step of the counting.
func (r *room) lineOf(v *portal.Visit, s law.Step) clockLine {
	line := clockLine{On: s.From, By: cite(r.pack, s.Provision)}
	switch {
	case s.Kind == law.StepPaused && s.To.IsZero():
		line.Says = v.Say("clock.step.stands", "why", v.Plain(s.Title))
	case s.Kind == law.StepPaused:
		line.Says = v.Say("clock.step.stood", "day", v.Day(s.To), "why", v.Plain(s.Title))
	case s.Kind == law.StepCounted || s.Kind == law.StepExtended:
		line.Says = v.Say("clock.step."+string(s.Kind), "length", v.Say("clock.unit."+string(s.Unit), "n", s.Amount))
	case s.Kind == law.StepDayOff && len(s.Title) > 0:
		line.Says = v.Say("clock.step.holiday", "why", v.Plain(s.Title))
	default:
		line.Says = v.Say("clock.step." + string(s.Kind))
	}
	return line
}

// clockActs are what an officer may do with the clock.
func (r *room) clockActs(v *portal.Visit, c cases.View, path string) (acts []way) {
	switch state := c.Reading.State(v.Now()); {
	case c.Clock.Term == "":
	case state == law.Paused && c.Status.Pause == "":
		acts = append(acts, way{path + "/resume", v.Say("case.resume")})
	case state == law.Running:
		for _, p := range c.Reading.Term.Pauses {
			acts = append(acts, way{path + "/pause/" + p.ID, v.Say("case.pause-for", "why", v.Plain(p.Title))})
		}
		if e := c.Reading.Term.Extensions; e != nil && len(c.Clock.Extensions) < e.Most {
			acts = append(acts, way{path + "/extend", v.Say("case.extend")})
		}
	}
	return acts
}

// alarmed is what a queue says beside the day of a case whose clock has raised something.
func alarmed(v *portal.Visit, c cases.Case) template.HTML {
	if c.Alarm == cases.NoAlarm {
		return ""
	}
	return portal.Escaped(" · " + v.Say("cases.alarm."+string(c.Alarm)))
}
