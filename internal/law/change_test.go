package law_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/law"
)

// What matters in a new pack is said, whatever kind of entry it is in.
func TestADiffSaysEveryChangeThatMatters(t *testing.T) {
	serbia := copyOfSerbia(t)
	old, err := law.Load(serbia)
	if err != nil {
		t.Fatal(err)
	}
	if d := law.Compare(old, old); d.String() != "" {
		t.Errorf("a pack differs from itself:\n%s", d)
	}
	for name, tt := range map[string]struct {
		file     string
		oldNew   []string
		want     []string
		wantNone string
	}{
		"a shorter term": {"terms.yaml", []string{"months: 12", "months: 3", "    tests:\n      - {on: 2024-02-29, last: 2025-02-28}\n      - {on: 2026-01-01, last: 2027-01-04}\n      - {on: 2026-01-03, last: 2027-01-04}\n      - {on: 2026-05-01, last: 2027-05-05}\n      - {on: 2026-11-23, last: 2027-11-23}\n", ""},
			[]string{"term allowance-offer from 2018-07-01: months 12 becomes 3"}, "tests"},
		"a new version of a term": {"terms.yaml", []string{"    provision: zup/153\n    from: 2017-06-01\n    source: not read in the law\n    verified: false\n", `    provision: zup/153
    from: 2017-06-01
    to: 2026-12-31
    source: before
    verified: false
  - id: appeal
    title: {sr: рок за жалбу, en: time limit for an appeal}
    days: 30
    starts: delivery
    counting: zup
    calendar: serbia
    then: lapse
    then_by: zup/153
    remind: [3]
    provision: zup/153
    from: 2027-01-01
    source: after
    verified: false
`}, []string{"term appeal from 2027-01-01: days 15 becomes 30"}, "2017"},
		"another unit":           {"terms.yaml", []string{"    days: 15\n    starts: receipt", "    working_days: 15\n    starts: receipt"}, []string{"term evidence from 2017-06-01: days, which was 15, is gone", "working_days is 15, and was not there"}, ""},
		"another way to count":   {"terms.yaml", []string{"    first_day: false", "    first_day: true"}, []string{"counting zup from 2017-06-01: first_day false becomes true"}, ""},
		"a service that ends":    {"services/newborn-grant.yaml", []string{"from: 2023-10-06\n", "from: 2023-10-06\nto: 2026-12-31\n"}, []string{"service newborn-grant from 2027-01-01: is no longer in force"}, ""},
		"nothing automatic":      {"services/parental-allowance.yaml", []string{"automatic: true", "automatic: false"}, []string{"service parental-allowance from 2018-07-01: automatic true becomes false"}, ""},
		"another term":           {"services/newborn-grant.yaml", []string{"offer: grant-offer", "offer: appeal"}, []string{"offer grant-offer becomes appeal"}, ""},
		"a day off more":         {"calendars/serbia.yaml", []string{"      - {day: 2026-11-11, holiday: armistice}", "      - {day: 2026-11-10, holiday: armistice}\n      - {day: 2026-11-11, holiday: armistice}"}, []string{"calendar serbia: years.2026.days.2026-11-10 is 2 parts, and was not there"}, ""},
		"other hours":            {"calendars/serbia.yaml", []string{`["07:30-15:30"]`, `["08:00-16:00"]`}, []string{"07:30-15:30 becomes 08:00-16:00"}, ""},
		"a field that may leave": {"contracts.yaml", []string{"quota: ", "quota: 1"}, []string{"contract "}, ""},
		"another title":          {"purposes.yaml", []string{"      en: Access to your own data\n", "      en: Access\n"}, []string{"title.en Access to your own data becomes Access"}, ""},
		"a label of a language":  {"cases/appeal.yaml", []string{"  en: \"Appeal\"\n", "  en: \"Complaint\"\n"}, []string{"kind of case appeal from", "title.en Appeal becomes Complaint"}, ""},
		"another role":           {"cases/question.yaml", []string{"{ to: received, by: [party, officer] }", "{ to: received, by: [party] }"}, []string{"kind of case question from 2019-08-21: statuses.asked.moves", "party, officer becomes party"}, ""},
		"a field of a form":      {"forms/appeal.yaml", []string{"most: ", "most: 1"}, []string{"form appeal from"}, ""},
		"a name of a parameter":  {"parameters/zfpp.yaml", []string{"en: \"parental allowance: first child\"", "en: \"allowance: first child\""}, []string{"parameter zfpp.first from 2018-07-01: title.en parental allowance: first child becomes allowance: first child"}, ""},
		"a later beginning":      {"contracts.yaml", []string{"from: 2019-08-21", "from: 2026-08-21"}, []string{"from 2019-08-21 to 2026-08-20: is no longer in force"}, ""},
		"a part of a plan":       {"rules/parental-allowance.yaml", []string{"    from: 2022-01-01\n", "    from: 2022-07-01\n"}, []string{"rule parental-allowance from 2018-07-01: plan.one-off.from 2022-01-01 becomes 2022-07-01"}, ""},
		"a source that was read": {"instruments/zup.yaml", []string{"verified: true", "verified: false"}, nil, "zup"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS(serbia)
			for i := 0; i < len(tt.oldNew); i += 2 {
				files = change(t, files, tt.file, tt.oldNew[i], tt.oldNew[i+1])
			}
			pack, err := law.Load(files)
			if err != nil {
				t.Fatal(err)
			}
			said := law.Compare(old, pack).String()
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("want %q in:\n%s", want, said)
				}
			}
			if len(tt.want) == 0 && said != "" || tt.wantNone != "" && strings.Contains(said, tt.wantNone) {
				t.Errorf("too much is said:\n%s", said)
			}
		})
	}
}
