package rules

// Record is a decision of a rule with all that is needed to make it again
// offline: the text of the rule, the parameters and provisions with their
// sources, the facts and the outcome.
type Record struct {
	Format string `json:"format"`
}

// JSON is the canonical form (RFC 8785) of the record.
func (rec Record) JSON() ([]byte, error) { return nil, nil }

// ParseRecord reads the JSON of a record; unknown members are errors.
func ParseRecord(text []byte) (Record, error) { return Record{}, nil }

// Rerun decides again and returns the outcome, or an error that names what
// differs from the recorded outcome.
func (rec Record) Rerun() (Outcome, error) { return Outcome{}, nil }
