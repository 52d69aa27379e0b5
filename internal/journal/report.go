package journal

import "fmt"

// maxFindings bounds a report; what is found beyond it is counted.
const maxFindings = 100

// Report is what Check found in the directory of a log.
type Report struct {
	Origin     string
	Segments   int
	Archived   int // of the segments, that only the archive has
	Batches    int
	Entries    int64
	Erased     int64  // entries whose content key was erased
	Ended      int64  // entries whose body is gone because its time was over
	Torn       int64  // bytes behind the last checkpoint; never acknowledged, and cut when the log is opened
	Checkpoint []byte // newest one with a good signature
	Findings   []Finding
	More       int      // findings that are not listed
	Notes      []string // what is unusual and no damage
}

// Finding is something that is not as it was signed.
type Finding struct {
	File   string // in the directory of the log
	Offset int64  // byte in the file
	Index  int64  // first entry concerned; -1 when none is
	Says   string
}

// String is a finding in one line.
func (f Finding) String() string {
	where := ""
	if f.File != "" {
		where = fmt.Sprintf("%s at byte %d: ", f.File, f.Offset)
	}
	if f.Index >= 0 {
		where += fmt.Sprintf("entry %d: ", f.Index)
	}
	return where + f.Says
}

// OK says that nothing is missing or changed.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

func (r *Report) find(f Finding) {
	if len(r.Findings) == maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, f)
}

func (r *Report) note(format string, args ...any) {
	if len(r.Notes) < maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
	}
}
