package residence_test

import (
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/residence"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// onBoth runs a test with a register that knows two women: of one it knows
// everything, of the other nothing but her name.
func onBoth(t *testing.T, test func(t *testing.T, a testquestion.Asker, register *residence.Register, db *storage.DB)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		a, db := testquestion.New(t), open(residence.Migrations())
		register := residence.New(db, a.Desk())
		known := residence.Resident{
			Person: a.Own(testquestion.Woman(1990, 1)), GivenName: "Ана", FamilyName: "Примерић", Born: civil.Date(1990, time.January, 1),
			Resident: new(true), Citizen: new(false), Municipality: "80152", Settlement: "zr-14", Since: civil.Date(2001, time.May, 2),
		}
		bare := residence.Resident{Person: a.Own(testquestion.Woman(1990, 2)), GivenName: "Ема", FamilyName: "Узорић"}
		if err := register.Put(t.Context(), []residence.Resident{known, bare}); err != nil {
			t.Fatal(err)
		}
		test(t, a, register, db)
	})
}

func TestAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, _ *storage.DB) {
		woman := a.Called("family", testquestion.Woman(1990, 1))
		status, answer := a.Ask(register.Handler(), "family", "/v1/residents/"+woman)
		name, _ := answer["name"].(map[string]any)
		delete(answer, "name")
		want := map[string]any{
			"person": woman, "born": "1990-01-01", "resident": true, "citizen": false,
			"municipality": "80152", "settlement": "zr-14", "since": "2001-05-02",
		}
		if status != http.StatusOK || !maps.Equal(answer, want) || name["given"] != "Ана" || name["family"] != "Примерић" {
			t.Errorf("%d %v %v, want %v", status, answer, name, want)
		}
	})
}

func TestUnknownFactsAreAbsent(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, _ *storage.DB) {
		_, answer := a.Ask(register.Handler(), "tax", "/v1/residents/"+a.Called("tax", testquestion.Woman(1990, 2)))
		if got := slices.Sorted(maps.Keys(answer)); !slices.Equal(got, []string{"name", "person"}) {
			t.Errorf("the answer says %v of somebody of whom only the name is known", got)
		}
	})
}

func TestPersonsNobodyKnows(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, _ *storage.DB) {
		for name, person := range map[string]string{
			"not registered":        a.Called("family", testquestion.Woman(1990, 3)),
			"named as in the table": a.Own(testquestion.Woman(1990, 1)),
			"named as elsewhere":    a.Called("tax", testquestion.Woman(1990, 1)),
			"the number itself":     testquestion.Woman(1990, 1).String(),
		} {
			t.Run(name, func(t *testing.T) {
				status, answer := a.Ask(register.Handler(), "family", "/v1/residents/"+person)
				a.Refused(status, answer, http.StatusNotFound, "person-unknown")
			})
		}
	})
}

func TestSearch(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, _ *storage.DB) {
		search := func(body any) (int, map[string]any) {
			return a.Send(register.Handler(), "family", "/v1/residents/search", body)
		}
		number := testquestion.Woman(1990, 1)
		status, answer := search(residence.Search{Number: number.String()})
		if status != http.StatusOK || answer["person"] != a.Called("family", number) || answer["settlement"] != "zr-14" {
			t.Errorf("%d %v", status, answer)
		}
		for name, c := range map[string]struct {
			body         any
			status       int
			code, fields string
		}{
			"nobody":           {residence.Search{Number: testquestion.Woman(1990, 7).String()}, 404, "person-unknown", ""},
			"wrong form":       {residence.Search{Number: "12"}, 422, "number-invalid", "number:number-form"},
			"wrong date":       {residence.Search{Number: "3102990835019"}, 422, "number-invalid", "number:number-date"},
			"wrong check":      {residence.Search{Number: number.String()[:12] + string('0'+(number.String()[12]-'0'+1)%10)}, 422, "number-invalid", "number:number-check"},
			"empty":            {`{}`, 422, "number-invalid", "number:number-form"},
			"an extra member":  {`{"number":"12","name":"Ана"}`, 422, "body-malformed", ""},
			"a number as such": {`{"number":12}`, 422, "body-malformed", ""},
		} {
			status, answer := search(c.body)
			t.Log(name)
			a.Refused(status, answer, c.status, c.code, strings.Fields(c.fields)...)
		}
		status, answer = a.Send(register.Handler(), "", "/v1/residents/search", residence.Search{Number: number.String()})
		a.Refused(status, answer, http.StatusUnprocessableEntity, "sector-missing")
	})
}

func TestPutBringsUpToDate(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, db *storage.DB) {
		moved := residence.Resident{Person: a.Own(testquestion.Woman(1990, 1)), GivenName: "Ана", FamilyName: "Узорић", Municipality: "80284"}
		for range 2 {
			if err := register.Put(t.Context(), []residence.Resident{moved}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := register.Find(t.Context(), moved.Person)
		if err != nil || got != moved {
			t.Errorf("%+v, %v; want %+v", got, err, moved)
		}
		var rows int
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from residence_persons`).Scan(&rows); err != nil || rows != 2 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, _ *storage.DB) {
		var crowd []residence.Resident
		for year := 1950; year < 1990; year++ {
			for nth := range 6 {
				crowd = append(crowd, residence.Resident{Person: a.Own(testquestion.Woman(year, nth)), GivenName: "Ана", FamilyName: "Примерић"})
			}
		}
		if err := register.Put(t.Context(), crowd); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, registers.Batch - 1, registers.Batch, len(crowd) - 1} {
			if got, err := register.Find(t.Context(), crowd[i].Person); err != nil || got != crowd[i] {
				t.Errorf("%d: %+v, %v", i, got, err)
			}
		}
	})
}

func TestADeadDatabaseIsNoAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *residence.Register, db *storage.DB) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		status, answer := a.Ask(register.Handler(), "family", "/v1/residents/"+a.Called("family", testquestion.Woman(1990, 1)))
		a.Refused(status, answer, http.StatusInternalServerError, "internal")
		if err := register.Put(t.Context(), []residence.Resident{{Person: "x"}}); err == nil {
			t.Error("a closed database took a resident")
		}
	})
}
