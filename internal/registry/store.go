package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/tlog"
)

// logStore is where a copy of the log is kept.
type logStore interface {
	// leaves reads statements from a number on.
	leaves(ctx context.Context, from, limit int64) ([]string, error)
	// save makes leaves, the hashes they add and the checkpoint over them durable,
	// all or none.
	save(ctx context.Context, from int64, leaves []string, g *growth, checkpoint string, at time.Time) error
	// reader reads stored hashes.
	reader(ctx context.Context) tlog.HashReader
	// replace puts another log in the place of this one, and ends what is known of a
	// fork.
	replace(ctx context.Context, leaves []string, g *growth, checkpoint string, at time.Time) error
	// endFork ends what is known of a fork.
	endFork(ctx context.Context, at time.Time) error
	// saveFork keeps the first proof; later ones say nothing new.
	saveFork(ctx context.Context, f Fork) error
}

// store is the log in the tables of the room. A statement and a hash that are
// there never change.
type store struct{ db *storage.DB }

// rowHashes is how many hashes one row holds at most. A single change adds a
// row of a few.
const rowHashes = 256

// rowsAtOnce is how many statements one INSERT carries.
const rowsAtOnce = 64

func (s store) leaves(ctx context.Context, from, limit int64) ([]string, error) {
	rows, err := s.db.Read(ctx).QueryContext(ctx, `select body from registry_statements where idx >= $1 order by idx limit $2`, from, limit)
	return storage.All(rows, err, func(scan storage.Scan) (string, error) {
		var leaf string
		return leaf, scan(&leaf)
	})
}

// checkpoint reads the newest one and when it held; none is empty.
func (s store) checkpoint(ctx context.Context) (text string, at int64, err error) {
	err = s.db.Read(ctx).QueryRowContext(ctx, `select note, at from registry_checkpoint where id = 1`).Scan(&text, &at)
	if errors.Is(err, storage.ErrNotFound) {
		return "", 0, nil
	}
	return text, at, err
}

func (s store) save(ctx context.Context, from int64, leaves []string, g *growth, checkpoint string, at time.Time) error {
	err := s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		have, err := alike(ctx, tx, from, leaves)
		if err != nil {
			return err
		}
		if have > from+int64(len(leaves)) {
			return nil // another node that shares the database has come further
		}
		left, first := leaves[have-from:], tlog.StoredHashCount(have)
		for i := 0; i < len(left); i += rowsAtOnce {
			if err := insertLeaves(ctx, tx, have+int64(i), left[i:min(i+rowsAtOnce, len(left))]); err != nil {
				return err
			}
		}
		if err := insertHashes(ctx, tx, first, g.added[first-g.first:]); err != nil {
			return err
		}
		return putCheckpoint(ctx, tx, checkpoint, at)
	})
	if err != nil {
		return fmt.Errorf("save registry: %w", err)
	}
	return nil
}

// alike says how many statements are stored, at least up to where leaves begin. Those
// that another node of the member has stored meanwhile must be the same.
func alike(ctx context.Context, tx *storage.Tx, from int64, leaves []string) (have int64, err error) {
	if err := tx.QueryRowContext(ctx, `select coalesce(max(idx) + 1, 0) from registry_statements`).Scan(&have); err != nil || have <= from {
		return max(have, from), err
	}
	rows, err := tx.QueryContext(ctx, `select body from registry_statements where idx >= $1 order by idx limit $2`, from, len(leaves))
	stored, err := storage.All(rows, err, func(scan storage.Scan) (leaf string, err error) { return leaf, scan(&leaf) })
	if err != nil {
		return have, err
	}
	for i, leaf := range stored {
		if leaf != leaves[i] {
			return have, fmt.Errorf("%w: another node on this database has another statement %d", ErrForked, from+int64(i))
		}
	}
	return have, nil
}

func (s store) replace(ctx context.Context, leaves []string, g *growth, checkpoint string, at time.Time) error {
	err := s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, text := range []string{`delete from registry_statements`, `delete from registry_hashes`} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		if err := endFork(ctx, tx, at); err != nil {
			return err
		}
		for i := 0; i < len(leaves); i += rowsAtOnce {
			if err := insertLeaves(ctx, tx, int64(i), leaves[i:min(i+rowsAtOnce, len(leaves))]); err != nil {
				return err
			}
		}
		if err := insertHashes(ctx, tx, g.first, g.added); err != nil {
			return err
		}
		return putCheckpoint(ctx, tx, checkpoint, at)
	})
	if err != nil {
		return fmt.Errorf("replace registry: %w", err)
	}
	return nil
}

func (s store) endFork(ctx context.Context, at time.Time) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return endFork(ctx, tx, at) })
}

func endFork(ctx context.Context, tx *storage.Tx, at time.Time) error {
	if _, err := tx.ExecContext(ctx, `insert into registry_forks_ended (ended_at, ours, theirs) select cast($1 as bigint), ours, theirs from registry_fork where true on conflict (ended_at) do nothing`, storage.Micros(at)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from registry_fork`)
	return err
}

func insertLeaves(ctx context.Context, tx *storage.Tx, from int64, leaves []string) error {
	var rows strings.Builder
	args := make([]any, 0, 2*len(leaves))
	for i, leaf := range leaves {
		if i > 0 {
			rows.WriteString(", ")
		}
		fmt.Fprintf(&rows, "($%d, $%d)", 2*i+1, 2*i+2)
		args = append(args, from+int64(i), leaf)
	}
	_, err := tx.ExecContext(ctx, `insert into registry_statements (idx, body) values `+rows.String(), args...)
	return err
}

func insertHashes(ctx context.Context, tx *storage.Tx, first int64, hashes []tlog.Hash) error {
	for i := 0; i < len(hashes); i += rowHashes {
		var row []byte
		for _, h := range hashes[i:min(i+rowHashes, len(hashes))] {
			row = append(row, h[:]...)
		}
		if _, err := tx.ExecContext(ctx, `insert into registry_hashes (first, hashes) values ($1, $2)`, first+int64(i), row); err != nil {
			return err
		}
	}
	return nil
}

func putCheckpoint(ctx context.Context, tx *storage.Tx, checkpoint string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into registry_checkpoint (id, note, at) values (1, $1, $2) on conflict (id) do update set note = excluded.note, at = excluded.at`, checkpoint, storage.Micros(at))
	return err
}

// mend stores the hashes of a log that was kept before they were.
func (s store) mend(ctx context.Context, g *growth) error {
	var have int64
	if err := s.db.Read(ctx).QueryRowContext(ctx, `select count(*) from registry_hashes where first = 0`).Scan(&have); err != nil || have == 1 || len(g.added) == 0 {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return insertHashes(ctx, tx, g.first, g.added) })
}

func (s store) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			var first int64
			var row []byte
			err := s.db.Read(ctx).QueryRowContext(ctx, `select first, hashes from registry_hashes where first <= $1 order by first desc limit 1`, at).Scan(&first, &row)
			if err != nil {
				return nil, fmt.Errorf("read hash %d: %w", at, err)
			}
			begin := (at - first) * tlog.HashSize
			if begin+tlog.HashSize > int64(len(row)) {
				return nil, fmt.Errorf("read hash %d: is not stored", at)
			}
			out[i] = tlog.Hash(row[begin : begin+tlog.HashSize])
		}
		return out, nil
	})
}

// fork reads the proof that the authority showed two histories, if it did.
func (s store) fork(ctx context.Context) (*Fork, error) {
	var f Fork
	var at int64
	err := s.db.Read(ctx).QueryRowContext(ctx, `select ours, theirs, at from registry_fork where id = 1`).Scan(&f.Ours, &f.Theirs, &at)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	f.At = storage.Instant(at)
	return &f, err
}

func (s store) saveFork(ctx context.Context, f Fork) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into registry_fork (id, ours, theirs, at) values (1, $1, $2, $3) on conflict (id) do nothing`, f.Ours, f.Theirs, storage.Micros(f.At))
		return err
	})
}
