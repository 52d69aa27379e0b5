package cases_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// found are the kinds, services and places of what an officer finds, in the order of the alphabet.
func (r *rig) found(by act.Actor, asked string) string {
	r.t.Helper()
	var all []string
	for after := page.Key(""); ; {
		found, err := r.Find(r.t.Context(), by, asked, after)
		must(r.t, err)
		for _, c := range found.Items {
			if c.Person != "" {
				r.t.Error("a search names somebody")
			}
			all = append(all, r.about(c))
		}
		if after = found.Next; after == "" {
			slices.Sort(all)
			return strings.Join(all, ", ")
		}
	}
}

func (r *rig) about(c cases.Case) string {
	return strings.TrimSuffix(c.Kind+" "+strings.TrimSpace(c.Service+" "+c.Place), " ")
}

// begin begins a case.
func (r *rig) begin(o cases.Opening) (c cases.Case) {
	r.t.Helper()
	if o.About == "" {
		o.About = fmt.Sprint(o)
	}
	o.Source, o.Channel = "event", cases.ByEvent
	must(r.t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, _, err = r.Open(ctx, tx, o)
		return err
	}))
	return c
}

func TestACaseIsFoundByItsNumberAndByWords(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		grant := r.begin(cases.Opening{Kind: "application", Service: "newborn-grant", Place: "zr-07"})
		r.begin(cases.Opening{Kind: "application", Service: "parental-allowance", Place: "80152"})
		r.begin(cases.Opening{Kind: "appeal", Service: "newborn-grant", Unit: "second-instance"})
		const newborn, allowance, appeal = "application newborn-grant zr-07", "application parental-allowance 80152", "appeal newborn-grant"
		bare := strings.ReplaceAll(grant.Number, "-", "")
		for asked, expected := range map[string]string{
			grant.Number: newborn, strings.ToLower(grant.Number): newborn, bare: newborn, " " + strings.ToLower(bare[6:]) + " ": newborn, // as it is read out
			"ZR-2026-0000-0000-1": "", "ZR-2026-0000-0000-0": "", bare[:len(bare)-1] + "?": "", // no such case, a wrong check character: the same answer
			"жалба": appeal, "Žalba": appeal, "zalba": appeal, "ЖАЛБЕ": appeal, "appeal": appeal,
			"родитељски": allowance, "roditeljski": allowance, "РОДИТЕЉСКИ ДОДАТАК": allowance,
			"ечка": newborn, "Ečka": newborn, "ecka": newborn, "жалба Ечка": "", "жалба новорођено": appeal, "помоћ Ечка": newborn,
			"новорођено": appeal + ", " + newborn, "novorodjeno": appeal + ", " + newborn, "novorodeno": appeal + ", " + newborn, "novorođeno": appeal + ", " + newborn,
			"provera": newborn + ", " + allowance, "примљена": appeal, "sutra": "", "": "", " ": "", "!?": "", "' or 1=1 --": "", "%": "",
		} {
			if got := r.found(officer(), asked); got != expected {
				t.Errorf("%q finds %q, want %q", asked, got, expected)
			}
		}
		for scope, expected := range map[act.Scope]string{
			{Service: "newborn-grant"}: appeal + ", " + newborn, {Unit: "second-instance"}: appeal, {Place: "zr-07"}: newborn, {Kind: "appeal"}: appeal, {Service: "other"}: "", {Body: "RS-DEMO/GOV/OTHER"}: "",
		} {
			if got := r.found(officerOf(scope), "novorodjeno"); got != expected {
				t.Errorf("in the scope %+v: %q, want %q", scope, got, expected)
			}
			if scope.Service == "other" {
				want(t, "a number of another scope", r.found(officerOf(scope), grant.Number), "")
			}
		}
		two := officerOf(act.Scope{Unit: "second-instance"})
		two.Grants = append(two.Grants, officerOf(act.Scope{Kind: "appeal"}).Grants[0], officerOf(act.Scope{Place: "zr-07"}).Grants[0])
		want(t, "within three scopes, two of which overlap", r.found(two, "novorodjeno"), appeal+", "+newborn)
		_, err := r.Find(t.Context(), mother(), "žalba", "")
		wantCode(t, err, "not-allowed")

		own := r.begin(cases.Opening{Kind: "appeal", About: "hers", Person: "p-1", Sector: "family"})
		for asked, expected := range map[string]string{"žalba": "appeal", own.Number: "appeal", grant.Number: "", "новорођено": "", "": ""} {
			found, err := r.FindOwn(t.Context(), mother(), asked, "")
			must(t, err)
			var got []string
			for _, c := range found.Items {
				got = append(got, r.about(c))
			}
			want(t, "her own by "+asked, strings.Join(got, ", "), expected)
		}
		_, err = r.FindOwn(t.Context(), act.Actor{}, "žalba", "")
		wantCode(t, err, "sign-in-needed")
	})
}

// What is sealed is not found by anybody, whatever they ask.
func TestSealedIsNotFound(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.begin(cases.Opening{Kind: "appeal", Person: "p-family", Sector: "family"})
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `update cases_cases set visibility = $1 where id = $2`, string(law.Sealed), c.ID)
			return err
		}))
		want(t, "by its number", r.found(officer(), c.Number), "")
		want(t, "by words", r.found(officer(), "жалба"), "")
		r.Pseudonyms = named{}
		some, err := r.OfPerson(t.Context(), officer(), person)
		if err != nil || len(some) != 0 {
			t.Errorf("by its person: %d cases, %v", len(some), err)
		}
	})
}

// A page that has looked through many cases and found few says where the next goes on, and together they find all.
func TestASearchLooksOnWhereItStopped(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		oldest := r.begin(cases.Opening{Kind: "appeal", Place: "zr-13"})
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `with recursive n(i) as (select 100000 union all select i + 1 from n where i < $1)
				insert into cases_cases (id, number, kind, matter, service, status, phase, visibility, body, place, channel, opened_at, entered_at, due, version)
				select 'z' || cast(i as text), cast(i as text), 'application', cast(i as text), 'newborn-grant', 'checking', 'triage', 'parties', $2, '80152', 'event', 0, 0, 0, 1 from n`,
				99_999+2*cases.LookMost+10, oldest.Body)
			return err
		}))
		for asked, pages := range map[string]int{"Лук": 3, "Лукићево": 1} { // the first stands for two places, between which no index goes
			found, n := page.Page[cases.Case]{}, 1
			for ; n == 1 || found.Next != ""; n++ {
				var err error
				if found, err = r.Find(t.Context(), officer(), asked, found.Next); err != nil || len(found.Items) > 0 {
					must(t, err)
					break
				}
			}
			if len(found.Items) != 1 || found.Items[0].ID != oldest.ID || n != pages {
				t.Errorf("%s finds %d cases on page %d, want the oldest on page %d", asked, len(found.Items), n, pages)
			}
		}
	})
}

var person = jmbg.Make(civil.Date(1996, 3, 7), 85, 512)

// named names everybody after the sector.
type named struct{ err error }

func (n named) Pseudonym(sector string, _ jmbg.Number) (string, error) { return "p-" + sector, n.err }

func TestAPersonIsFoundByTheirNumberUnderReceipts(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first := r.begin(cases.Opening{Kind: "application", Service: "newborn-grant", Person: "p-family", Sector: "family"})
		r.begin(cases.Opening{Kind: "application", Service: "newborn-grant", About: "another's", Person: "p-2", Sector: "family"})
		second := r.begin(cases.Opening{Kind: "appeal", Person: "p-family", Sector: "family"})
		if _, err := r.OfPerson(t.Context(), officer(), person); err == nil {
			t.Error("somebody is found by a number that nobody can turn into a name")
		}
		r.Pseudonyms = named{}
		for name, tc := range map[string]struct {
			by       act.Actor
			expected []string
		}{
			"all": {officer(), []string{second.Number, first.Number}}, "a service": {officerOf(act.Scope{Service: "newborn-grant"}), []string{first.Number}},
			"another":   {officerOf(act.Scope{Service: "parental-allowance"}), nil},
			"their own": {act.Actor{Account: "officer", Grants: officer().Grants, Persons: map[string]string{"family": "p-family"}}, nil},
		} {
			r.seen = nil
			found, err := r.OfPerson(t.Context(), tc.by, person)
			must(t, err)
			var got []string
			for _, c := range found {
				if got = append(got, c.Number); c.Person != "" {
					t.Error("the list names somebody")
				}
			}
			for _, numbers := range [][]string{got, r.seen, tc.expected} {
				slices.Sort(numbers)
			}
			want(t, name, strings.Join(got, " "), strings.Join(tc.expected, " "))
			want(t, name+": receipts", strings.Join(r.seen, " "), strings.Join(tc.expected, " "))
		}
		_, err := r.OfPerson(t.Context(), mother(), person)
		wantCode(t, err, "not-allowed")
		r.WatchedBy(blind{})
		if found, err := r.OfPerson(t.Context(), officer(), person); err == nil || len(found) > 0 {
			t.Errorf("%d cases are shown without a receipt", len(found))
		}
	})
}

// blind cannot write receipts.
type blind struct{}

func (blind) Looked(context.Context, act.Actor, cases.Case, ...string) error {
	return errors.New("the journal is away")
}

// A queue of several scopes is one list, page by page: the nearest clock first, a case of two of them once, and as many as
// are counted.
func TestAQueueOfSeveralScopesIsOneList(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		wanted := map[string]bool{}
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			for i := range 90 {
				o := cases.Opening{Kind: "application", About: fmt.Sprint("about ", i), Source: fmt.Sprint("source ", i), Service: "newborn-grant", Place: fmt.Sprintf("zr-%02d", 1+i%3), Channel: cases.ByEvent}
				if i%2 == 0 {
					o.Unit = "second"
				}
				c, _, err := r.Open(ctx, tx, o)
				if err != nil {
					return err
				}
				if c, err = r.Move(ctx, tx, cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: fmt.Sprint("p-", i), Sector: "family"}); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `update cases_cases set due = $1 where id = $2`, (i*37)%90/5, c.ID); err != nil {
					return err
				}
				if wanted[c.Number] = o.Unit == "second" || o.Place == "zr-02"; !wanted[c.Number] {
					delete(wanted, c.Number)
				}
			}
			return nil
		}))
		by := act.Actor{Account: "two", Grants: []act.Grant{{Role: identity.Officer, Scope: act.Scope{Unit: "second"}}, {Role: identity.Officer, Scope: act.Scope{Place: "zr-02"}}}}
		for _, wish := range []cases.Wanted{{}, {Free: true, Waits: true}, {Phase: law.InHandling}, {Kind: "application", Status: "with-officer"}} {
			seen, last := map[string]bool{}, int64(-1)
			for after, pages := page.Key(""), 0; pages < 10; pages++ {
				found, err := r.Queue(t.Context(), by, wish, after)
				must(t, err)
				for _, c := range found.Items {
					if seen[c.Number] || !wanted[c.Number] {
						t.Errorf("%+v: %s is not to be there, or not again", wish, c.Number)
					}
					seen[c.Number] = true
					if due := storage.Micros(c.Until()); due < last {
						t.Errorf("%+v: the clock %d after %d", wish, due, last)
					} else {
						last = due
					}
				}
				if after = found.Next; after == "" {
					break
				}
			}
			want(t, fmt.Sprintf("cases of %+v", wish), len(seen), len(wanted))
			n, err := r.Count(t.Context(), by, wish, 1000)
			must(t, err)
			want(t, fmt.Sprintf("counted of %+v", wish), n, len(wanted))
			few, err := r.Count(t.Context(), by, wish, 7)
			must(t, err)
			want(t, "counted no further", few, 7)
		}
		number, err := r.Next(t.Context(), by)
		must(t, err)
		want(t, "the next is one of them", wanted[number], true)
		seconds, err := r.Queue(t.Context(), by, cases.Wanted{Second: true}, "")
		must(t, err)
		want(t, "waiting for a second officer", len(seconds.Items), 0)
		ended, err := r.Queue(t.Context(), by, cases.Wanted{Ended: true}, "")
		must(t, err)
		want(t, "ended", len(ended.Items), 0)
	})
}
