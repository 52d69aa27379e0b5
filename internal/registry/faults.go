package registry

import "slices"

// Fault is one term of a contract that cannot be enforced as it stands.
type Fault struct {
	Term  string // the member of the JSON: "paths", "fields" …
	Value string // what was written
	Many  bool   // there are too many of the term; Value is empty
}

// Check refuses a contract whose terms cannot be enforced as they stand.
func (c Contract) Check() error { return c.validate() }

// Faults lists the terms in lists that cannot stand, for whoever writes a
// contract: [Contract.Check] says the first of everything that is wrong.
func (c Contract) Faults() (faults []Fault) {
	for _, list := range []struct {
		term   string
		values []string
		valid  func(string) bool
	}{
		{"methods", c.Methods, func(m string) bool { return slices.Contains(methods(), m) }},
		{"paths", c.Paths, validPattern},
		{"fields", c.Fields, validPointer},
		{"subjects", c.Subjects, c.validSubject},
		{"headers", c.Headers, validHeader},
		{"passes", c.Passes, validHeader},
		{"parameters", c.Parameters, validParameter},
		{"events", c.Events, func(e string) bool { return e != "" }},
	} {
		if len(list.values) > maxTerms {
			faults = append(faults, Fault{Term: list.term, Many: true})
			continue
		}
		for _, value := range list.values {
			if len(value) > maxTerm || !list.valid(value) {
				faults = append(faults, Fault{Term: list.term, Value: value})
			}
		}
	}
	return faults
}

// Digest names a contract by its text, whoever signed it.
func (c Contract) Digest() [32]byte { return c.digest() }

// ReadContract reads a contract that at least one side has signed, without a
// look at the signatures.
func ReadContract(signed string) (Contract, error) { return peekContract(signed) }

// Between are the two sides of a contract: who asks, a subsystem or a group,
// and the subsystem that answers.
func (c Contract) Between() (asker, provider ID) { return c.asker(), c.Provider }
