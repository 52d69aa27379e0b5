package cases

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
)

// RecordActs are what officers do with what belongs to a case.
func (r *Room) RecordActs() ([]act.Act, error) {
	return act.All(r.addingParty, r.endingParty, r.addingTask, r.endingTask, r.joining, r.parting, r.splitting, r.consulting, r.noting, r.handing)
}

// ofCase is the case of an act, in its address.
func ofCase[In any](at func(*In) *string) act.Field[In] {
	return act.OfLine("number", at, act.InPath(), act.Most(64))
}

func unitField[In any](at func(*In) *string, bounds ...act.Bound) act.Field[In] {
	return act.OfCode("unit", at, append(bounds, act.Most(64))...)
}

func (r *Room) addingParty() (act.Act, error) {
	return act.Def[PartyEntry, bool]{
		Name: "case.party-add", Page: "/desk/cases/{number}/parties", Right: RightToHandle(),
		Fields: []act.Field[PartyEntry]{
			ofCase(func(in *PartyEntry) *string { return &in.Number }),
			act.OfNational("person", func(in *PartyEntry) *string { return &in.Person }),
			act.OfChoice("role", func(in *PartyEntry) *PartyRole { return &in.Role }, act.Of("case.role.", Guardian, Representative, Interested)),
			act.OfLine("mandate", func(in *PartyEntry) *string { return &in.Mandate }, act.Most(200)),
			act.OfDay("until", func(in *PartyEntry) *civil.Day { return &in.Until }, act.Optional()),
		},
		Do: func(ctx context.Context, by act.Actor, in PartyEntry) (bool, error) {
			return true, r.AddParty(ctx, by, in)
		},
	}.Act()
}

// mandate is one that an officer ends.
type mandate struct {
	Number string
	Party  int
}

func (r *Room) endingParty() (act.Act, error) {
	return act.Def[mandate, bool]{
		Name: "case.party-end", Page: "/desk/cases/{number}/parties/{party}/end", Right: RightToHandle(),
		Fields: []act.Field[mandate]{
			ofCase(func(in *mandate) *string { return &in.Number }), act.OfCount("party", func(in *mandate) *int { return &in.Party }, act.InPath(), act.Most(maxParties)),
		},
		Do: func(ctx context.Context, by act.Actor, in mandate) (bool, error) {
			return true, r.EndParty(ctx, by, in.Number, in.Party)
		},
	}.Act()
}

func (r *Room) addingTask() (act.Act, error) {
	return act.Def[TaskEntry, bool]{
		Name: "case.task-add", Page: "/desk/cases/{number}/tasks", Right: RightToHandle(),
		Fields: []act.Field[TaskEntry]{
			ofCase(func(in *TaskEntry) *string { return &in.Number }), act.OfText("what", func(in *TaskEntry) *string { return &in.What }, act.Most(1000)),
			unitField(func(in *TaskEntry) *string { return &in.Unit }, act.Optional()), act.OfDay("due", func(in *TaskEntry) *civil.Day { return &in.Due }, act.Optional()),
		},
		Do: func(ctx context.Context, by act.Actor, in TaskEntry) (bool, error) {
			return true, r.AddTask(ctx, by, in)
		},
	}.Act()
}

// done is a task with what came of it.
type done struct{ Task, Word string }

func (r *Room) endingTask() (act.Act, error) {
	return act.Def[done, bool]{
		Name: "case.task-end", Page: "/desk/tasks/{task}", Right: RightToHandle(),
		Fields: []act.Field[done]{
			act.OfLine("task", func(in *done) *string { return &in.Task }, act.InPath(), act.Most(64)), act.OfText("word", func(in *done) *string { return &in.Word }, act.Most(1000)),
		},
		Begin: func(ctx context.Context, by act.Actor, in *done) error {
			_, err := r.Task(ctx, by, in.Task)
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in done) (bool, error) {
			return true, r.EndTask(ctx, by, in.Task, in.Word)
		},
	}.Act()
}

func otherField(bounds ...act.Bound) act.Field[Joining] {
	return act.OfLine("other", func(in *Joining) *string { return &in.Other }, append(bounds, act.Most(64))...)
}

func (r *Room) joining() (act.Act, error) {
	return act.Def[Joining, bool]{
		Name: "case.join", Page: "/desk/cases/{number}/join", Right: RightToHandle(),
		Fields: []act.Field[Joining]{
			ofCase(func(in *Joining) *string { return &in.Number }), act.OfChoice("how", func(in *Joining) *LinkKind { return &in.How }, act.Of("case.how.", LinkKinds()...)),
			otherField(), act.OfText("why", func(in *Joining) *string { return &in.Why }, act.Most(1000), act.Optional()),
		},
		Do: func(ctx context.Context, by act.Actor, in Joining) (bool, error) { return true, r.Join(ctx, by, in) },
	}.Act()
}

func (r *Room) parting() (act.Act, error) {
	return act.Def[Joining, bool]{
		Name: "case.part", Page: "/desk/cases/{number}/part/{how}/{other}", Right: RightToHandle(),
		Fields: []act.Field[Joining]{
			ofCase(func(in *Joining) *string { return &in.Number }), act.OfLine("how", func(in *Joining) *LinkKind { return &in.How }, act.InPath(), act.Most(64)), otherField(act.InPath()),
		},
		Do: func(ctx context.Context, by act.Actor, in Joining) (bool, error) { return true, r.Part(ctx, by, in) },
	}.Act()
}

func (r *Room) splitting() (act.Act, error) {
	return act.Def[Parting, string]{
		Name: "case.split", Page: "/desk/cases/{number}/split", Right: RightToHandle(),
		Fields: []act.Field[Parting]{
			ofCase(func(in *Parting) *string { return &in.Number }),
			act.OfChoice("kind", func(in *Parting) *string { return &in.Kind }, act.From(func(context.Context) (kinds []act.Option) {
				for _, k := range r.Pack.CaseKinds() {
					if k.Room == "" {
						kinds = append(kinds, act.Option{Value: k.ID, Says: k.Title})
					}
				}
				return kinds
			})),
			act.OfText("what", func(in *Parting) *string { return &in.What }, act.Most(maxSaid)),
		},
		Do: func(ctx context.Context, by act.Actor, in Parting) (string, error) { return r.SplitOff(ctx, by, in) },
	}.Act()
}

func (r *Room) consulting() (act.Act, error) {
	return act.Def[Consulting, bool]{
		Name: "case.consult", Page: "/desk/cases/{number}/consult", Right: RightToHandle(),
		Fields: []act.Field[Consulting]{
			ofCase(func(in *Consulting) *string { return &in.Number }), unitField(func(in *Consulting) *string { return &in.Unit }),
			act.OfText("text", func(in *Consulting) *string { return &in.Text }, act.Most(maxSaid)),
		},
		Do: func(ctx context.Context, by act.Actor, in Consulting) (bool, error) {
			return true, r.Consult(ctx, by, in)
		},
	}.Act()
}

// noted is what an officer writes in a thread.
type noted struct {
	Number string
	Thread Thread
	Text   string
}

func (r *Room) noting() (act.Act, error) {
	return act.Def[noted, bool]{
		Name: "case.note", Page: "/desk/cases/{number}/note/{thread}", Right: RightToHandle(),
		Fields: []act.Field[noted]{
			ofCase(func(in *noted) *string { return &in.Number }), act.OfLine("thread", func(in *noted) *Thread { return &in.Thread }, act.InPath(), act.Most(64)),
			act.OfText("text", func(in *noted) *string { return &in.Text }, act.Most(maxSaid)),
		},
		Do: func(ctx context.Context, by act.Actor, in noted) (bool, error) {
			return true, r.Note(ctx, by, in.Number, in.Thread, in.Text)
		},
	}.Act()
}
