package proof

import "golang.org/x/mod/sumdb/note"

// Trust names whom the caller trusts: logs of deciding bodies, and witnesses.
type Trust struct {
	Logs      []note.Verifier
	Witnesses []note.Verifier
}

// Verdict is a report in one word.
type Verdict string

// The verdicts. Only Verified means that the decision can be relied upon.
const (
	Verified    Verdict = "verified"
	Unwitnessed Verdict = "unwitnessed" // sound, but no witness has seen it yet
	Untrusted   Verdict = "untrusted"   // consistent, but signed by nobody whom the caller trusts
	Broken      Verdict = "broken"      // something does not match
)

// Report says what was checked, in the order in which a person would ask.
type Report struct {
	OK      bool // every check passed
	Verdict Verdict
	Checks  []Check
}

// Check is one question and its answer. The sentence for the question stands
// in the catalogue under "check." + Name, that for the answer under "check." +
// Detail with Args filled in. Args name nobody.
type Check struct {
	Name   string
	OK     bool
	Detail string
	Args   map[string]string
}

// The questions.
const (
	Form         = "form"    // is it a decision file, whole and in its one form?
	ContentCheck = "content" // is the content the one that was sealed?
	SealCheck    = "seal"    // is the seal an entry in the log of a body?
	Signer       = "signer"  // has a body that is trusted signed that log?
	WitnessCheck = "witness" // has a witness that is trusted seen it there?
	RuleCheck    = "rule"    // does the rule, run again, decide the same?
	Amounts      = "amounts" // does the decision pay what the rule says?
)

// passed reports whether a question was answered well.
func (r *Report) passed(name string) bool {
	for _, c := range r.Checks {
		if c.Name == name {
			return c.OK
		}
	}
	return false
}

func (r *Report) add(name string, f finding) {
	r.Checks = append(r.Checks, Check{Name: name, OK: f.ok, Detail: name + "." + f.detail, Args: f.args})
}

// finding is the answer to one question.
type finding struct {
	ok     bool
	detail string
	args   map[string]string
}

func passed(pairs ...any) finding                { return finding{true, "ok", args(pairs...)} }
func failed(detail string, pairs ...any) finding { return finding{false, detail, args(pairs...)} }

// sum draws the report together.
func (r Report) sum() Report {
	r.OK, r.Verdict = true, Verified
	for _, c := range r.Checks {
		if c.OK {
			continue
		}
		r.OK = false
		r.Verdict = worse(r.Verdict, verdictOf(c.Detail))
	}
	return r
}

func verdictOf(detail string) Verdict {
	switch detail {
	case "signer.unknown", "witness.unknown", "rule.unsigned": // why it is not signed says another check
		return Untrusted
	case "witness.absent":
		return Unwitnessed
	}
	return Broken
}

func worse(a, b Verdict) Verdict {
	for _, v := range []Verdict{Broken, Untrusted, Unwitnessed} {
		if a == v || b == v {
			return v
		}
	}
	return Verified
}
