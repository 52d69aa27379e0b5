package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// guardian is somebody with a number, beside the mother.
func guardian(nth int) (number string, by act.Actor) {
	n := jmbg.Make(civil.Date(1980, 5, 5), 83, 500+nth)
	return n.String(), act.Actor{Account: "guardian", Persons: map[string]string{"family": "family " + n.String()}}
}

func TestAPartySeesIsToldAndSpeaks(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		number, by := guardian(1)
		_, err := r.Case(t.Context(), by, c.Number)
		wantCode(t, err, "case-unknown")
		entry := cases.PartyEntry{Number: c.Number, Person: number, Role: cases.Guardian, Mandate: "одлука центра"}
		must(t, r.AddParty(t.Context(), officer(), entry))
		want(t, "told of it", r.notices()[0].Person, "family "+number)
		must(t, r.Ask(t.Context(), officer(), c.Number, 0, "Где живите?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		told := r.notices()
		want(t, "told of the question", len(told), 2)
		if told[0].ID == told[1].ID || told[0].Person == told[1].Person {
			t.Errorf("told twice the same: %+v", told)
		}
		must(t, r.Answer(t.Context(), by, c.Number, "У Зрењанину."))
		v, err := r.Case(t.Context(), by, c.Number)
		must(t, err)
		if !v.Own || len(v.Messages) != 2 || v.Parties[0].Mandate != "" {
			t.Errorf("sees %+v", v)
		}
		own, err := r.Own(t.Context(), by, "")
		must(t, err)
		want(t, "own cases", len(own.Items), 1)
		both := by
		both.Grants = officer().Grants
		wantCode(t, r.Claim(t.Context(), both, c.Number), "own-matter") // nobody handles what they are a party of

		err = r.AddParty(t.Context(), officer(), entry)
		wantCode(t, err, "form-incomplete")
		wantCode(t, r.AddParty(t.Context(), by, entry), "not-allowed")
		self := officer()
		self.Persons = map[string]string{"family": "family " + testNumber(2)}
		wantCode(t, r.AddParty(t.Context(), self, cases.PartyEntry{Number: c.Number, Person: testNumber(2), Role: cases.Guardian}), "own-matter")
	})
}

func testNumber(nth int) string {
	n, _ := guardian(nth)
	return n
}

// A mandate ends in the middle of a matter: by an act, or on its day.
func TestAMandateThatEndsEndsAllOfIt(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for name, end := range map[string]func(c cases.Case){
			"by an officer": func(c cases.Case) { must(t, r.EndParty(t.Context(), officer(), c.Number, 1)) },
			"by its day":    func(cases.Case) { r.clock.Advance(72 * time.Hour) },
		} {
			c := r.withOfficer("birth " + name)
			number, by := guardian(1)
			must(t, r.AddParty(t.Context(), officer(), cases.PartyEntry{Number: c.Number, Person: number, Role: cases.Representative, Mandate: "пуномоћје", Until: civil.Of(r.clock.Now()).AddDays(1)}))
			must(t, r.Answer(t.Context(), by, c.Number, "Речено док је трајало."))
			must(t, r.hand(by, c, cases.WithParty, "x.pdf", pdf))
			v, err := r.Case(t.Context(), by, c.Number)
			must(t, err)
			file := v.Files[0].ID
			r.notices()
			end(c)
			_, err = r.Case(t.Context(), by, c.Number)
			wantCode(t, err, "case-unknown")
			wantCode(t, r.Answer(t.Context(), by, c.Number, "Речено после."), "case-unknown")
			wantCode(t, r.hand(by, c, cases.WithParty, "x.pdf", pdf), "case-unknown")
			_, err = r.content(by, c, file)
			wantCode(t, err, "case-unknown")
			own, err := r.Own(t.Context(), by, "")
			must(t, err)
			want(t, "own cases, "+name, len(own.Items), 0)
			told := r.notices()
			if name == "by an officer" && (len(told) != 1 || told[0].Person != "family "+number) {
				t.Errorf("told %+v", told)
			}
			must(t, r.Ask(t.Context(), officer(), c.Number, 0, "Питање?"))
			must(t, r.SendNow(t.Context(), officer(), c.Number))
			want(t, "told after it ended, "+name, len(r.notices()), 1)
			v, err = r.Case(t.Context(), mother(), c.Number)
			must(t, err)
			if len(v.Messages) != 2 || v.Messages[0].Said != "Речено док је трајало." || len(v.Files) != 1 {
				t.Errorf("%s: what was done does not stand: %+v", name, v.Messages)
			}
			wantCode(t, r.EndParty(t.Context(), officer(), c.Number, 1), "party-unknown")
		}
	})
}

func TestNothingIsDecidedWhileATaskIsOpen(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		must(t, r.AddTask(t.Context(), officer(), cases.TaskEntry{Number: c.Number, What: "Проверити пребивалиште", Unit: "field", Due: civil.Date(2026, 11, 30)}))
		refuse := cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "officer"}
		_, err := r.move(refuse)
		wantCode(t, err, "case-tasks")
		queue, err := r.Queue(t.Context(), officer(), cases.Wanted{}, "")
		must(t, err)
		want(t, "open tasks in the queue", queue.Items[0].Tasks, 1)

		field, other := officerOf(act.Scope{Unit: "field"}), officerOf(act.Scope{Unit: "archive"})
		list, err := r.Tasks(t.Context(), field, "")
		must(t, err)
		want(t, "tasks of the unit", len(list.Items), 1)
		none, err := r.Tasks(t.Context(), other, "")
		must(t, err)
		want(t, "tasks of another", len(none.Items), 0)
		task := list.Items[0].ID
		_, err = r.Case(t.Context(), field, c.Number)
		wantCode(t, err, "case-unknown") // who has the task does not have the case
		wantCode(t, r.EndTask(t.Context(), other, task, "ништа"), "task-unknown")
		wantCode(t, r.EndTask(t.Context(), field, "none", "ништа"), "task-unknown")
		must(t, r.EndTask(t.Context(), field, task, "Живи ту."))
		wantCode(t, r.EndTask(t.Context(), field, task, "Опет."), "task-done")
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "what came of it", v.Tasks[0].Word, "Живи ту.")
		own, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "tasks that she sees", len(own.Tasks), 0)
		_, err = r.move(refuse)
		must(t, err)

		c = r.withOfficer("birth-2") // what a party ends waits for no task
		c, err = r.move(cases.Move{Case: c.ID, To: "offered", By: law.ByOfficer, Account: "officer"})
		must(t, err)
		must(t, r.AddTask(t.Context(), officer(), cases.TaskEntry{Number: c.Number, What: "Проверити"}))
		c, err = r.move(cases.Move{Case: c.ID, To: "declined", By: law.ByParty})
		if err != nil || !c.Ended() {
			t.Errorf("a task holds up its party: %v", err)
		}
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "open tasks after the end", v.Tasks[0].Done.IsZero(), false)
	})
}

func TestAUnitThatIsAskedReadsThatAndNoMore(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		must(t, r.Answer(t.Context(), mother(), c.Number, "Приватно."))
		must(t, r.Note(t.Context(), officer(), c.Number, cases.Internal, "За нас."))
		unit, other := officerOf(act.Scope{Unit: "legal"}), officerOf(act.Scope{Unit: "archive"})
		_, err := r.Case(t.Context(), unit, c.Number)
		wantCode(t, err, "case-unknown")
		must(t, r.Consult(t.Context(), officer(), cases.Consulting{Number: c.Number, Unit: "legal", Text: "Да ли се примењује?"}))
		looks := len(r.seen)
		v, err := r.Case(t.Context(), unit, c.Number)
		must(t, err)
		want(t, "receipts of their look", len(r.seen), looks+1)
		if !v.Guest || len(v.Messages) != 1 || v.Messages[0].Said != "Да ли се примењује?" || v.Person != "" || len(v.Steps) != 0 || len(v.Custody) != 0 {
			t.Errorf("they see %+v", v)
		}
		must(t, r.Note(t.Context(), unit, c.Number, cases.Bodies, "Да."))
		for _, thread := range []cases.Thread{cases.Internal, cases.WithParty, cases.Everybody} {
			wantCode(t, r.Note(t.Context(), unit, c.Number, thread, "Провала."), "case-unknown")
		}
		wantCode(t, r.Note(t.Context(), mother(), c.Number, cases.Bodies, "Провала."), "case-unknown")
		wantCode(t, r.Claim(t.Context(), unit, c.Number), "case-unknown")
		_, err = r.Case(t.Context(), other, c.Number)
		wantCode(t, err, "case-unknown")
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "messages for the officer", len(v.Messages), 4)
		want(t, "who answers for it", len(v.Custody), 1)
		own, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "messages for her", len(own.Messages), 1)
	})
}

func TestWhatIsKeptNoLongerIsErased(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.clock.Set(time.Now().UTC())
		c, open := r.withOfficer("birth-1"), r.withOfficer("birth-2")
		must(t, r.Answer(t.Context(), mother(), c.Number, "Приватно."))
		must(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf))
		number, by := guardian(1)
		must(t, r.AddParty(t.Context(), officer(), cases.PartyEntry{Number: c.Number, Person: number, Role: cases.Guardian, Mandate: "одлука"}))
		ended, err := r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "officer", Why: "Разлог."})
		must(t, err)
		var appeal cases.Case
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
			appeal, _, err = r.Open(ctx, tx, cases.Opening{Kind: "appeal", About: "d", Source: "page", Person: "p-1", Sector: "family", Channel: cases.ByPage, Follows: c.ID})
			return err
		}))
		reduced := func() bool {
			must(t, r.Retain(t.Context()))
			v, err := r.Case(t.Context(), officer(), c.Number)
			must(t, err)
			return !v.Reduced.IsZero()
		}
		r.clock.Set(ended.EndedAt.AddDate(10, 0, -1))
		want(t, "erased a day before", reduced(), false)
		r.clock.Set(ended.EndedAt.AddDate(10, 0, 1))
		want(t, "erased while an appeal is open", reduced(), false)
		_, err = r.move(cases.Move{Case: appeal.ID, To: "late", By: law.ByOfficer, Account: "second"})
		must(t, err)
		want(t, "erased when its time is over", reduced(), true)

		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		if len(v.Messages) != 0 || len(v.Parties) != 0 || v.Person != "" || v.Files[0].Name != "" || v.Case.Status != "refused" || len(v.Custody) == 0 || len(v.Steps) != 3 {
			t.Errorf("what stays is %+v", v)
		}
		for _, s := range v.Steps {
			want(t, "a reason", s.Why, "")
		}
		for _, who := range []act.Actor{mother(), by} {
			_, err = r.Case(t.Context(), who, c.Number)
			wantCode(t, err, "case-unknown")
		}
		_, err = r.content(officer(), c, v.Files[0].ID)
		wantCode(t, err, "file-erased")
		wantCode(t, r.hand(officer(), c, cases.Internal, "x.pdf", pdf), "case-reduced")
		must(t, r.RemoveStrays(t.Context()))
		left, err := r.store.List(t.Context(), "cases/")
		must(t, err)
		want(t, "files in the store", len(left), 0)
		other, err := r.Case(t.Context(), officer(), open.Number)
		must(t, err)
		want(t, "an open case is erased", other.Reduced.IsZero(), true)
		again, begun := r.open("birth-1", "event-9")
		if begun || again.ID != c.ID {
			t.Error("the matter of an erased case begins another")
		}
	})
}

// Numbers are not secret and cannot be found by trying: nothing says whether one that is not yours is taken.
func TestNumbersSayNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		must(t, r.hand(mother(), c, cases.WithParty, "x.pdf", pdf))
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		stranger, elsewhere := act.Actor{Account: "stranger", Persons: map[string]string{"family": "p-2"}}, officerOf(act.Scope{Service: "parental-allowance"})
		free := id.Code("ZR", 2026)
		ask := func(by act.Actor, number string) (said []string) {
			note := func(err error) {
				if err == nil {
					t.Fatalf("%s is let in", by.Account)
				}
				said = append(said, strings.ReplaceAll(err.Error(), number, "N"))
			}
			_, err := r.Case(t.Context(), by, number)
			note(err)
			note(r.Answer(t.Context(), by, number, "x"))
			_, _, err = r.File(t.Context(), by, number, v.Files[0].ID)
			note(err)
			note(r.HandIn(t.Context(), by, number, cases.WithParty, "x.pdf", strings.NewReader(pdf)))
			note(r.Ask(t.Context(), by, number, 0, "x"))
			note(r.Claim(t.Context(), by, number))
			note(r.Release(t.Context(), by, number))
			note(r.Decide(t.Context(), by, number, 1, "refused", "x"))
			note(r.Note(t.Context(), by, number, cases.Internal, "x"))
			note(r.Consult(t.Context(), by, cases.Consulting{Number: number, Unit: "u", Text: "x"}))
			note(r.AddTask(t.Context(), by, cases.TaskEntry{Number: number, What: "x"}))
			note(r.AddParty(t.Context(), by, cases.PartyEntry{Number: number, Person: testNumber(3), Role: cases.Guardian}))
			note(r.EndParty(t.Context(), by, number, 1))
			note(r.Join(t.Context(), by, cases.Joining{Number: number, How: cases.Duplicate, Other: number}))
			note(r.Part(t.Context(), by, cases.Joining{Number: number, How: cases.Duplicate, Other: number}))
			_, err = r.SplitOff(t.Context(), by, cases.Parting{Number: number, Kind: "appeal", What: "x"})
			note(err)
			return said
		}
		want(t, "answers to an officer from elsewhere", strings.Join(ask(elsewhere, c.Number), "\n"), strings.Join(ask(elsewhere, free), "\n"))
		taken, none := ask(stranger, c.Number), ask(stranger, free)
		for i := range 4 { // what a person can do at all
			want(t, "answers to a stranger", taken[i], none[i])
		}
		near := 0 // one number in 32 to the power of 8 is taken, and a check character stands behind it
		for range 2000 {
			if code := id.Code("ZR", 2026); code == c.Number {
				near++
			}
		}
		want(t, "numbers found by trying", near, 0)
	})
}
