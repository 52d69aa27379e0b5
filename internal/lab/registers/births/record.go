package births

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

// EventType is the type of the event that a recorded birth publishes.
const EventType = "rs.births.registered"

// Record writes a birth down and publishes it, or says all that is wrong with
// the entry (problem entry-invalid with fields). An entry that is alike another of
// the same mother and day, or too near one, is the problem birth-alike or
// birth-too-near until it says what was checked. An entry whose token is already
// here gives the birth that it recorded; a child that another entry recorded is
// the problem birth-already-recorded.
func (r *Registrar) Record(ctx context.Context, by act.Actor, e Entry) (Birth, error) {
	if err := mayRecord(by); err != nil {
		return Birth{}, err
	}
	// A form that is sent again must not fail because its handles expired since.
	if birth, found, err := r.earlier(ctx, r.db.Read(ctx), e); found || err != nil {
		return birth, err
	}
	d, err := r.check(ctx, by, e)
	if err != nil {
		return Birth{}, err
	}
	var birth Birth
	err = r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		birth, err = r.enter(ctx, tx, by, d)
		return err
	})
	return birth, err
}

// enter looks again inside the transaction, where nobody else can come between.
func (r *Registrar) enter(ctx context.Context, tx *storage.Tx, by act.Actor, d draft) (Birth, error) {
	if birth, found, err := r.earlier(ctx, tx, d.Entry); found || err != nil {
		return birth, err
	}
	recorded, err := births.All(ctx, tx, `where mother = $1`, d.mother.Person)
	if err != nil {
		return Birth{}, fmt.Errorf("births of the mother: %w", err)
	}
	if err := doubt(d, recorded); err != nil {
		return Birth{}, err
	}
	var f faults
	if checkOrder(&f, d, recorded); f.err() != nil {
		return Birth{}, f.err()
	}
	birth := Birth{
		ID: id.New(), Child: d.child, GivenName: d.GivenName, FamilyName: d.FamilyName,
		Sex: d.Sex, Born: d.Born, Hour: d.Hour, Live: d.Live, Place: d.Settlement,
		Mother: d.mother.Person, MotherName: d.mother.Name, Father: d.father.Person, FatherName: d.father.Name,
		RecordedAt: r.now(), RecordedBy: by.Account, Checked: d.Checked,
	}
	entered := row{birth, d.Token, d.least()}
	n, err := births.Insert(ctx, tx, `on conflict do nothing`, entered)
	if err == nil && n != 1 {
		err = errors.New("another entry came between") // a serializable transaction does not get here
	}
	if err != nil {
		return Birth{}, fmt.Errorf("record birth: %w", err)
	}
	birth.Order = told(birth.ID, append(recorded, entered))
	return birth, r.publish(ctx, tx, birth, cmp.Or(d.mother.Municipality, d.place))
}

// earlier finds the birth that the same entry recorded before.
func (r *Registrar) earlier(ctx context.Context, from storage.Reader, e Entry) (Birth, bool, error) {
	number, err := jmbg.Parse(e.Number)
	if err != nil {
		return Birth{}, false, nil // the check will say what is wrong
	}
	child, err := r.desk.Persons.Pseudonym(registers.Sector, number)
	if err != nil {
		return Birth{}, false, err
	}
	birth, err := births.One(ctx, from, `where token = $1 or child = $2 order by case when token = $1 then 0 else 1 end limit 1`, e.Token, child)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return Birth{}, false, nil
	case err != nil:
		return Birth{}, false, fmt.Errorf("look for the birth: %w", err)
	case birth.token != e.Token:
		return Birth{}, false, problem.New(problem.Conflict, "birth-already-recorded").At("number", "birth-already-recorded")
	case birth.Child != child:
		return Birth{}, false, problem.New(problem.Conflict, "form-already-used")
	}
	of, err := births.All(ctx, from, `where mother = $1`, birth.Mother)
	if err != nil {
		return Birth{}, false, fmt.Errorf("births of the mother: %w", err)
	}
	birth.Order = told(birth.ID, of)
	return birth.Birth, true, nil
}

// publish says that there is a birth, and which municipality should look at it:
// that of the mother's residence, or of the birth when she has none that is
// known, because nobody may fall between two towns.
func (r *Registrar) publish(ctx context.Context, tx *storage.Tx, birth Birth, area string) error {
	data, err := json.Marshal(struct {
		Area string `json:"area"`
	}{area})
	if err != nil {
		return fmt.Errorf("publish birth: %w", err)
	}
	return bus.Enqueue(ctx, tx, bus.Event{
		ID: id.New(), Source: r.source, Type: EventType, Subject: birth.ID, Time: birth.RecordedAt, Data: data,
	})
}
