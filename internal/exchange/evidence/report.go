package evidence

import (
	"fmt"
	"slices"
	"time"

	"dobosh/internal/journal/timestamp"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// Trust is what the reader believes. Only the registry's key is needed.
type Trust struct {
	Registry  note.Verifier    // of the registry of the instance
	Witnesses []note.Verifier  // of journals and of the registry
	Stamper   *timestamp.Trust // a time-stamp authority; nil for the one that the registry names
}

// Verdict is a report in one word.
type Verdict string

// The verdicts. Only Proved means that the exchange took place as the file says.
const (
	Proved    Verdict = "proved"
	Untrusted Verdict = "untrusted" // consistent, but under a registry that the reader does not trust
	Broken    Verdict = "broken"    // something does not match
)

// Result is how one check came out.
type Result string

// The results.
const (
	Holds Result = "holds" // proved
	Open  Result = "open"  // could not be checked, or is not in the file
	Fails Result = "fails" // not so
)

// Report says what was checked, in the order in which a person would ask.
type Report struct {
	OK      bool // nothing fails
	Verdict Verdict
	Checks  []Check
	Facts   Facts // what the file says; to be relied upon only where OK
}

// Check is one thing that was checked, as a question that a person would ask. Its
// sentence stands in the catalogue under "evidence.check." + Name, that for the answer under
// "evidence.check." + Detail with Args filled in. Args name institutions and
// services, never persons.
type Check struct {
	Name   string
	Result Result
	Detail string
	Args   map[string]string
}

// Facts are what the exchange was.
type Facts struct {
	ID        string
	Asked     time.Time // by the asker's clock
	Answered  time.Time // by the provider's clock; zero when nobody did
	Client    registry.ID
	Service   registry.ID
	Behalf    registry.ID
	Names     map[registry.ID]lang.Text // of members and of the service, as the registry says
	Contract  string
	Purpose   string
	Provision law.Ref
	Matter    string
	Role      string
	Method    string
	Act       string   // as in a response; empty while there is none
	Code      string   // why it was refused
	Status    int      // of the information system
	Fields    []string // that left
}

// What is checked.
const (
	CheckForm      = "form"      // is it an evidence file, whole and in its one form?
	CheckRegistry  = "registry"  // does the registry say what the file says that it says?
	CheckSeal      = "seal"      // is the file as its maker sealed it?
	CheckRequest   = "question"  // did the asker ask this?
	CheckResponse  = "answer"    // did the provider answer this?
	CheckArrived   = "arrived"   // did the response arrive?
	CheckAsked     = "asked"     // is what was asked in the file?
	CheckGiven     = "given"     // is what was given in the file?
	CheckContract  = "contract"  // did both sign a contract?
	CheckRight     = "right"     // was the request within it?
	CheckFields    = "fields"    // did nothing leave that was not agreed?
	CheckProvision = "provision" // was the provision's instrument in force?
	CheckWitness   = "witness"   // has a witness seen the journal?
	CheckTime      = "time"      // since when has it existed?
	CheckPublic    = "public"    // has a witness seen the registry?
)

// answers lists every answer to every question, in the order of the report.
func answers() []struct {
	name    string
	details []string
} {
	return []struct {
		name    string
		details []string
	}{
		{CheckForm, []string{"ok", "size", "json", "version", "bounds", "canonical"}},
		{CheckRegistry, []string{"ok", "unknown", "wrong", "unproven", "unreadable"}},
		{CheckSeal, []string{"ok", "stranger", "changed"}},
		{CheckRequest, []string{"ok", "former", "unreadable", "other", "journal", "unproven"}},
		{CheckResponse, []string{"ok", "former", "refused", "none", "unreadable", "other", "journal", "unproven"}},
		{CheckArrived, []string{"ok", "unshown"}},
		{CheckAsked, []string{"ok", "empty", "gone", "unshown", "long", "broken-off", "wrong"}},
		{CheckGiven, []string{"ok", "empty", "gone", "unshown", "long", "broken-off", "wrong"}},
		{CheckContract, []string{"ok", "absent", "unsigned"}},
		{CheckRight, []string{"ok", "former", "refused", "unknown", "outside"}},
		{CheckFields, []string{"ok", "all", "none", "unknown", "gone", "more", "body"}},
		{CheckProvision, []string{"ok", "unknown", "refused", "lapsed"}},
		{CheckWitness, []string{"ok", "absent", "unknown", "wrong"}},
		{CheckTime, []string{"ok", "absent", "unknown", "wrong"}},
		{CheckPublic, []string{"ok", "absent", "unknown", "wrong"}},
	}
}

// Keys lists all keys that a catalogue needs to say a report, in order.
func Keys() []string {
	var keys []string
	for _, v := range []Verdict{Proved, Untrusted, Broken} {
		keys = append(keys, "evidence.verdict."+string(v))
	}
	for _, question := range answers() {
		keys = append(keys, "evidence.check."+question.name)
		for _, detail := range question.details {
			keys = append(keys, "evidence.check."+question.name+"."+detail)
		}
	}
	slices.Sort(keys)
	return keys
}

func (r *Report) add(name string, f finding) {
	r.Checks = append(r.Checks, Check{Name: name, Result: f.result, Detail: name + "." + f.detail, Args: f.args})
}

// sum draws the report together.
func (r Report) sum() Report {
	r.OK, r.Verdict = true, Proved
	for _, c := range r.Checks {
		if c.Result != Fails {
			continue
		}
		r.OK = false
		if r.Verdict == Proved && c.Detail == CheckRegistry+".unknown" {
			r.Verdict = Untrusted
		} else if c.Detail != CheckRegistry+".unknown" {
			r.Verdict = Broken
		}
	}
	return r
}

// finding is how one check came out.
type finding struct {
	result Result
	detail string
	args   map[string]string
}

func holds(detail string, pairs ...any) finding { return finding{Holds, detail, args(pairs...)} }
func open(detail string, pairs ...any) finding  { return finding{Open, detail, args(pairs...)} }
func fails(detail string, pairs ...any) finding { return finding{Fails, detail, args(pairs...)} }

// args makes a map of names and values; values are short and name nobody.
func args(pairs ...any) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = fmt.Sprintf("%.200s", fmt.Sprint(pairs[i+1]))
	}
	return m
}
