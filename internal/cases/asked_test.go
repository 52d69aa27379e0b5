package cases_test

import (
	"fmt"
	"slices"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/page"
	"dobosh/internal/testkit"
)

// A question can be taken back for two minutes, as a decision can: until then nobody is told of it, the clock runs, and the
// party does not see it.
func TestAQuestionCanBeTakenBack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		r.notices()
		must(t, r.Ask(t.Context(), officer(), c.Number, r.version(c), "Где живите?"))
		wantCode(t, r.Ask(t.Context(), officer(), c.Number, 0, "А раније?"), "case-changed")
		wantCode(t, r.Undo(t.Context(), atDesk("another", act.Scope{}), c.Number), "not-your-draft")
		must(t, r.Undo(t.Context(), officer(), c.Number))
		r.later()
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status of what was taken back", v.Case.Status, "with-officer")
		want(t, "messages of what was taken back", len(v.Messages), 0)
		want(t, "told of what was taken back", len(r.notices()), 0)

		must(t, r.Ask(t.Context(), officer(), c.Number, r.version(c), "Где сада живите?"))
		v, err = r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "what she sees before it goes out", len(v.Messages)+len(v.Drafts), 0)
		r.later()
		v, err = r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status when it went out", v.Case.Status, "asked")
		want(t, "the question", v.Messages[0].Said, "Где сада живите?")
		want(t, "told of it", len(r.notices()), 1)
		want(t, "in the journal", len(r.entries), 0)

		// What she says while a further one can still be taken back is read before it goes out.
		must(t, r.Ask(t.Context(), officer(), c.Number, r.version(c), "Од када?"))
		must(t, r.Answer(t.Context(), mother(), c.Number, "У Ечкој, од маја."))
		r.later()
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "messages", len(v.Messages), 2)
		want(t, "what became of the question", v.Drafts[len(v.Drafts)-1].State, cases.DraftNothing)
	})
}

// Where several are heard in a case, each message says which of them it is from.
func TestAMessageSaysWhichPartySpoke(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		number, by := guardian(1)
		must(t, r.AddParty(t.Context(), officer(), cases.PartyEntry{Number: c.Number, Person: number, Role: cases.Guardian, Mandate: "одлука центра"}))
		must(t, r.Answer(t.Context(), mother(), c.Number, "Једно."))
		must(t, r.Answer(t.Context(), by, c.Number, "Друго."))
		m := written("1", "Треће.")
		m.Person = "family " + number
		must(t, r.arrives(c, m))
		must(t, r.EndParty(t.Context(), officer(), c.Number, 1))
		for _, who := range []act.Actor{mother(), officer()} {
			v, err := r.Case(t.Context(), who, c.Number)
			must(t, err)
			var roles []cases.PartyRole
			for _, m := range v.Messages {
				roles = append(roles, m.Role)
			}
			if !slices.Equal(roles, []cases.PartyRole{"", cases.Guardian, cases.Guardian}) {
				t.Errorf("%s reads messages of %q", who.Account, roles)
			}
		}
	})
}

// All messages of a long case are read, page by page, each once and in order.
func TestEarlierMessagesArePagedByKey(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		const n = 2*cases.MaxMessages + 7
		for i := range n {
			must(t, r.Note(t.Context(), officer(), c.Number, cases.Internal, fmt.Sprint(i)))
		}
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "on the page of the case", len(v.Messages), cases.MaxMessages)
		next := n
		read := func(some []cases.Message) {
			for _, m := range slices.Backward(some) {
				if next--; m.Said != fmt.Sprint(next) {
					t.Fatalf("message %q, want %d", m.Said, next)
				}
			}
		}
		read(v.Messages)
		for after := v.Earlier; after != ""; {
			found, err := r.Earlier(t.Context(), officer(), c.Number, after)
			must(t, err)
			read(found.Items)
			after = found.Next
		}
		want(t, "not read", next, 0)
		own, err := r.Earlier(t.Context(), mother(), c.Number, v.Earlier)
		must(t, err)
		want(t, "what the party reads of notes", len(own.Items), 0)
		_, err = r.Earlier(t.Context(), act.Actor{Account: "stranger"}, c.Number, page.Key(""))
		wantCode(t, err, "case-unknown")
	})
}

// A case is given to another officer, another unit or another body, with the reason; its clock goes on, and the party is
// told where another body has it.
func TestACaseIsGivenAway(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		other, elsewhere := atDesk("vera", act.Scope{}), atDesk("dragan", act.Scope{Service: "parental-allowance"})
		r.officers = []act.Actor{officer(), other, elsewhere}
		c := r.withOfficer("birth-1")
		r.notices()
		give := func(h cases.Handover) error {
			h.Number, h.Why = c.Number, "Премештај."
			return r.HandTo(t.Context(), officer(), h)
		}
		wantCode(t, give(cases.Handover{}), "form-incomplete")
		wantCode(t, give(cases.Handover{Officer: "dragan"}), "form-incomplete")
		wantCode(t, give(cases.Handover{Officer: "nobody"}), "form-incomplete")
		wantCode(t, give(cases.Handover{Body: "nothing"}), "form-incomplete")
		wantCode(t, give(cases.Handover{Officer: "vera", Version: 99}), "case-changed")
		wantCode(t, r.HandTo(t.Context(), mother(), cases.Handover{Number: c.Number, Officer: "vera", Why: "x"}), "not-allowed")
		wantCode(t, r.HandTo(t.Context(), elsewhere, cases.Handover{Number: c.Number, Officer: "vera", Why: "x"}), "case-unknown")

		must(t, give(cases.Handover{Officer: "vera", Version: r.version(c)}))
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "who has it", v.Officer, "vera")
		want(t, "the reason, for officers", v.Messages[0].Said, "Премештај.")
		wantCode(t, give(cases.Handover{Officer: "officer"}), "case-taken")
		until := v.Until()

		must(t, r.HandTo(t.Context(), other, cases.Handover{Number: c.Number, Unit: "second-instance", Why: "Жалба."}))
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "unit, and who has it there", v.Unit+" "+v.Officer, "second-instance ")
		want(t, "those who have answered for it", len(v.Custody), 2)
		want(t, "the last day", v.Until(), until)
		want(t, "told of what stays in the house", len(r.notices()), 0)

		must(t, give(cases.Handover{Body: "RS-DEMO/GOV/REGISTERS"}))
		want(t, "told that another body has it", len(r.notices()), 1)
		own, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "who answers for it", own.Body, "RS-DEMO/GOV/REGISTERS")
		want(t, "what the party reads of the reasons", len(own.Messages), 0)

		drafted := r.withOfficer("birth-2")
		must(t, r.Ask(t.Context(), officer(), drafted.Number, 0, "Где живите?"))
		wantCode(t, r.HandTo(t.Context(), officer(), cases.Handover{Number: drafted.Number, Officer: "vera", Why: "x"}), "case-changed")
	})
}

// A case is not given where nobody would ever see it: to a body or a unit that was typed wrongly.
func TestACaseIsNotGivenToNobody(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		here := atDesk("vera", act.Scope{Body: c.Body})
		r.officers = []act.Actor{here, atDesk("dragan", act.Scope{Body: "RS-DEMO/GOV/REGISTERS", Unit: "civil"})}
		give := func(h cases.Handover) error {
			h.Number, h.Why = c.Number, "Премештај."
			return r.HandTo(t.Context(), here, h)
		}
		wantCode(t, give(cases.Handover{Body: "RS-DEMO/GOV/NOWHERE"}), "form-incomplete")
		wantCode(t, give(cases.Handover{Body: "RS-DEMO/GOV/REGISTERS", Unit: "cvil"}), "form-incomplete")
		must(t, give(cases.Handover{Body: "RS-DEMO/GOV/REGISTERS", Unit: "civil"}))
	})
}
