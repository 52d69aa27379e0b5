package backup

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dobosh/internal/journal"
	"dobosh/internal/kit/strict"
)

// Restored says what of a node was put there from a copy. It lies in the node's
// folder from a restore until the node has started with it: then what the database
// lacks is taken from the journal, and the journal does not go on before a witness has
// said what it knows of it.
type Restored struct {
	Database bool `json:"database,omitempty"`
	Journal  bool `json:"journal,omitempty"`
	Alone    bool `json:"alone,omitempty"` // go on without a witness, because they were lost too
	// Kept is the checkpoint of the copy of the journal, as it was signed; empty where the journal is not from a copy.
	Kept string `json:"kept,omitempty"`
}

const restoredFile = "restored"

// ReadRestored reads it; the zero value where nothing was restored.
func ReadRestored(dir string) (r Restored, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, restoredFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = strict.Upto(8<<10).Decode(raw, &r)
	}
	if err != nil {
		return Restored{}, fmt.Errorf("what was restored: %w", err)
	}
	return r, nil
}

// Put leaves word for the next start, together with what stands there already.
func Put(dir string, r Restored) error {
	before, err := ReadRestored(dir)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(Restored{r.Database || before.Database, r.Journal || before.Journal, r.Alone || before.Alone, cmp.Or(r.Kept, before.Kept)})
	if err != nil {
		return err
	}
	return journal.WriteWhole(filepath.Join(dir, restoredFile), raw)
}

// Begun says that the node has started with what was restored.
func Begun(dir string) error { return os.Remove(filepath.Join(dir, restoredFile)) }
