package residence

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/registers"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of the register.
func Migrations() fs.FS { return migrations }

// Resident is what the register holds about a person. What is nil, empty or no
// day is not known.
type Resident struct {
	Person       string // pseudonym in [registers.Sector]
	GivenName    string
	FamilyName   string
	Born         civil.Day
	Resident     *bool // has residence in the country
	Citizen      *bool // is a citizen of the country
	Municipality string
	Settlement   string
	Since        civil.Day
}

var residents = storage.NewTable("residence_persons",
	storage.Col("person", func(r *Resident) *string { return &r.Person }),
	storage.Col("given_name", func(r *Resident) *string { return &r.GivenName }),
	storage.Col("family_name", func(r *Resident) *string { return &r.FamilyName }),
	storage.Text("born", func(r *Resident) *civil.Day { return &r.Born }),
	storage.Col("resident", func(r *Resident) **bool { return &r.Resident }),
	storage.Col("citizen", func(r *Resident) **bool { return &r.Citizen }),
	storage.OrNull("municipality", func(r *Resident) *string { return &r.Municipality }),
	storage.OrNull("settlement", func(r *Resident) *string { return &r.Settlement }),
	storage.TextOrNull("since", func(r *Resident) *civil.Day { return &r.Since }),
)

// Register is the register of residence. It is safe for concurrent use.
type Register struct {
	db   *storage.DB
	desk registers.Desk
}

// New returns the register on a database with its [Migrations].
func New(db *storage.DB, desk registers.Desk) *Register { return &Register{db, desk} }

// Find gives what is known about a person, or the problem person-unknown.
func (r *Register) Find(ctx context.Context, person string) (Resident, error) {
	found, err := residents.One(ctx, r.db.Read(ctx), `where person = $1`, person)
	if errors.Is(err, storage.ErrNotFound) {
		return Resident{}, registers.UnknownPerson()
	}
	if err != nil {
		return Resident{}, fmt.Errorf("find resident: %w", err)
	}
	return found, nil
}

// Put brings persons, each once, into the register or up to date; doing it twice
// changes nothing.
func (r *Register) Put(ctx context.Context, all []Resident) error {
	for batch := range slices.Chunk(all, registers.Batch) {
		if err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return residents.Put(ctx, tx, "person", batch...) }); err != nil {
			return fmt.Errorf("put residents: %w", err)
		}
	}
	return nil
}
