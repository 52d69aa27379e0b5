package cases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/law"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// owners says whose an address is.
type owners map[string][]string

func (o owners) Owners(_ context.Context, address string) ([]string, error) { return o[address], nil }

// written is a mail of the mother.
func written(id, text string) mailbox.Mail {
	return mailbox.Mail{ID: id, From: letter.Address{Name: "Ана", Email: "ana@b.example"}, Subject: "Одговор", Text: text}
}

// arrives brings a mail into a case.
func (r *rig) arrives(c cases.Case, m mailbox.Mail) error {
	return r.write(func(ctx context.Context, tx *storage.Tx) error {
		return cases.Post{Room: r.Room}.Reply(ctx, tx, c.ID, m)
	})
}

// referred is a case of the mother with an officer.
func (r *rig) referred(about string) cases.Case {
	r.t.Helper()
	c, _ := r.open(about, "event of "+about)
	c, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
	must(r.t, err)
	return c
}

// unread are the numbers of the cases in which an officer has something to read.
func (r *rig) unread(by act.Actor) (numbers []string) {
	r.t.Helper()
	found, err := r.Queue(r.t.Context(), by, cases.Wanted{Unread: true}, "")
	must(r.t, err)
	for _, c := range found.Items {
		numbers = append(numbers, c.Number)
	}
	return numbers
}

func TestAnAnswerByMailIsAnAnswer(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.referred("birth 1")
		must(t, r.Ask(t.Context(), officer(), c.Number, c.Version, "Када сте се доселили?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))

		m := written("1", "У мају.\u202e\x00")
		kept, err := cases.Post{Room: r.Room}.Keep(t.Context(), "izvod.pdf", strings.NewReader("%PDF-1.7 извод"))
		must(t, err)
		m.Person, m.Checked = "p-1", true
		m.Attachments = []mailbox.Attachment{{Attachment: letter.Attachment{Name: "izvod.pdf"}, Kept: kept}, {Attachment: letter.Attachment{Name: "slika.exe"}}}
		must(t, r.arrives(c, m))
		must(t, r.arrives(c, m)) // the same mail again

		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "the status", v.Case.Status, "with-officer")
		want(t, "messages", len(v.Messages), 2)
		last := v.Messages[len(v.Messages)-1]
		want(t, "what is said", last.Said, "У мају.")
		want(t, "by whom", last.By, law.ByParty)
		if last.Letter == nil {
			t.Fatal("the message does not say how it was written")
		}
		want(t, "from", last.Letter.Name+" "+last.Letter.Address, "Ана ana@b.example")
		want(t, "checked", last.Letter.Checked, true)
		want(t, "left out", last.Letter.Left, "slika.exe")
		want(t, "files", len(v.Files), 1)
		want(t, "a file", v.Files[0].Name, "izvod.pdf")

		var raw []byte
		must(t, r.db.Read(t.Context()).QueryRowContext(t.Context(), `select letter from cases_mail`).Scan(&raw))
		if strings.Contains(string(raw), "ana@") {
			t.Error("who wrote stands in the table for everybody")
		}
	})
}

func TestALongLetterIsCutAndAnEmptyOneHasItsSubject(t *testing.T) {
	r := newRig(t, storage.SQLite)
	c := r.referred("birth 1")
	must(t, r.arrives(c, written("1", strings.Repeat("шума ", 10_000))))
	must(t, r.arrives(c, written("2", "")))
	v, err := r.Case(t.Context(), officer(), c.Number)
	must(t, err)
	want(t, "messages", len(v.Messages), 2)
	want(t, "the long one is cut", v.Messages[0].Letter.Cut, true)
	want(t, "the empty one", v.Messages[1].Said, "Одговор")
}

func TestWhatIsSaidAfterTheEndWaitsToBeRead(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.referred("birth 1")
		c, err := r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "officer", Why: "разлог"})
		must(t, err)
		want(t, "ended", c.Ended(), true)
		want(t, "unread before", len(r.unread(officer())), 0)

		must(t, r.arrives(c, written("1", "Жалим се.")))
		want(t, "unread", fmt.Sprint(r.unread(officer())), "["+c.Number+"]")
		want(t, "unread for another body", len(r.unread(officerOf(act.Scope{Body: "RS-DEMO/GOV/OTHER"}))), 0)
		next, err := r.Next(t.Context(), officer())
		must(t, err)
		want(t, "the next case", next, c.Number)

		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "still ended", v.Ended(), true)
		must(t, r.Answer(t.Context(), mother(), c.Number, "И ово.")) // meanwhile
		wantCode(t, r.Seen(t.Context(), officer(), c.Number, v.Version), "case-changed")
		v, err = r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		wantCode(t, r.Seen(t.Context(), officerOf(act.Scope{Body: "RS-DEMO/GOV/OTHER"}), c.Number, v.Version), "case-unknown")
		must(t, r.Seen(t.Context(), officer(), c.Number, v.Version))
		must(t, r.Seen(t.Context(), officer(), c.Number, v.Version)) // a doubled tap
		want(t, "unread after", len(r.unread(officer())), 0)
	})
}

func TestWhoDecidesHasReadWhatWasSaid(t *testing.T) {
	r := newRig(t, storage.SQLite)
	c := r.referred("birth 1")
	must(t, r.arrives(c, written("1", "Још нешто.")))
	_, err := r.move(cases.Move{Case: c.ID, Version: c.Version, To: "refused", By: law.ByOfficer, Account: "officer"})
	wantCode(t, err, "case-changed")
	_, err = r.move(cases.Move{Case: c.ID, Version: c.Version + 1, To: "refused", By: law.ByOfficer, Account: "officer"})
	must(t, err)
	want(t, "unread", len(r.unread(officer())), 0)
}

func TestACaseTakesSoManyMessagesAndSaysSo(t *testing.T) {
	r := newRig(t, storage.SQLite)
	c := r.referred("birth 1")
	must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
		for n := range 200 {
			if err := r.Heard(ctx, tx, c.ID, fmt.Sprint(n)); err != nil {
				return err
			}
		}
		return nil
	}))
	wantCode(t, r.arrives(c, written("1", "Још нешто.")), "thread-full")
	wantCode(t, r.Answer(t.Context(), mother(), c.Number, "Још нешто."), "case-full")
	v, err := r.Case(t.Context(), mother(), c.Number)
	must(t, err)
	want(t, "messages", len(v.Messages), 200)
}

func TestWhereAMailBelongs(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		ended, open := r.referred("birth 1"), r.referred("birth 2")
		_, err := r.move(cases.Move{Case: ended.ID, To: "refused", By: law.ByOfficer, Account: "officer"})
		must(t, err)
		post := cases.Post{Room: r.Room, Contacts: owners{"ana@b.example": {"p-1"}}}

		threads, err := post.Open(t.Context(), "ana@b.example")
		must(t, err)
		want(t, "open cases of an address", fmt.Sprint(threads), "["+open.ID+"]")
		r.referred("birth 3")
		threads, err = post.Open(t.Context(), "ana@b.example")
		must(t, err)
		want(t, "open cases of one who has two", len(threads), 2)
		threads, err = post.Open(t.Context(), "nobody@b.example")
		must(t, err)
		want(t, "open cases of nobody", len(threads), 0)

		// A case in which the sender is heard beside its person is one too: which of the two is meant a person says.
		acting, of := r.joins(r.withOfficer("birth 4"), 3, cases.Representative), ""
		for _, person := range acting.Persons {
			of = person
		}
		threads, err = cases.Post{Room: r.Room, Contacts: owners{"vera@b.example": {of}}}.Open(t.Context(), "vera@b.example")
		must(t, err)
		want(t, "open cases of a representative", len(threads), 1)

		thread, err := post.Find(t.Context(), " "+strings.ToLower(open.Number))
		must(t, err)
		want(t, "by its number", thread, open.ID)
		for _, number := range []string{"ZR-2026-0000-0000-0", "", "x", open.ID} {
			_, err = post.Find(t.Context(), number)
			wantCode(t, err, "thread-unknown")
		}

		strange := written("1", "Здраво.")
		strange.Person = "p-2" // of whom the case is no more
		wantCode(t, r.arrives(open, strange), "thread-unknown")
		open.ID = "none"
		wantCode(t, r.arrives(open, written("2", "Здраво.")), "thread-unknown")
	})
}
