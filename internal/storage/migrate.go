package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// migrationName is the form of a file name: a number of four digits, which is the
// place in the one timeline of all rooms, and words.
var migrationName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

// ErrNewer says that the database has seen a migration that this program does not
// know, and that was not made for a program that does not know it.
var ErrNewer = errors.New("the database belongs to a newer release")

// migration is one step of the schema. It never changes once it was applied
// anywhere: the next step is a new file.
type migration struct {
	number int
	name   string
	text   string
	sum    string // SHA-256 of text, in hexadecimal
	// beside is true of a step that only adds: a program that does not know it may
	// start on a database that has seen it.
	beside bool
}

// Beside marks the migrations of a room that stands beside the program: without
// the room, the program starts on the database as well.
func Beside(room fs.FS) fs.FS { return guest{room} }

type guest struct{ fs.FS }

var (
	// comment is what stands before the first statement of a file.
	comment = regexp.MustCompile(`\A(?:[ \t]*(?:--[^\n]*)?\n)*`)
	// The steps that it names.
	expands, contracts = regexp.MustCompile(`(?i)\bexpand[:.]`), regexp.MustCompile(`(?i)\bcontract[:.]`)
)

// adds reports whether a file says of itself that it only adds: it has a part that
// expands and none that contracts.
func adds(text string) bool {
	said := comment.FindString(text)
	return expands.MatchString(said) && !contracts.MatchString(said)
}

// readMigrations reads the .sql files of all rooms, at any depth, in the order of
// their numbers.
func readMigrations(rooms []fs.FS) ([]migration, error) {
	var timeline []migration
	for _, room := range rooms {
		err := fs.WalkDir(room, ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(file) != ".sql" {
				return err
			}
			step, err := readMigration(room, file)
			_, step.beside = room.(guest)
			step.beside = step.beside || adds(step.text)
			timeline = append(timeline, step)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(timeline, func(a, b migration) int { return a.number - b.number })
	for i := 1; i < len(timeline); i++ {
		if timeline[i].number == timeline[i-1].number {
			return nil, fmt.Errorf("%s and %s have the same number", timeline[i-1].name, timeline[i].name)
		}
	}
	return timeline, nil
}

func readMigration(room fs.FS, file string) (migration, error) {
	name := path.Base(file)
	match := migrationName.FindStringSubmatch(name)
	if match == nil {
		return migration{}, fmt.Errorf("%s: the name is not of the form 0101_words.sql", file)
	}
	number, err := strconv.Atoi(match[1])
	if err != nil {
		return migration{}, fmt.Errorf("%s: %w", file, err)
	}
	text, err := fs.ReadFile(room, file)
	if err != nil {
		return migration{}, err
	}
	sum := sha256.Sum256(text)
	return migration{number: number, name: name, text: string(text), sum: hex.EncodeToString(sum[:])}, nil
}

// migrate applies what is missing, each file in a transaction of its own. A room
// may add a file with a number below those of later rooms, so what counts is
// whether a number was applied, not which one is the highest. Nothing is applied
// to a database of a newer release.
func (db *DB) migrate(ctx context.Context, timeline []migration, log *slog.Logger) error {
	return db.engine.alone(ctx, func() error {
		if err := db.Write(ctx, keepsMigrations); err != nil {
			return err
		}
		applied, err := db.applied(ctx)
		if err != nil {
			return err
		}
		known := map[int]bool{}
		for _, step := range timeline {
			known[step.number] = true
		}
		for number, before := range applied {
			if !known[number] && !before.beside {
				return fmt.Errorf("%w: %s was applied to it, which this program does not know; start the newer release, or restore the copy that was made before the update", ErrNewer, before.name)
			}
		}
		for _, step := range timeline {
			if before, done := applied[step.number]; done && before.sum == step.sum && before.beside == step.beside {
				continue
			}
			if err := db.Write(ctx, step.apply); err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
			log.InfoContext(ctx, "migration applied", slog.String("file", step.name))
		}
		return nil
	})
}

// keepsMigrations makes the tables in which a database knows its migrations, and
// on which of them a program may start that does not know them.
func keepsMigrations(ctx context.Context, tx *Tx) error {
	_, err := tx.ExecContext(ctx, `create table if not exists storage_migrations (
		number     bigint primary key,
		name       text not null,
		sha256     text not null,
		applied_at bigint not null)`)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `create table if not exists storage_beside (number bigint primary key)`)
	return err
}

// applied returns the migrations that the database has seen, without their texts.
func (db *DB) applied(ctx context.Context) (map[int]migration, error) {
	rows, err := db.Read(ctx).QueryContext(ctx, `select m.number, m.name, m.sha256, b.number is not null
		from storage_migrations m left join storage_beside b on b.number = m.number`)
	all, err := All(rows, err, func(scan Scan) (m migration, err error) {
		err = scan(&m.number, &m.name, &m.sum, &m.beside)
		return m, err
	})
	applied := map[int]migration{}
	for _, m := range all {
		applied[m.number] = m
	}
	return applied, err
}

// apply runs the migration unless another process did so in the meantime.
func (m migration) apply(ctx context.Context, tx *Tx) error {
	var sum string
	err := tx.QueryRowContext(ctx, `select sha256 from storage_migrations where number = $1`, m.number).Scan(&sum)
	switch {
	case err == nil && sum == m.sum:
		return m.mark(ctx, tx)
	case err == nil:
		return errors.New("the file differs from the one that was applied to this database; put the change in a new file")
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if tx.db.name == Postgres { // it takes the time that it takes
		if _, err := tx.ExecContext(ctx, `set local statement_timeout = 0`); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into storage_migrations (number, name, sha256, applied_at) values ($1, $2, $3, $4)`,
		m.number, m.name, m.sum, Micros(time.Now()))
	if err != nil {
		return err
	}
	return m.mark(ctx, tx)
}

// mark notes whether programs that do not know the migration may start on it.
func (m migration) mark(ctx context.Context, tx *Tx) error {
	change := `delete from storage_beside where number = $1`
	if m.beside {
		change = `insert into storage_beside (number) values ($1) on conflict do nothing`
	}
	_, err := tx.ExecContext(ctx, change, m.number)
	return err
}
