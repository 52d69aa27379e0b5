package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// book says where the mother is reached.
type book struct{}

// Address implements cases.Addresses.
func (book) Address(_ context.Context, person string, channel notify.Channel) (notify.Address, error) {
	if person != "p-1" || channel != notify.Email {
		return notify.Address{}, problem.New(problem.NotFound, "address-unknown")
	}
	return notify.Address{Person: person, Channel: channel, To: "milica@example.org"}, nil
}

// called is the mother under a name.
func called(name string) act.Actor {
	m := mother()
	m.Name = name
	return m
}

// Who the party is and how to reach them sees the officer who has the case, and the party sees that they looked.
func TestWhoThePartyIsSeesWhoHandlesTheCase(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.Addresses = book{}
		c := r.begin(cases.Opening{Kind: "appeal", Person: "p-1", Sector: "family"})
		_, err := r.Who(t.Context(), officer(), c.Number)
		wantCode(t, err, "case-not-taken")
		must(t, r.Claim(t.Context(), officer(), c.Number))
		_, err = r.Who(t.Context(), act.Actor{Account: "other", Grants: officer().Grants}, c.Number)
		wantCode(t, err, "case-not-taken")
		_, err = r.Who(t.Context(), officerOf(act.Scope{Service: "parental-allowance"}), c.Number)
		wantCode(t, err, "case-unknown")
		_, err = r.Who(t.Context(), mother(), c.Number)
		wantCode(t, err, "not-allowed")
		want(t, "looks of whoever saw nothing", len(r.seen), 0)

		all, err := r.Who(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "name before she signed in", all[0].Name, "")
		_, err = r.Case(t.Context(), called("Милица Ђорђевић"), c.Number)
		must(t, err)
		all, err = r.Who(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "who is heard", len(all), 1)
		want(t, "her name, and where she is reached", all[0].Name+" "+all[0].Ways[0].To, "Милица Ђорђевић milica@example.org")
		want(t, "what she sees of that look", r.seen[len(r.seen)-1], c.Number+" /name /contact")

		r.WatchedBy(blind{})
		if all, err := r.Who(t.Context(), officer(), c.Number); err == nil || len(all) > 0 {
			t.Error("somebody is shown without a receipt")
		}
	})
}

// A case is found by the name of its party, in whichever script, order and marks, within the scopes of the officer and
// under a receipt; and the table by which it is found says no name.
func TestACaseIsFoundByTheNameOfItsParty(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.begin(cases.Opening{Kind: "application", Service: "newborn-grant", Person: "p-1", Sector: "family"})
		r.begin(cases.Opening{Kind: "application", Service: "newborn-grant", About: "another's", Person: "p-2", Sector: "family"})
		find := func(by act.Actor, name string) string {
			t.Helper()
			found, err := r.OfName(t.Context(), by, name)
			must(t, err)
			var numbers []string
			for _, c := range found {
				if numbers = append(numbers, c.Number); c.Person != "" {
					t.Error("the list names somebody")
				}
			}
			return strings.Join(numbers, " ")
		}
		want(t, "before she signed in", find(officer(), "Милица Ђорђевић"), "")
		_, err := r.Case(t.Context(), called("Милица Ђорђевић Џелатовић"), c.Number)
		must(t, err)
		for _, name := range []string{"Милица Ђорђевић", "ђорђевић МИЛИЦА", "Milica Đorđević", "milica djordjevic", "Milica Dordevic", "Đorđević-Dželatović", "Milica Djordjević Dželatović"} {
			r.seen = nil
			want(t, name, find(officer(), name), c.Number)
			want(t, name+": receipts", strings.Join(r.seen, " "), c.Number)
		}
		for _, name := range []string{"Милица Петровић", "Мили Ђорђевић", "Милица Ђорђевић Петровић", "Ана Ивић"} {
			want(t, name, find(officer(), name), "")
		}
		want(t, "in another scope", find(officerOf(act.Scope{Service: "parental-allowance"}), "Милица Ђорђевић"), "")
		own := officer()
		own.Persons = mother().Persons
		want(t, "her own, at the desk", find(own, "Милица Ђорђевић"), "")
		for _, name := range []string{"Милица", "", "Милица милица", "!?"} {
			_, err := r.OfName(t.Context(), officer(), name)
			wantCode(t, err, "form-incomplete")
		}
		_, err = r.OfName(t.Context(), mother(), "Милица Ђорђевић")
		wantCode(t, err, "not-allowed")

		// Who signs in under another name later is found by that one alone, and by none who is known by an address.
		_, err = r.Case(t.Context(), called("Милица Петровић"), c.Number)
		must(t, err)
		byMail := called("milica@example.org")
		byMail.Level = act.LevelContact
		_, err = r.Case(t.Context(), byMail, c.Number)
		must(t, err)
		want(t, "by the name of before", find(officer(), "Милица Ђорђевић"), "")
		want(t, "by the name of now", find(officer(), "Милица Петровић"), c.Number)
		want(t, "by the parts of an address", find(officer(), "example org"), "")

		var stands string
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			return tx.QueryRowContext(ctx, `select min(pair) from cases_name_pairs`).Scan(&stands)
		}))
		if len(stands) != 32 || strings.Contains(stands, "milica") {
			t.Errorf("the index holds %q", stands)
		}
	})
}

// With the content of a case goes the name of its party, and by what it was found.
func TestANameIsKeptNoLongerThanItsCase(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.appeal("decision-1")
		_, err := r.Case(t.Context(), called("Милица Ђорђевић"), c.Number)
		must(t, err)
		must(t, r.Decide(t.Context(), officer(), c.Number, r.version(c), "late", "Касно."))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		r.clock.Advance(30 * 366 * 24 * time.Hour)
		must(t, r.Retain(t.Context()))
		for _, table := range []string{"cases_named", "cases_name_pairs"} {
			var n int
			must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
				return tx.QueryRowContext(ctx, `select count(*) from `+table).Scan(&n)
			}))
			want(t, "left in "+table, n, 0)
		}
	})
}
