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

// migration is one step of the schema. It never changes once it was applied
// anywhere: the next step is a new file.
type migration struct {
	number int
	name   string
	text   string
	sum    string // SHA-256 of text, in hexadecimal
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
// whether a number was applied, not which one is the highest.
func (db *DB) migrate(ctx context.Context, timeline []migration, log *slog.Logger) error {
	return db.engine.alone(ctx, func() error {
		applied, err := db.applied(ctx)
		if err != nil {
			return err
		}
		for _, step := range timeline {
			if sum, done := applied[step.number]; done && sum == step.sum {
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

// applied returns the sums of the migrations that the database has seen.
func (db *DB) applied(ctx context.Context) (map[int]string, error) {
	sums := map[int]string{}
	err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `create table if not exists storage_migrations (
			number     bigint primary key,
			name       text not null,
			sha256     text not null,
			applied_at bigint not null)`)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `select number, sha256 from storage_migrations`)
		_, err = All(rows, err, func(scan Scan) (number int, err error) {
			var sum string
			err = scan(&number, &sum)
			sums[number] = sum
			return number, err
		})
		return err
	})
	return sums, err
}

// apply runs the migration unless another process did so in the meantime.
func (m migration) apply(ctx context.Context, tx *Tx) error {
	var sum string
	err := tx.QueryRowContext(ctx, `select sha256 from storage_migrations where number = $1`, m.number).Scan(&sum)
	switch {
	case err == nil && sum == m.sum:
		return nil
	case err == nil:
		return errors.New("the file differs from the one that was applied to this database; put the change in a new file")
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into storage_migrations (number, name, sha256, applied_at) values ($1, $2, $3, $4)`,
		m.number, m.name, m.sum, Micros(time.Now()))
	return err
}
