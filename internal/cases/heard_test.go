package cases_test

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/packs"
)

// heard is a room of cases under the law of Serbia and four kinds of case more, with their terms, that are nothing
// but the files in testdata/heard.
func heard(t testing.TB, engine string) *rig {
	t.Helper()
	files := fstest.MapFS{}
	for _, from := range []fs.FS{packs.Serbia(), os.DirFS("testdata/heard")} {
		must(t, fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(from, name)
			if before, ok := files[name]; ok { // more terms
				text = append(append([]byte{}, before.Data...), text...)
			}
			files[name] = &fstest.MapFile{Data: text}
			return err
		}))
	}
	pack, err := law.Load(files)
	must(t, err)
	r := newRigOf(t, engine, pack)
	r.Pseudonyms = byNumber{}
	return r
}

// A petition, a report, a proposal and a work order are data: each opens, moves under its own clock and is decided,
// without a line of code that knows of it.
func TestKindsOfCaseAreNothingButData(t *testing.T) {
	testkit.OnBoth(t, heard, func(t *testing.T, r *rig) {
		begins := r.clock.Now() // Monday, 23 November 2026, ten in the morning
		second := act.Actor{Account: "second", Grants: officer().Grants}
		for kind, tc := range map[string]struct {
			steps []string
			last  civil.Day
			end   string
			told  int
		}{
			"plain-petition":   {[]string{"examined", "asked", "answer", "adopted"}, civil.Date(2027, 1, 22), "adopted", 3},
			"plain-report":     {[]string{"accepted", "repaired"}, civil.Date(2026, 12, 3), "repaired", 3},
			"plain-proposal":   {[]string{"council", "not-adopted"}, civil.Date(2027, 1, 25), "not-adopted", 2},
			"plain-work-order": {[]string{"at-work", "no-part", "at-work", "done"}, civil.Date(2026, 11, 25), "done", 0},
		} {
			r.clock.Set(begins)
			c := r.raise(kind, kind)
			for _, n := range r.told { // that the day was not compared with the law stands beside it; the term of a report was
				want(t, kind+": the day is told as not compared", strings.Contains(n.Body["sr"], "није упоређен"), kind != "plain-report")
			}
			want(t, kind+": last day", c.Last(), tc.last)
			k, _ := r.cfg.Pack.CaseKind(kind)
			want(t, kind+": who may see it", c.Visibility, k.Visibility)
			for _, step := range tc.steps {
				r.clock.Advance(10 * time.Minute)
				switch step {
				case "asked":
					must(t, r.Ask(t.Context(), officer(), c.Number, 0, "Које улице?"))
					must(t, r.SendNow(t.Context(), officer(), c.Number))
					v, err := r.Case(t.Context(), mother(), c.Number)
					must(t, err)
					want(t, kind+": its clock stands", v.Until().IsZero(), true)
				case "answer":
					must(t, r.Answer(t.Context(), mother(), c.Number, "Код школе."))
				case "adopted":
					v, err := r.Case(t.Context(), officer(), c.Number)
					must(t, err)
					must(t, r.Decide(t.Context(), officer(), c.Number, v.Version, step, "Разлог."))
					wantCode(t, r.SendNow(t.Context(), officer(), c.Number), "draft-holds") // a second officer confirms it
					must(t, r.Confirm(t.Context(), second, c.Number, r.version(c)))
					must(t, r.SendNow(t.Context(), second, c.Number))
				default:
					r.decide(officer(), c.Number, step)
				}
			}
			v, err := r.Case(t.Context(), officer(), c.Number)
			must(t, err)
			if v.Case.Status != tc.end || !v.Ended() || len(v.Custody) == 0 || v.Custody[len(v.Custody)-1].Unit != v.Unit {
				t.Errorf("%s ends as %+v", kind, v.Case)
			}
			var told []string
			for _, n := range r.notices() {
				told = append(told, n.Subject["sr"])
				if !strings.Contains(n.Subject["sr"]+n.Body["sr"], c.Number) {
					t.Errorf("%s: told %+v", kind, n)
				}
			}
			want(t, kind+": notices: "+strings.Join(told, "; "), len(told), tc.told)
		}
	})
}

// What the kinds say is done by what there is: two reports of one thing become one, and a work order follows from one.
func TestReportsAreJoinedAndLeadToAWorkOrder(t *testing.T) {
	testkit.OnBoth(t, heard, func(t *testing.T, r *rig) {
		first, again := r.raise("plain-report", "lamp"), r.raise("plain-report", "the same lamp")
		must(t, r.Join(t.Context(), officer(), cases.Joining{Number: again.Number, How: cases.Merged, Other: first.Number}))
		var order cases.Case
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
			order, _, err = r.Open(ctx, tx, cases.Opening{Kind: "plain-work-order", About: first.ID, Source: "report", Unit: "roads", Channel: cases.ByEvent})
			return err
		}))
		must(t, r.Join(t.Context(), officer(), cases.Joining{Number: order.Number, How: cases.CausedBy, Other: first.Number}))
		r.decide(officer(), order.Number, "at-work")
		r.decide(officer(), order.Number, "done")
		v, err := r.Case(t.Context(), officer(), order.Number)
		must(t, err)
		if !v.Ended() || len(v.Links) != 1 || v.Links[0].How != cases.CausedBy {
			t.Errorf("the order is %+v", v)
		}
		_, err = r.Case(t.Context(), mother(), order.Number)
		wantCode(t, err, "case-unknown")
	})
}
