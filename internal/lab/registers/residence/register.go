package residence

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

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

// Register is the register of residence. It is safe for concurrent use.
type Register struct {
	db   *storage.DB
	desk registers.Desk
}

// New returns the register on a database with its [Migrations].
func New(db *storage.DB, desk registers.Desk) *Register { return &Register{db, desk} }

// Find gives what is known about a person, or the problem person-unknown.
func (r *Register) Find(ctx context.Context, person string) (Resident, error) {
	found := Resident{Person: person}
	var municipality, settlement, born, since *string
	err := r.db.Read(ctx).QueryRowContext(ctx,
		`select given_name, family_name, born, resident, citizen, municipality, settlement, since
		   from residence_persons where person = $1`, person).
		Scan(&found.GivenName, &found.FamilyName, &born, &found.Resident, &found.Citizen, &municipality, &settlement, &since)
	if errors.Is(err, storage.ErrNotFound) {
		return Resident{}, registers.UnknownPerson()
	}
	if err == nil {
		found.Municipality, found.Settlement = text(municipality), text(settlement)
		err = errors.Join(found.Born.UnmarshalText([]byte(text(born))), found.Since.UnmarshalText([]byte(text(since))))
	}
	if err != nil {
		return Resident{}, fmt.Errorf("find resident: %w", err)
	}
	return found, nil
}

// Put brings persons, each once, into the register or up to date; doing it twice
// changes nothing.
func (r *Register) Put(ctx context.Context, residents []Resident) error {
	for batch := range slices.Chunk(residents, registers.Batch) {
		if err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return put(ctx, tx, batch) }); err != nil {
			return fmt.Errorf("put residents: %w", err)
		}
	}
	return nil
}

func put(ctx context.Context, tx *storage.Tx, batch []Resident) error {
	const columns = "person, given_name, family_name, born, resident, citizen, municipality, settlement, since"
	var args []any
	for _, x := range batch {
		args = append(args, x.Person, x.GivenName, x.FamilyName, x.Born.String(), x.Resident, x.Citizen,
			orNull(x.Municipality), orNull(x.Settlement), orNull(x.Since.String()))
	}
	_, err := tx.ExecContext(ctx, `insert into residence_persons (`+columns+`) values `+
		registers.Values(len(batch), strings.Count(columns, ",")+1)+`
		on conflict (person) do update set given_name = excluded.given_name, family_name = excluded.family_name,
			born = excluded.born, resident = excluded.resident, citizen = excluded.citizen,
			municipality = excluded.municipality, settlement = excluded.settlement, since = excluded.since`, args...)
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
