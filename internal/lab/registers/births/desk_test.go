package births_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/id"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/testkit"
)

const bearer = "Bearer open sesame"

func TestAnswer(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		birth := o.record(o.entry(testquestion.Woman(1992, 1), 1))
		for _, sector := range []string{"family", "tax"} {
			status, answer := o.Ask(o.Handler(), sector, "/v1/births/"+birth.ID)
			want := map[string]any{
				"child": o.Called(sector, o.born(4, 1)), "mother": o.Called(sector, testquestion.Woman(1992, 1)), "father": o.Called(sector, testquestion.Man(1988, 1)),
				"given_name": "Лена", "family_name": "Примерић", "born": "2026-11-19", "order": 1.0, "live": true, "place": "zr-01",
			}
			if status != http.StatusOK || !maps.Equal(answer, want) {
				t.Errorf("%d %v\nwant %v", status, answer, want)
			}
		}
	})
}

func TestUnknownFactsAreAbsent(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		e.FatherHandle, e.FatherUnknown, e.OrderUnknown = "", true, true
		_, answer := o.Ask(o.Handler(), "family", "/v1/births/"+o.record(e).ID)
		want := []string{"born", "child", "family_name", "given_name", "live", "mother", "place"}
		if got := slices.Sorted(maps.Keys(answer)); !slices.Equal(got, want) {
			t.Errorf("the answer says %v", got)
		}
	})
}

func TestNotBornAliveIsSaid(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		e.Live = false
		_, answer := o.Ask(o.Handler(), "family", "/v1/births/"+o.record(e).ID)
		if _, counted := answer["order"]; answer["live"] != false || counted {
			t.Errorf("answer %v", answer)
		}
	})
}

func TestBadQuestions(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		birth := o.record(o.entry(testquestion.Woman(1992, 1), 1))
		for _, reference := range []string{id.New(), "1", birth.Child, strings.Repeat("a", 5000), "%27%20or%201=1"} {
			status, answer := o.Ask(o.Handler(), "family", "/v1/births/"+reference)
			o.Refused(status, answer, http.StatusNotFound, "birth-unknown")
		}
		status, answer := o.Ask(o.Handler(), "", "/v1/births/"+birth.ID)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "sector-missing")
		status, answer = o.Ask(o.Handler(), "nowhere", "/v1/births/"+birth.ID)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "sector-unknown")
		status, answer = o.Ask(o.Handler(), "family", "/v1/births")
		o.Refused(status, answer, http.StatusNotFound, "question-unknown")
	})
}

// system finds parents as a registrar's system does.
func (o office) parent(number string) map[string]any {
	o.t.Helper()
	status, found := o.Send(o.Handler(), "", "/v1/parents", map[string]string{"number": number}, "Authorization", bearer)
	if status != http.StatusOK {
		o.t.Fatalf("%d %v", status, found)
	}
	return found
}

func TestASystemRecords(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		e := o.entry(testquestion.Woman(1992, 1), 1)
		mother := o.parent(testquestion.Woman(1992, 1).String())
		if mother["name"] != "Ана Примерић" || mother["settlement"] != "zr-14" {
			t.Errorf("mother %v", mother)
		}
		status, answer := o.Send(o.Handler(), "", "/v1/births", e, "Authorization", bearer)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "entry-invalid", "mother:parent-forged", "father:parent-forged")
		e.MotherHandle, _ = mother["handle"].(string)
		e.FatherHandle, _ = o.parent(testquestion.Man(1988, 1).String())["handle"].(string)
		var first string
		for range 2 {
			status, answer := o.Send(o.Handler(), "", "/v1/births", e, "Authorization", bearer)
			reference, _ := answer["birth"].(string)
			if status != http.StatusCreated || !id.Valid(reference) || answer["order"] != 1.0 || first != "" && first != reference {
				t.Errorf("%d %v", status, answer)
			}
			first = reference
		}
		birth, err := o.Birth(t.Context(), o.by, first)
		if err != nil || birth.RecordedBy != "system:hospital" || len(o.events()) != 1 {
			t.Errorf("%+v, %v, %d events", birth, err, len(o.events()))
		}
	})
}

func TestBadSystems(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer open", "Basic open sesame", "open sesame", "Bearer open sesame ", "Bearer " + strings.Repeat("x", 300)} {
			for _, path := range []string{"/v1/births", "/v1/parents"} {
				status, answer := o.Send(o.Handler(), "", path, births.Entry{}, "Authorization", authorization)
				o.Refused(status, answer, http.StatusUnauthorized, "token-unknown")
			}
		}
		send := func(path string, body any) (int, map[string]any) {
			return o.Send(o.Handler(), "", path, body, "Authorization", "bearer another")
		}
		status, answer := send("/v1/births", `{"born":"19.11.2026."}`)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "form-incomplete", "token:token-malformed", "given_name:words-missing", "family_name:words-missing",
			"sex:sex-missing", "settlement:place-unknown", "born:day-malformed", "live:choice-missing", "number:number-form")
		status, answer = send("/v1/births", `{"amount":0}`)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "body-malformed")
		status, answer = send("/v1/births", `{"token":"`+strings.Repeat("x", 20<<10)+`"}`)
		o.Refused(status, answer, http.StatusRequestEntityTooLarge, "body-too-large")
		status, answer = send("/v1/parents", `[]`)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "body-malformed")
		status, answer = send("/v1/parents", `{"number":"1"}`)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "number-invalid", "number:number-form")
		status, answer = send("/v1/parents", map[string]string{"number": testquestion.Woman(2026, 1).String()})
		o.Refused(status, answer, http.StatusNotFound, "person-unknown")
	})
}

// What is at rest names nobody by number.
func TestNoNumberAtRest(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		o.record(o.entry(testquestion.Woman(1992, 1), 1))
		var row strings.Builder
		columns := `id, token, child, given_name, family_name, sex, born, place, mother, mother_name, father, father_name, recorded_by`
		for column := range strings.SplitSeq(columns, ", ") {
			var text string
			if err := o.db.Read(t.Context()).QueryRowContext(t.Context(), `select `+column+` from civil_births`).Scan(&text); err != nil {
				t.Fatal(err)
			}
			row.WriteString(text + "\n")
		}
		for _, number := range []string{o.born(4, 1).String(), testquestion.Woman(1992, 1).String(), testquestion.Man(1988, 1).String()} {
			if strings.Contains(row.String(), number) {
				t.Errorf("a number is at rest:\n%s", row.String())
			}
		}
	})
}
