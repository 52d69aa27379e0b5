package rules_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/laws"

	"pgregory.net/rapid"
)

func recorded(t testing.TB, known map[string]any) []byte {
	t.Helper()
	rec, _ := allowance(t, laws.Serbia(t), today()).Record(known)
	text, err := rec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRerunIsIdentical(t *testing.T) {
	text := recorded(t, family(today(), 3))
	rec, err := rules.ParseRecord(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := rec.Rerun()
	if err != nil || out.Result != rules.Yes || out.Plan.Total != rec.Outcome.Plan.Total {
		t.Fatalf("%v: %+v", err, out)
	}
	again, err := rec.JSON()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("the record reads and writes differently: %v", err)
	}
}

func TestRecordSaysWhatItRestsOn(t *testing.T) {
	text := string(recorded(t, family(today(), 1)))
	for _, want := range []string{`"format":"dobosh rule record v1"`, `"verified":false`, `"source":`, `"digest":"sha256:`, `"ref":"zfpp/22/1"`, `"when":"child.order <= zfpp.last_order"`, `"child.order":1`} {
		if !strings.Contains(text, want) {
			t.Errorf("the record has no %s", want)
		}
	}
	if strings.Contains(text, `"tests"`) || strings.Contains(text, "account") && strings.Contains(text, `"account":"`) {
		t.Error("the record carries what it does not need")
	}
}

func TestAlteredRecordSaysWhatDiffers(t *testing.T) {
	text := string(recorded(t, family(today(), 3)))
	for _, tt := range []struct{ name, old, new, where string }{
		{"the amount", `"total":241500000`, `"total":241500001`, "/outcome/plan/total"},
		{"the result", `"result":"yes","steps"`, `"result":"no","steps"`, "/outcome/result"},
		{"a reason", `"says":{"en":"Your residence is in Serbia."`, `"says":{"en":"Your residence is elsewhere."`, "/outcome/steps/3/says/en"},
		{"a fact", `"child.order":3`, `"child.order":2`, "/outcome/plan"},
		{"a fact of the wrong type", `"child.live":true`, `"child.live":"yes"`, "/facts/child.live"},
		{"a fact the rule does not know", `"child.live":true`, `"child.dead":false,"child.live":true`, "/facts/child.dead"},
		{"a condition", `child.order <= zfpp.last_order`, `child.order < 3 && child.order <= zfpp.last_order`, "/outcome/result"},
		{"a parameter", `"value":228000000`, `"value":228000100`, "/outcome/plan"},
		{"the day", `"day":"2026-11-23"`, `"day":"2022-11-23"`, "/parameters/zfpp.one_off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(text, tt.old) {
				t.Fatalf("nothing to alter: %s", tt.old)
			}
			rec, err := rules.ParseRecord([]byte(strings.Replace(text, tt.old, tt.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = rec.Rerun()
			if !problem.HasCode(err, "record-differs") || !strings.Contains(problem.Of(err).Args["where"], tt.where) {
				t.Errorf("got %v %v", err, problem.Of(err).Args)
			}
		})
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	text := string(recorded(t, family(today(), 1)))
	for name, tt := range map[string]struct{ text, code string }{
		"empty":             {"", "record-unreadable"},
		"another thing":     {`{"amount": 1}`, "record-unreadable"},
		"a list":            {`[]`, "record-unreadable"},
		"unknown member":    {`{"colour":"red",` + text[1:], "record-unreadable"},
		"more after it":     {text + "{}", "record-unreadable"},
		"cut off":           {text[:len(text)/2], "record-unreadable"},
		"another form":      {strings.Replace(text, "record v1", "record v9", 1), "record-format"},
		"far too large":     {strings.Repeat(" ", 2<<20), "record-too-large"},
		"unknown result":    {strings.Replace(text, `"result":"yes"`, `"result":"perhaps"`, 1), "record-unreadable"},
		"a day like no day": {strings.Replace(text, `"day":"2026-11-23"`, `"day":"tomorrow"`, 1), "record-unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := rules.ParseRecord([]byte(tt.text)); !problem.HasCode(err, tt.code) {
				t.Errorf("got %v", err)
			}
		})
	}
	rec, err := rules.ParseRecord([]byte(strings.Replace(text, `"when":"child.live"`, `"when":"child.alive"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Rerun(); !problem.HasCode(err, "record-unreadable") {
		t.Errorf("an expression that does not type-check: %v", err)
	}
}

// Every record of every case can be made again, byte by byte.
func TestEveryRecordCanBeMadeAgain(t *testing.T) {
	p := laws.Serbia(t)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom([]string{"parental-allowance", "newborn-grant"}).Draw(t, "rule")
		day := civil.Date(2023, 10, 6).AddDays(rapid.IntRange(0, 1200).Draw(t, "day"))
		rule, err := rules.Compile(p, id, day)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]any{}
		for _, need := range rule.Needs() {
			if value, given := drawFact(t, need); given {
				known[need.Fact] = value
			}
		}
		if rapid.Bool().Draw(t, "lives in Ečka") {
			known["mother.municipality"], known["mother.settlement"] = "80152", "zr-07"
		}
		rec, out := rule.Record(known)
		text, err := rec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		read, err := rules.ParseRecord(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := read.Rerun()
		if err != nil || fmt.Sprint(again) != fmt.Sprint(out) {
			t.Fatalf("%v %v\n%v\n%v", err, problem.Of(err).Args, again, out)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	f.Add(recorded(f, family(today(), 2)))
	f.Add([]byte(`{"format":"dobosh rule record v1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := rules.ParseRecord(text)
		if err != nil {
			return
		}
		if out, err := rec.Rerun(); err == nil && out.Result == rules.Yes && out.Plan.Total <= 0 {
			t.Fatalf("yes without an amount: %+v", out)
		}
	})
}

func TestResultText(t *testing.T) {
	for _, r := range []rules.Result{rules.No, rules.Unknown, rules.Yes} {
		text, err := r.MarshalText()
		var back rules.Result
		if err != nil || back.UnmarshalText(text) != nil || back != r {
			t.Errorf("%s", r)
		}
	}
	if !slices.IsSorted([]rules.Result{rules.No, rules.Unknown, rules.Yes}) {
		t.Error("the least is not the conjunction")
	}
}

// The record that is put together of parts is the record.
func TestRecordInPartsIsTheRecord(t *testing.T) {
	for name, known := range map[string]map[string]any{"known": family(today(), 3), "nothing known": {}} {
		rule := allowance(t, laws.Serbia(t), today())
		rec, outcome := rule.Record(known)
		want, err := rec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, same, err := rule.RecordJSON(known)
			if err != nil || !bytes.Equal(got, want) || same.Result != outcome.Result {
				t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
			}
		}
		if got := rule.Weigh(known); got != outcome.Result {
			t.Errorf("%s: weighed %s, decided %s", name, got, outcome.Result)
		}
	}
}
