package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
)

// The engines on which a loop can be measured.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
	Both     = "both"
)

// Compared is the same measurement on both engines, one after the other.
type Compared struct {
	SQLite   Result  `json:"sqlite"`
	Postgres Result  `json:"postgres"`
	Ratio    float64 `json:"postgres_to_sqlite"` // loops a second
}

// OK says that nothing went wrong.
func (c Compared) OK() bool { return c.SQLite.OK() && c.Postgres.OK() }

// Write says it for people.
func (c Compared) Write(w io.Writer) {
	_, _ = fmt.Fprintln(w, "on SQLite") // nobody reads what cannot be written
	c.SQLite.Write(w)
	_, _ = fmt.Fprintln(w, "on PostgreSQL, whose own processes are not counted")
	c.Postgres.Write(w)
	_, _ = fmt.Fprintf(w, "PostgreSQL to SQLite: %.2f\n", c.Ratio)
}

// Compare measures on SQLite, then on PostgreSQL.
func Compare(ctx context.Context, o Options) (c Compared, err error) {
	dir := o.Dir
	if err := mustBeEmpty(dir); err != nil {
		return c, err
	}
	on := func(engine string) (Result, error) {
		o.Engine, o.Dir = engine, filepath.Join(dir, engine)
		result, err := Run(ctx, o)
		if err != nil {
			return result, fmt.Errorf("on %s: %w", engine, err)
		}
		return result, nil
	}
	if c.SQLite, err = on(SQLite); err != nil {
		return c, err
	}
	if c.Postgres, err = on(Postgres); err != nil {
		return c, err
	}
	if c.SQLite.LoopsPerS > 0 {
		c.Ratio = round(c.Postgres.LoopsPerS / c.SQLite.LoopsPerS)
	}
	return c, nil
}
