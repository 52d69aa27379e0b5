package proof

import "slices"

// answers lists every answer to every question.
func answers() map[string][]string {
	return map[string][]string{
		Form:         {"ok", "size", "json", "version", "bounds", "canonical"},
		ContentCheck: {"ok", "changed", "unreadable"},
		SealCheck:    {"ok", "checkpoint", "unproven"},
		Signer:       {"ok", "unknown", "wrong"},
		WitnessCheck: {"ok", "absent", "checkpoint", "unproven", "log", "wrong", "unknown"},
		RuleCheck:    {"ok", "unsigned", "person", "unreadable", "differs", "outcome"},
		Amounts:      {"ok", "differ", "sum"},
	}
}

// Keys lists all keys that a catalogue needs to say a report, in order:
// "verdict.…" for verdicts, "check.…" for questions and answers.
func Keys() []string {
	var keys []string
	for _, v := range []Verdict{Verified, Unwitnessed, Untrusted, Broken} {
		keys = append(keys, "verdict."+string(v))
	}
	for question, all := range answers() {
		keys = append(keys, "check."+question)
		for _, answer := range all {
			keys = append(keys, "check."+question+"."+answer)
		}
	}
	slices.Sort(keys)
	return keys
}
