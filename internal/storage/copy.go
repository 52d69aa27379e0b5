package storage

import (
	"archive/tar"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dobosh/internal/kit/strict"

	"github.com/jackc/pgx/v5"
)

// Copy writes into a file what a database holds at one instant, while others go on to
// write to it: a database file of SQLite, checked; of PostgreSQL the rows of every table,
// each as COPY gives them, in one tar. It says how many migrations the database has seen.
func Copy(ctx context.Context, cfg Config, file string) (migrations int, err error) {
	if cfg.Engine == Postgres {
		return copyPostgres(ctx, cfg.URL, file)
	}
	if _, err := os.Stat(cfg.Path); err != nil {
		return 0, fmt.Errorf("copy database: %w", err)
	}
	if err := func() error {
		db, err := sql.Open("sqlite", bare(cfg.Path))
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, "vacuum into ?", file)
		return errors.Join(err, db.Close())
	}(); err != nil {
		return 0, fmt.Errorf("copy database: %w", err)
	}
	if migrations, err = Intact(ctx, file); err != nil {
		return 0, fmt.Errorf("copy of the database: %w", err)
	}
	return migrations, syncFile(file)
}

// bare is the address of a file with no settings but patience.
func bare(path string) string {
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: "_pragma=busy_timeout(10000)"}
	return address.String()
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), os.Chmod(path, 0o600), f.Close())
}

// Intact looks at every page of a file of SQLite and says how many migrations it has seen.
func Intact(ctx context.Context, file string) (migrations int, err error) {
	db, err := sql.Open("sqlite", bare(file))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var says string
	if err := db.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&says); isCorrupt(err) {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	} else if err != nil {
		return 0, err
	}
	if says != "ok" {
		return 0, fmt.Errorf("%w: %s", ErrDamaged, says)
	}
	return migrations, db.QueryRowContext(ctx, "select count(*) from storage_migrations").Scan(&migrations)
}

// table is what a copy says of a table.
type table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

const (
	tablesEntry = "tables.json"
	rowsSuffix  = ".copy"
	// maxTables bounds the list of tables, in bytes.
	maxTables = 1 << 20
)

func copyPostgres(ctx context.Context, address, file string) (migrations int, err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	if err := tx.QueryRow(ctx, "select count(*) from storage_migrations").Scan(&migrations); err != nil {
		return 0, err
	}
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	into := tar.NewWriter(out)
	list, err := json.Marshal(tables)
	if err == nil {
		err = into.WriteHeader(&tar.Header{Name: tablesEntry, Size: int64(len(list)), Mode: 0o600})
	}
	if err == nil {
		_, err = into.Write(list)
	}
	for _, t := range tables {
		if err == nil {
			err = copyRows(ctx, tx, t, into, file+".rows")
		}
	}
	return migrations, errors.Join(err, into.Close(), out.Sync(), out.Close())
}

// copyRows goes by way of a file, because a tar says the size of an entry first.
func copyRows(ctx context.Context, tx pgx.Tx, t table, into *tar.Writer, by string) error {
	rows, err := os.OpenFile(by, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(rows.Close(), os.Remove(by)) }() // it was on the way only
	if _, err := tx.Conn().PgConn().CopyTo(ctx, rows, "copy "+t.quoted()+" to stdout"); err != nil {
		return fmt.Errorf("rows of %s: %w", t.Name, err)
	}
	size, err := rows.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := into.WriteHeader(&tar.Header{Name: t.Name + rowsSuffix, Size: size, Mode: 0o600}); err != nil {
		return err
	}
	_, err = io.Copy(into, rows)
	return err
}

func (t table) quoted() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = pgx.Identifier{c}.Sanitize()
	}
	return pgx.Identifier{t.Name}.Sanitize() + " (" + strings.Join(columns, ", ") + ")"
}

// tablesOf lists the tables of the schema in use, with their columns in order.
func tablesOf(ctx context.Context, tx pgx.Tx) (tables []table, err error) {
	rows, err := tx.Query(ctx, `select c.table_name, c.column_name from information_schema.columns c
		join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
		where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' order by c.table_name, c.ordinal_position`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != name {
			tables = append(tables, table{Name: name})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, column)
	}
	return tables, rows.Err()
}

// Put brings a copy back: a file of SQLite where none is, or the rows into an empty
// database of PostgreSQL, whose tables are made by the migrations first. These have to be
// those that the copied database had seen.
func Put(ctx context.Context, cfg Config, file string, log *slog.Logger, migrations ...fs.FS) error {
	if cfg.Engine != Postgres {
		if _, err := Intact(ctx, file); err != nil {
			return fmt.Errorf("copy of the database: %w", err)
		}
		for _, rest := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(cfg.Path + rest); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
			return err
		}
		if err := os.Rename(file, cfg.Path); err != nil {
			return err
		}
		return syncFile(cfg.Path)
	}
	return putPostgres(ctx, cfg, file, log, migrations)
}

func putPostgres(ctx context.Context, cfg Config, file string, log *slog.Logger, migrations []fs.FS) (err error) {
	conn, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var there int
	if err := conn.QueryRow(ctx, "select count(*) from information_schema.tables where table_schema = current_schema()").Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return fmt.Errorf("%w: it has %d tables", ErrNotEmpty, there)
	}
	db, err := Open(ctx, cfg, log, migrations...)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // no effect after the commit
	again, err := setFree(ctx, tx)
	if err != nil {
		return err
	}
	made, err := seen(ctx, tx)
	if err != nil {
		return err
	}
	if err := putRows(ctx, tx, tar.NewReader(in)); err != nil {
		return err
	}
	copied, err := seen(ctx, tx)
	if err != nil {
		return err
	}
	if copied != made {
		return errors.New("the copied database had not seen the migrations of this program: it is of another version, or was copied before they were done")
	}
	if err := again(); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// seen lists the migrations that a database has seen.
func seen(ctx context.Context, tx pgx.Tx) (list string, err error) {
	return list, tx.QueryRow(ctx, `select coalesce(string_agg(number || ' ' || sha256, ' ' order by number), '') from storage_migrations`).Scan(&list)
}

// setFree takes the references between tables away, since rows come table by table in
// the order of names; again puts them back, and looks whether all of them hold.
func setFree(ctx context.Context, tx pgx.Tx) (again func() error, err error) {
	rows, err := tx.Query(ctx, `select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint
		where contype = 'f' and connamespace = current_schema()::regnamespace order by 1, 2`)
	if err != nil {
		return nil, err
	}
	type reference struct{ table, name, says string }
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r reference, err error) {
		return r, row.Scan(&r.table, &r.name, &r.says)
	})
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if _, err := tx.Exec(ctx, "alter table "+r.table+" drop constraint "+r.name); err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, r := range all {
			if _, err := tx.Exec(ctx, "alter table "+r.table+" add constraint "+r.name+" "+r.says); err != nil {
				return fmt.Errorf("rows of %s refer to some that are not there: %w", r.table, err)
			}
		}
		return nil
	}, nil
}

func putRows(ctx context.Context, tx pgx.Tx, from *tar.Reader) error {
	made, err := tablesOf(ctx, tx)
	if err != nil {
		return err
	}
	var tables []table
	for {
		entry, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.Name == tablesEntry {
			if err := strict.Upto(maxTables).Read(from, &tables); err != nil {
				return err
			}
			continue
		}
		name := strings.TrimSuffix(entry.Name, rowsSuffix)
		i := slices.IndexFunc(tables, func(t table) bool { return t.Name == name })
		if i < 0 || !slices.ContainsFunc(made, func(t table) bool { return t.Name == name }) {
			return fmt.Errorf("the copy has a table %s, which this program does not make: it is of another version", name)
		}
		if _, err := tx.Exec(ctx, "delete from "+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
		if _, err := tx.Conn().PgConn().CopyFrom(ctx, from, "copy "+tables[i].quoted()+" from stdin"); err != nil {
			return fmt.Errorf("rows of %s: %w", name, err)
		}
	}
}
