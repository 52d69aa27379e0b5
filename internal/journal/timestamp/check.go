package timestamp

import (
	"errors"
	"fmt"
	"io/fs"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

// Check reads all that was kept beside a log and reports what is not as it was: a response that is not over its checkpoint, a
// checkpoint that the log did not sign. The checkpoints that are in order come back for the check of the log, which has to extend
// every one of them. Without trust the responses are not looked at. An error says that the check could not be done.
func Check(dir string, trust *Trust, keys []note.Verifier) (checkpoints [][]byte, findings []journal.Finding, err error) {
	sizes, err := List(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("check time-stamps: %w", err)
	}
	for _, size := range sizes {
		kept, err := Read(dir, size)
		if errors.Is(err, fs.ErrNotExist) {
			findings = append(findings, finding(size, noteSuffix, "missing, although its time-stamp is there"))
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("check time-stamps: %w", err)
		}
		if c, err := journal.OpenCheckpoint(kept.Checkpoint, keys...); err != nil || c.Size != size {
			findings = append(findings, finding(size, noteSuffix, "not a checkpoint that the log signed at this size"))
			continue
		}
		checkpoints = append(checkpoints, kept.Checkpoint)
		if trust == nil {
			continue
		}
		if _, err := trust.Verify(kept.Response, kept.Checkpoint); err != nil {
			findings = append(findings, finding(size, responseSuffix, err.Error()))
		}
	}
	return checkpoints, findings, nil
}

func finding(size int64, suffix, says string) journal.Finding {
	return journal.Finding{File: "timestamps/" + fileName(size, suffix), Index: -1, Says: says}
}
