package node

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"dobosh/internal/backup"
	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"

	"golang.org/x/mod/sumdb/note"
)

// Backup copies what a node keeps, whether it runs or not.
func Backup(ctx context.Context, config string, into backup.Into, now clock.Now) (backup.Manifest, error) {
	n, err := copyOf(config)
	if err != nil {
		return backup.Manifest{}, err
	}
	return backup.Create(ctx, n, into, now())
}

// Restore puts a copy back.
func Restore(ctx context.Context, w backup.Wanted, log *slog.Logger) (backup.Back, error) {
	w.Load, w.Migrations, w.Log = copyOf, tables(nil), log
	return backup.Restore(ctx, w)
}

// copyOf is what is copied of the node of a configuration.
func copyOf(config string) (backup.Node, error) {
	config, err := filepath.Abs(config)
	if err != nil {
		return backup.Node{}, err
	}
	cfg, err := Load(config)
	if err != nil {
		return backup.Node{}, err
	}
	where, err := cfg.storage()
	if err != nil {
		return backup.Node{}, err
	}
	_, key, _, err := cfg.Evidence()
	if err != nil {
		return backup.Node{}, err
	}
	former, err := cfg.FormerKeys()
	if err != nil {
		return backup.Node{}, err
	}
	n := backup.Node{
		Origin: Origin(cfg.Member, cfg.Name), Version: Version, Config: config, Dir: cfg.Dir, Database: where, Keys: append([]note.Verifier{key}, former...),
		Secrets: append(cfg.beside(), cfg.formerFile()), // which former keys there are fits the present one
	}
	if !cfg.Archive.inStore() {
		n.Apart = append(n.Apart, cfg.Archive.To)
	}
	kept := cfg.filesAt()
	if n.Files, err = files.Open(kept); err != nil {
		return backup.Node{}, err
	}
	n.Apart = append(n.Apart, kept, filepath.Join(cfg.Dir, spoolDir)) // a mail on its way in belongs to its sender still
	// What goes to phones and on paper lies there in the open until it was fetched; what was deleted since must not come
	// back, nor be printed again.
	if cfg.Letters != nil {
		n.Apart = append(n.Apart, cfg.Letters.Folder)
	}
	if cfg.SMS != nil && cfg.SMS.Folder != "" {
		n.Apart = append(n.Apart, cfg.SMS.Folder)
	}
	return n, nil
}

// beside are the files that the configuration names, all but the pack: most of them are
// keys and tokens, and those that are not are as good there.
func (c Config) beside() (paths []string) {
	for _, path := range c.paths() {
		if *path != "" && path != &c.Dir && path != &c.Pack {
			paths = append(paths, *path)
		}
	}
	for _, path := range c.Sectors {
		paths = append(paths, path)
	}
	return paths
}

// CopiesAt opens the stores of copies; keys have the same one where theirs is not named.
func CopiesAt(address, keys string) (store, keysStore files.Store, err error) {
	if address == "" {
		return nil, nil, errors.New("no store is named")
	}
	if store, err = files.Open(address); err != nil || keys == "" {
		return store, store, err
	}
	keysStore, err = files.Open(keys)
	return store, keysStore, err
}

// GiveUpKeys makes the journal of a node one whose contents can be read no more, after its
// keys are gone for good: what was journaled stays proved.
func GiveUpKeys(ctx context.Context, config string) (given int, err error) {
	cfg, err := Load(config)
	if err != nil {
		return 0, err
	}
	archive, err := cfg.Archive.Store()
	if err != nil {
		return 0, err
	}
	return journal.GiveUpKeys(ctx, filepath.Join(cfg.Dir, "journal"), Origin(cfg.Member, cfg.Name), archive)
}
