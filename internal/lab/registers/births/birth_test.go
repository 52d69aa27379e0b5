package births_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/bus"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// office is a register of births with its registrar, at noon of 23 November 2026.
type office struct {
	*births.Registrar
	testquestion.Asker
	t     testing.TB
	db    *storage.DB
	clock *clock.Manual
	by    act.Actor
}

func newOffice(t testing.TB, engine string) office {
	t.Helper()
	db := testkit.Database(t, engine)(bus.Migrations(), api.Migrations(), births.Migrations())
	o := office{
		t: t, db: db, Asker: testquestion.New(t), clock: clock.NewManual(time.Date(2026, time.November, 23, 11, 0, 0, 0, time.UTC)),
		by: act.As("vesna", identity.Registrar),
	}
	var err error
	o.Registrar, err = births.New(o.config())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o office) config() births.Config {
	return births.Config{
		DB: o.db, Desk: o.Desk(), Now: o.clock.Now, HandleKey: bytes.Repeat([]byte{7}, 32), Source: "/civil",
		Municipality: func(settlement string) (string, bool) {
			return "80152", settlement == "zr-01" || settlement == "zr-14"
		},
		Residents: residents{o.Asker},
		Systems:   []births.System{{Name: "hospital", Hash: births.HashToken("open sesame")}, {Name: "town", Hash: births.HashToken("another")}},
	}
}

// residents is a residence register that knows everybody born before 2026.
type residents struct{ testquestion.Asker }

func (r residents) Search(_ context.Context, _ act.Actor, number jmbg.Number) (string, births.Resident, error) {
	if number.Born().Year() >= 2026 {
		return "", births.Resident{}, registers.UnknownPerson()
	}
	found := births.Resident{
		Person: r.Called("family", number), Born: number.Born(), Resident: new(true), Municipality: "80153", Settlement: "zr-14",
	}
	found.Name.Given, found.Name.Family = "Ана", "Примерић"
	return "family", found, nil
}

// handle names somebody for the form.
func (o office) handle(number jmbg.Number) string {
	o.t.Helper()
	found, err := o.Find(o.t.Context(), o.by, number.String())
	if err != nil {
		o.t.Fatal(err)
	}
	return found.Handle
}

// born gives the number of a girl who was born so many days ago.
func (o office) born(ago, nth int) jmbg.Number {
	return jmbg.Make(civil.Of(o.clock.Now()).AddDays(-ago), 83, 500+nth)
}

// entry is a right entry for a girl of a mother, who was born 4 days ago.
func (o office) entry(mother jmbg.Number, nth int) births.Entry {
	o.t.Helper()
	child := o.born(4, nth)
	return births.Entry{
		Token: id.New(), Number: child.String(), GivenName: "Лена", FamilyName: "Примерић", Sex: jmbg.Female, Born: child.Born(),
		Settlement: "zr-01", Live: true, MotherHandle: o.handle(mother), FatherHandle: o.handle(testquestion.Man(1988, 1)),
	}
}

// entryOf is a right entry for a girl who was born so many days ago.
func (o office) entryOf(mother jmbg.Number, ago, nth int) births.Entry {
	o.t.Helper()
	e, child := o.entry(mother, nth), o.born(ago, nth)
	e.Number, e.Born = child.String(), child.Born()
	return e
}

// order is what the register tells by now.
func (o office) order(b births.Birth) int {
	o.t.Helper()
	read, err := o.Birth(o.t.Context(), o.by, b.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return intOf(read.Order)
}

func (o office) record(e births.Entry) births.Birth {
	o.t.Helper()
	birth, err := o.Record(o.t.Context(), o.by, e)
	if err != nil {
		o.t.Fatal(err)
	}
	return birth
}

// events reads what waits in the outbox.
func (o office) events() []bus.Event {
	o.t.Helper()
	rows, err := o.db.Read(o.t.Context()).QueryContext(o.t.Context(), `select event from bus_outbox`)
	events, err := storage.All(rows, err, func(scan storage.Scan) (event bus.Event, err error) {
		var text string
		if err := scan(&text); err != nil {
			return bus.Event{}, err
		}
		return event, json.Unmarshal([]byte(text), &event)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return events
}

func fields(err error) []string {
	var got []string
	for _, f := range problem.Of(err).Fields {
		got = append(got, f.Name+":"+f.Code)
	}
	return got
}

func intOf(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
