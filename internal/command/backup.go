package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/backup"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
)

// keysKeep is how long keys are kept in backups when nothing else is said.
const keysKeep = 30 * 24 * time.Hour

func runBackup(ctx context.Context, c *cli.Call) error {
	config := c.Flags.String("config", "", "configuration file of the node")
	to := c.Flags.String("to", "", "folder, or s3://HOST/BUCKET/PREFIX")
	keysTo := c.Flags.String("keys-to", "", "another place for the keys; by default under a prefix of their own in the same one")
	keep := c.Flags.Duration("keys-keep", keysKeep, "how long copies of keys are kept, at least a day; what was erased can be read from a copy as long")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if *config == "" || *to == "" {
		return errors.New("backup wants --config FILE --to DIR or --to s3://HOST/BUCKET/PREFIX")
	}
	if *keep < 24*time.Hour {
		return fmt.Errorf("--keys-keep %s: at least 24h", *keep)
	}
	store, keys, err := node.CopiesAt(*to, *keysTo)
	if err != nil {
		return err
	}
	m, err := node.Backup(ctx, *config, backup.Into{Store: store, Keys: keys, KeysKeep: *keep}, clock.System)
	if err != nil {
		return err
	}
	size := m.Database.Size + m.Folder.Size + m.Keys.Size
	for _, s := range m.Segments {
		size += s.Size
	}
	c.Printf("%s: backup of %s, %d entries of the journal in %d segments, %d files of cases and mails, %d bytes, read back\n", m.Origin, m.At.Format(time.RFC3339Nano), m.Entries, len(m.Segments), m.FilesKept, size)
	return nil
}

func runRestore(ctx context.Context, c *cli.Call) error {
	config := c.Flags.String("config", "", "configuration file of a node that lost a part; or --to on an empty machine")
	to := c.Flags.String("to", "", "empty folder, on an empty machine")
	from := c.Flags.String("from", "", "folder, or s3://HOST/BUCKET/PREFIX")
	keysFrom := c.Flags.String("keys-from", "", "where the keys are, if elsewhere")
	which := c.Flags.String("node", "", "name of the journal, INSTANCE/CLASS/MEMBER/NAME, where the place has copies of several")
	set := c.Flags.String("at", "", "an older backup: the newest that is not after this instant, RFC 3339")
	keep := c.Flags.Bool("keep-database", false, "the database was put back already; take from the journal what it lacks")
	alone := c.Flags.Bool("alone", false, "go on without hearing a witness, because they were lost too")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if (*config == "") == (*to == "") || *from == "" && !*keep {
		return errors.New("restore wants --from DIR or s3://…, and --config FILE or, on an empty machine, --to DIR")
	}
	if *from == "" {
		return keepDatabase(ctx, c, *config, *alone)
	}
	store, keys, err := node.CopiesAt(*from, *keysFrom)
	if err != nil {
		return err
	}
	var latest time.Time
	if *set != "" {
		if latest, err = time.Parse(time.RFC3339, *set); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	}
	folder := *to
	if *config != "" {
		folder = filepath.Dir(*config)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	m, err := backup.Newest(ctx, store, *which, latest)
	if err != nil {
		return err
	}
	if *config != "" {
		m.Config = filepath.Base(*config)
	}
	b, err := node.Restore(ctx, backup.Wanted{Set: m, Store: store, Keys: keys, Folder: folder, KeepDatabase: *keep, Alone: *alone}, c.Logger("warn"))
	if err != nil {
		return err
	}
	c.Printf("%s: the backup of %s was put back: %s\n", m.Origin, m.At.Format(time.RFC3339Nano), parts(b))
	for _, path := range b.Aside {
		c.Printf("kept beside: %s\n", path)
	}
	c.Printf("start it: dobosh serve --config %s\n", b.Config)
	return nil
}

// parts says what was put back.
func parts(b backup.Back) string {
	said := []string{fmt.Sprintf("%d files", b.Files)}
	if b.Kept > 0 {
		said = append(said, fmt.Sprintf("%d files of cases and mails", b.Kept))
	}
	if b.Gone > 0 {
		said = append(said, fmt.Sprintf("not %d files that were erased since", b.Gone))
	}
	if b.Database {
		said = append(said, "the database")
	}
	if b.Journal {
		said = append(said, "the journal")
	} else {
		said = append(said, "not the journal, which has more than the backup")
	}
	return strings.Join(said, ", ")
}

// keepDatabase is for a database that was put back by other means.
func keepDatabase(ctx context.Context, c *cli.Call, config string, alone bool) error {
	cfg, err := node.Load(config)
	if err != nil {
		return err
	}
	if err := node.KeepDatabase(ctx, cfg, alone, c.Logger("warn")); err != nil {
		return err
	}
	c.Printf("at its next start the node takes from its journal what the database lacks\nstart it: dobosh serve --config %s\n", config)
	return nil
}

func runRecoverJournal(ctx context.Context, c *cli.Call) error {
	config := c.Flags.String("config", "", "configuration file of the node")
	why := c.Flags.String("why", "", "what happened; it stands in the journal and with the witnesses")
	withoutKeys := c.Flags.Bool("without-keys", false, "the keys of the journal are gone for good: give its contents up")
	if err := c.Parse(0, 0); err != nil {
		return err
	}
	if *config == "" || *why == "" {
		return errors.New("recover journal wants --config FILE --why TEXT")
	}
	if *withoutKeys {
		given, err := node.GiveUpKeys(ctx, *config)
		if err != nil {
			return err
		}
		c.Printf("the contents under %d keys were given up; what was journaled stays proved\n", given)
		return nil
	}
	given, err := node.GiveUpEntries(ctx, *config, *why, clock.System, c.Logger("warn"))
	if err != nil {
		return err
	}
	for _, g := range given {
		c.Printf("%s\n", g)
	}
	c.Printf("start it: dobosh serve --config %s\n", *config)
	return nil
}
