package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// format names the form of a manifest.
const format = "dobosh backup v1"

// Bounds of reading a manifest.
const maxManifest = 16 << 20

// Manifest says what a set is.
type Manifest struct {
	Format     string    `json:"format"`
	Origin     string    `json:"origin"`  // name of the journal: whose copy it is
	Version    string    `json:"version"` // of the program
	At         time.Time `json:"at"`
	Engine     string    `json:"engine"`
	Migrations int       `json:"migrations"`
	Config     string    `json:"config"`         // name of the configuration in its folder
	Entries    int64     `json:"entries"`        // of the journal
	Checkpoint string    `json:"checkpoint"`     // signed, of that many entries
	Database   Copied    `json:"database"`       // of the set, compressed
	Folder     Copied    `json:"folder"`         // of the set: tar, compressed
	Files      Copied    `json:"files,omitzero"` // list of the files of cases and mails, compressed
	FilesKept  int       `json:"files_kept,omitempty"`
	Keys       Copied    `json:"keys"`               // tar, compressed; may be gone
	Segments   []Copied  `json:"segments"`           // of the journal, in order
	Archived   []Copied  `json:"archived,omitempty"` // before them, in the archive that the configuration names, and not copied
}

// Copied is a file in the store.
type Copied struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	Digest string `json:"sha256"` // in hexadecimal
}

// setName is when a set was made, in a form whose order is that of time.
const setName = "20060102T150405.000Z"

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// slug is the prefix of all that belongs to a node.
func slug(origin string) string { return unsafeInNames.ReplaceAllString(origin, "_") }

func manifestName(origin, set string) string {
	return path.Join(slug(origin), "sets", set, "manifest.json")
}

// Sets lists the sets of a store, of one node or, where origin is empty, of all, oldest first.
func Sets(ctx context.Context, from files.Store, origin string) (sets []Manifest, err error) {
	prefix := ""
	if origin != "" {
		prefix = slug(origin) + "/sets/"
	}
	list, err := from.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if !strings.HasSuffix(f.Name, "/manifest.json") {
			continue
		}
		m, err := readManifest(ctx, from, f.Name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, m)
	}
	return sets, nil
}

func readManifest(ctx context.Context, from files.Store, name string) (m Manifest, err error) {
	r, err := from.Get(ctx, name)
	if err != nil {
		return m, err
	}
	err = strict.Upto(maxManifest).AllowUnknown().Read(r, &m)
	if err = errors.Join(err, r.Close()); err == nil && m.Format != format {
		err = fmt.Errorf("is of the form %q", m.Format)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Newest finds the newest set, not after an instant where one is given: of the node named, or of the only one that the store has
// any of. Errors: the problems "backup-none" and "backup-many".
func Newest(ctx context.Context, from files.Store, origin string, latest time.Time) (Manifest, error) {
	sets, err := Sets(ctx, from, origin)
	if err != nil {
		return Manifest{}, err
	}
	if !latest.IsZero() {
		sets = slices.DeleteFunc(sets, func(m Manifest) bool { return m.At.After(latest) })
	}
	if len(sets) == 0 {
		return Manifest{}, problem.New(problem.NotFound, "backup-none")
	}
	newest := sets[0]
	for _, s := range sets {
		if s.Origin != newest.Origin {
			return Manifest{}, problem.New(problem.Conflict, "backup-many", "one", newest.Origin, "other", s.Origin)
		}
		if s.At.After(newest.At) {
			newest = s
		}
	}
	return newest, nil
}

// put writes the manifest, which makes the set one.
func (m Manifest) put(ctx context.Context, into files.Store) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return into.Put(ctx, manifestName(m.Origin, m.At.Format(setName)), strings.NewReader(string(raw)), int64(len(raw)))
}

// drain reads to the end, so that a digest is of the whole.
func drain(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
