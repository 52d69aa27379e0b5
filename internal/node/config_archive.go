package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dobosh/internal/files"
	"dobosh/internal/journal"
)

// Archive takes full segments of the journal off the node's disk. What lies there is read when
// somebody asks for it; proofs and appends do not need it.
type Archive struct {
	// To is a folder, of another disk, or s3://HOST/BUCKET/PREFIX, with ?insecure=true where
	// the store has no TLS and ?region= where it wants one. Its credentials come from
	// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Empty for no archive.
	To string `yaml:"to"`
	// Local is how many full segments, of 32 MB, stay on the node's disk too, the newest; 16
	// when zero, -1 for none.
	Local int `yaml:"local"`
}

// maxLocal bounds archive.local.
const maxLocal = 1 << 20

func (a Archive) inStore() bool { return strings.HasPrefix(a.To, "s3://") }

func (a *Archive) paths() []*string {
	if a.inStore() {
		return nil
	}
	return []*string{&a.To}
}

func (a Archive) check(dir string) (errs []error) {
	if a.Local < -1 || a.Local > maxLocal {
		errs = append(errs, fmt.Errorf("archive.local: is not between -1 and %d", maxLocal))
	}
	if a.To == "" {
		if a.Local != 0 {
			errs = append(errs, errors.New("archive.to: is missing"))
		}
		if file := filepath.Join(dir, "journal", "archived"); exists(file) {
			errs = append(errs, fmt.Errorf("archive.to: is missing, and %s names segments of the journal that lie in an archive", file))
		}
		return errs
	}
	if _, err := a.Store(); err != nil {
		errs = append(errs, fmt.Errorf("archive.to: %w", err))
	}
	if relative, err := filepath.Rel(filepath.Join(dir, "journal"), a.To); !a.inStore() && err == nil && filepath.IsLocal(relative) {
		errs = append(errs, errors.New("archive.to: is the folder of the journal itself"))
	}
	return errs
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Store opens the archive; nil where there is none.
func (a Archive) Store() (files.Store, error) {
	if a.To == "" {
		return nil, nil
	}
	return files.Open(a.To)
}

// journal is how the journal of the node is opened.
func (c Config) journal() (journal.Config, error) {
	archive, err := c.Archive.Store()
	return journal.Config{Dir: filepath.Join(c.Dir, "journal"), Origin: Origin(c.Member, c.Name), Archive: archive, Local: c.Archive.Local, Keep: c.Retention.Content}, err
}
