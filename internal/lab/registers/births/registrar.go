package births

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of the register.
func Migrations() fs.FS { return migrations }

// Config says what the register stands on.
type Config struct {
	DB           *storage.DB
	Desk         registers.Desk
	Now          clock.Now
	HandleKey    []byte                                            // 32 random bytes that seal handles
	Municipality func(settlement string) (code string, known bool) // where a settlement lies
	Source       string                                            // of the events: the identifier of the subsystem
	Residents    Residents                                         // nil when only [Registrar.Handle] makes handles
	Systems      []System                                          // that may record births over HTTP
}

// Residents asks the residence register who has a national number. Its answer
// names the person in the sector it gives back.
type Residents interface {
	Search(ctx context.Context, by act.Actor, number jmbg.Number) (sector string, found Resident, err error)
}

// Resident is the answer of the residence register, in its JSON form.
type Resident struct {
	Person string `json:"person"`
	Name   struct {
		Given  string `json:"given"`
		Family string `json:"family"`
	} `json:"name"`
	Born         civil.Day `json:"born"`
	Resident     *bool     `json:"resident"`
	Municipality string    `json:"municipality"`
	Settlement   string    `json:"settlement"`
}

// Registrar records births and reads them back. It is safe for concurrent use.
type Registrar struct {
	db           *storage.DB
	desk         registers.Desk
	now          clock.Now
	handles      sealer
	municipality func(string) (string, bool)
	source       string
	residents    Residents
	systems      []System
	remembered   *api.Answers
	handler      http.Handler
}

// New returns the register on a database with its [Migrations], those of the bus and
// those of the interface.
func New(c Config) (*Registrar, error) {
	handles, err := newSealer(c.HandleKey, c.Now)
	if err == nil && (c.Source == "" || c.Municipality == nil) {
		err = errors.New("it needs a source for its events and the places of the pack")
	}
	if err != nil {
		return nil, fmt.Errorf("register of births: %w", err)
	}
	r := &Registrar{
		db: c.DB, desk: c.Desk, now: c.Now, handles: handles, municipality: c.Municipality,
		source: c.Source, residents: c.Residents, systems: c.Systems, remembered: api.NewAnswers(c.DB, c.Now),
	}
	if r.handler, err = r.surface(); err != nil {
		return nil, fmt.Errorf("register of births: %w", err)
	}
	return r, nil
}

// RightToRecord is that of registrars, and of the systems of maternity wards.
func RightToRecord() act.Right { return act.Only(identity.Registrar) }

func mayRecord(by act.Actor) error { return RightToRecord().Check(by, act.Scope{}) }

// Found is a person for the form of the registrar.
type Found struct {
	Handle       string    `json:"handle"`
	Name         string    `json:"name"`
	Born         civil.Day `json:"born,omitzero"`
	Resident     *bool     `json:"resident,omitempty"`
	Municipality string    `json:"municipality,omitempty"`
	Settlement   string    `json:"settlement,omitempty"`
}

// Find asks the residence register for a parent.
func (r *Registrar) Find(ctx context.Context, by act.Actor, number string) (Found, error) {
	if err := mayRecord(by); err != nil {
		return Found{}, err
	}
	parsed, err := jmbg.Parse(number)
	if err != nil {
		return Found{}, problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	if r.residents == nil {
		return Found{}, problem.New(problem.Unavailable, "residence-unavailable")
	}
	sector, resident, err := r.residents.Search(ctx, by, parsed)
	if err != nil {
		return Found{}, err
	}
	return r.Handle(by, sector, resident)
}

// Handle seals an answer of the residence register, in which the person is named
// in a sector, for the form of one registrar. It lasts for 30 minutes.
func (r *Registrar) Handle(by act.Actor, sector string, resident Resident) (Found, error) {
	if err := mayRecord(by); err != nil {
		return Found{}, err
	}
	person, err := r.desk.Persons.Translate(sector, registers.Sector, resident.Person)
	if err != nil {
		return Found{}, fmt.Errorf("answer of the residence register: %w", err)
	}
	parent := Parent{Person: person, Name: resident.Name.Given + " " + resident.Name.Family, Municipality: resident.Municipality}
	handle, err := r.handles.handle(by, parent)
	if err != nil {
		return Found{}, err
	}
	if len(handle) > handleMax {
		return Found{}, errors.New("answer of the residence register: too long for a handle")
	}
	return Found{
		Handle: handle, Name: parent.Name, Born: resident.Born, Resident: resident.Resident,
		Municipality: resident.Municipality, Settlement: resident.Settlement,
	}, nil
}

// Open gives what a handle of this registrar holds, or [ErrHandleForged] or
// [ErrHandleExpired].
func (r *Registrar) Open(by act.Actor, handle string) (Parent, error) {
	return r.handles.open(by, handle)
}

// Birth gives one recorded birth to a registrar.
func (r *Registrar) Birth(ctx context.Context, by act.Actor, id string) (Birth, error) {
	if err := mayRecord(by); err != nil {
		return Birth{}, err
	}
	return r.birth(ctx, id)
}

// List gives recorded births to a registrar, the latest first.
func (r *Registrar) List(ctx context.Context, by act.Actor, after page.Key) (page.Page[Birth], error) {
	if err := mayRecord(by); err != nil {
		return page.Page[Birth]{}, err
	}
	return list(ctx, r.db.Read(ctx), after)
}
