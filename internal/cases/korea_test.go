package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/packs"
)

// seoul is a room of cases under the law of another country.
func seoul(t testing.TB, engine string) *rig {
	t.Helper()
	pack, err := law.Load(packs.Korea())
	must(t, err)
	r := newRigOf(t, engine, pack)
	r.Pseudonyms = byNumber{}
	r.clock.Set(time.Date(2026, time.November, 30, 1, 0, 0, 0, time.UTC)) // ten in the morning there
	return r
}

// raise begins a case of a person.
func (r *rig) raise(kind, about string) (c cases.Case) {
	r.t.Helper()
	must(r.t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, _, err = r.Open(ctx, tx, cases.Opening{Kind: kind, About: about, Source: about, Person: "p-1", Sector: "family", Channel: cases.ByPage, Said: "가로등이 꺼져 있습니다."})
		return err
	}))
	return c
}

// decide has an officer bring a case to a status on its page.
func (r *rig) decide(by act.Actor, number, to string) {
	r.t.Helper()
	v, err := r.Case(r.t.Context(), by, number)
	must(r.t, err)
	must(r.t, r.Decide(r.t.Context(), by, number, v.Version, to, "이유"))
	must(r.t, r.SendNow(r.t.Context(), by, number))
}

// Another country is another pack: its kinds, terms and calendar, and no line of code.
func TestCasesOfAnotherCountry(t *testing.T) {
	testkit.OnBoth(t, seoul, func(t *testing.T, r *rig) {
		for kind, tc := range map[string]struct {
			steps  []string // an officer's; "answer" is the party's
			last   civil.Day
			end    string
			paused string
		}{
			"petition":   {[]string{"in-handling", "asked", "answer", "consulted", "in-handling", "answered"}, civil.Date(2026, 12, 8), "answered", "asked"},
			"disclosure": {[]string{"in-handling", "asked", "answer", "partly"}, civil.Date(2026, 12, 11), "partly", ""},
			"objection":  {[]string{"in-review", "rejected"}, civil.Date(2026, 12, 11), "rejected", ""},
		} {
			c := r.raise(kind, kind)
			told := r.notices()
			if len(told) != 1 || !strings.Contains(told[0].Subject["ko"], c.Number) || !strings.Contains(told[0].Subject["ko"], "접수 안내") {
				t.Errorf("%s: told %+v", kind, told)
			}
			want(t, kind+": last day", c.Last(), tc.last)
			by := officer()
			for _, step := range tc.steps {
				switch step {
				case "asked":
					must(t, r.Ask(t.Context(), by, c.Number, 0, "어느 가로등입니까?"))
					must(t, r.SendNow(t.Context(), by, c.Number))
				case "answer":
					must(t, r.Answer(t.Context(), mother(), c.Number, "역 앞입니다."))
				default:
					r.decide(by, c.Number, step)
				}
				v, err := r.Case(t.Context(), mother(), c.Number)
				must(t, err)
				if step == tc.paused {
					want(t, kind+": the clock stands", v.Until().IsZero(), true)
				}
			}
			v, err := r.Case(t.Context(), mother(), c.Number)
			must(t, err)
			if v.Case.Status != tc.end || !v.Ended() || v.Steps[len(v.Steps)-1].Why != "이유" {
				t.Errorf("%s ends as %+v", kind, v.Case)
			}
			told = r.notices()
			if last := told[len(told)-1]; !strings.Contains(last.Subject["ko"], "처리 결과") {
				t.Errorf("%s: told %+v", kind, last)
			}
		}
	})
}

func TestWhatWasMergedEndsWithAWordAndCanBeUndone(t *testing.T) {
	testkit.OnBoth(t, seoul, func(t *testing.T, r *rig) {
		first, second, foreign := r.raise("petition", "one"), r.raise("petition", "two"), r.raise("petition", "three")
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `update cases_cases set person = 'p-2' where id = $1`, foreign.ID)
			return err
		}))
		r.decide(officer(), second.Number, "in-handling")
		before, err := r.Case(t.Context(), officer(), second.Number)
		must(t, err)
		r.notices()
		join := cases.Joining{Number: second.Number, How: cases.Merged, Other: first.Number, Why: "иста ствар"}
		must(t, r.Join(t.Context(), officer(), join))
		told := r.notices()
		if len(told) != 1 || !strings.Contains(told[0].Body["ko"], first.Number) || !strings.Contains(told[0].Body["sr"], first.Number) {
			t.Errorf("told %+v", told)
		}
		v, err := r.Case(t.Context(), mother(), second.Number)
		must(t, err)
		if v.Case.Status != "merged" || !v.Ended() || len(v.Links) != 1 || v.Links[0].Number != first.Number || len(v.Messages) != 1 {
			t.Errorf("the merged case is %+v", v)
		}
		v, err = r.Case(t.Context(), officer(), first.Number)
		must(t, err)
		if len(v.Links) != 1 || !v.Links[0].Beyond || v.Links[0].Number != second.Number {
			t.Errorf("the one that goes on shows %+v", v.Links)
		}

		r.clock.Advance(24 * time.Hour)
		must(t, r.Part(t.Context(), officer(), join))
		v, err = r.Case(t.Context(), mother(), second.Number)
		must(t, err)
		if v.Case.Status != "in-handling" || v.Ended() || len(v.Links) != 0 {
			t.Errorf("undone it is %+v", v.Case)
		}
		want(t, "its clock went on", v.Until(), before.Until())
		wantCode(t, r.Part(t.Context(), officer(), join), "link-unknown")
		must(t, r.Join(t.Context(), officer(), join)) // and again

		wantCode(t, r.Join(t.Context(), officer(), cases.Joining{Number: foreign.Number, How: cases.Merged, Other: first.Number}), "link-parties")
		must(t, r.Join(t.Context(), officer(), cases.Joining{Number: foreign.Number, How: cases.Duplicate, Other: first.Number}))
		v, err = r.Case(t.Context(), mother(), first.Number)
		must(t, err)
		for _, l := range v.Links {
			if l.Number == foreign.Number {
				t.Error("a party sees the case of somebody else")
			}
		}
	})
}

func TestLinksGoInNoCircle(t *testing.T) {
	testkit.OnBoth(t, seoul, func(t *testing.T, r *rig) {
		var all []cases.Case
		for _, about := range []string{"one", "two", "three"} {
			all = append(all, r.raise("petition", about))
		}
		join := func(how cases.LinkKind, from, to int) error {
			return r.Join(t.Context(), officer(), cases.Joining{Number: all[from].Number, How: how, Other: all[to].Number})
		}
		for _, how := range cases.LinkKinds() {
			if how == cases.Merged {
				continue // ends what it links
			}
			must(t, join(how, 0, 1))
			must(t, join(how, 1, 2))
			wantCode(t, join(how, 2, 0), "form-incomplete")
			wantCode(t, join(how, 0, 0), "form-incomplete")
		}
	})
}

func TestAPartThatIsSplitOffKeepsBodyClockAndParties(t *testing.T) {
	testkit.OnBoth(t, seoul, func(t *testing.T, r *rig) {
		c := r.raise("petition", "one")
		must(t, r.Claim(t.Context(), officer(), c.Number))
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			return r.HandOver(ctx, tx, c.ID, "RS-DEMO/GOV/NOVI-SAD", "roads", "not-ours")
		}))
		must(t, r.AddParty(t.Context(), officer(), cases.PartyEntry{Number: c.Number, Person: testNumber(1), Role: cases.Guardian, Mandate: "одлука"}))
		whole, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		r.clock.Advance(48 * time.Hour)
		number, err := r.SplitOff(t.Context(), officer(), cases.Parting{Number: c.Number, Kind: "petition", What: "보도 부분"})
		must(t, err)
		part, err := r.Case(t.Context(), officer(), number)
		must(t, err)
		if part.Body != whole.Body || part.Unit != whole.Unit || part.Person != whole.Person || len(part.Parties) != 1 || part.Parties[0].Mandate != "одлука" {
			t.Errorf("the part is %+v of %+v", part.Case, whole.Case)
		}
		want(t, "last day", part.Last(), whole.Last())
		want(t, "the last of its custody", part.Custody[len(part.Custody)-1].Body, whole.Body)
		_, guarded := guardian(1)
		own, err := r.Own(t.Context(), guarded, "")
		must(t, err)
		want(t, "cases of the guardian", len(own.Items), 2)
		_, err = r.SplitOff(t.Context(), act.Actor{Account: "x", Grants: []act.Grant{{Role: identity.Officer}}}, cases.Parting{Number: number, Kind: "nothing", What: "x"})
		wantCode(t, err, "link-kind")
	})
}
