package openapi

import "strings"

// Change is one difference between two versions of a description, seen by
// somebody who asks. Code names a sentence ("change." + Code in the words of
// the portal); Was and Is fill it.
type Change struct {
	Code   string
	Breaks bool // who asks as before may be refused, or may not understand the answer
	Place  Place
	Was    string
	Is     string
}

// Place is where in a description something stands.
type Place struct {
	Method, Path string // of the operation, in the older version if it is there
	Part         Part
	Name         string // of a parameter or header
	In           string // of a parameter
	Status       string // of an answer
	Type         string // media type of a body
	Pointer      string // into the body, as in a contract: "*" is every element of a list
}

// Part says whose words changed.
type Part string

// The parts of an operation.
const (
	Whole    Part = ""
	Asking   Part = "parameter"
	Question Part = "question" // body of the question
	Reply    Part = "answer"
)

// The codes of changes.
const (
	OperationRemoved    = "operation-removed"
	OperationAdded      = "operation-added"
	OperationDeprecated = "operation-deprecated"
	SecurityChanged     = "security-changed"
	ParameterRemoved    = "parameter-removed"
	ParameterAdded      = "parameter-added"
	ParameterNeeded     = "parameter-needed"
	ParameterFreed      = "parameter-freed"
	ParameterForm       = "parameter-form"
	BodyRemoved         = "body-removed"
	BodyAdded           = "body-added"
	BodyNeeded          = "body-needed"
	BodyFreed           = "body-freed"
	TypeRemoved         = "media-removed"
	TypeAdded           = "media-added"
	StatusRemoved       = "status-removed"
	StatusAdded         = "status-added"
	HeaderRemoved       = "header-removed"
	HeaderAdded         = "header-added"
	FieldRemoved        = "field-removed"
	FieldAdded          = "field-added"
	FieldNeeded         = "field-needed"
	FieldFreed          = "field-freed"
	FieldDeprecated     = "field-deprecated"
	FieldsClosed        = "fields-closed"
	FieldsOpened        = "fields-opened"
	KindChanged         = "kind-changed"
	FormatChanged       = "format-changed"
	PatternChanged      = "pattern-changed"
	ValuesRemoved       = "values-removed"
	ValuesAdded         = "values-added"
	RangeNarrowed       = "range-narrowed"
	RangeWidened        = "range-widened"
	VariantRemoved      = "variant-removed"
	VariantAdded        = "variant-added"
	RulesChanged        = "rules-changed"
	TooMany             = "too-many"
)

// Breaking reports whether any of the changes breaks.
func Breaking(changes []Change) bool {
	for _, c := range changes {
		if c.Breaks {
			return true
		}
	}
	return false
}

// below is a place one step further into a body.
func (p Place) below(step string) Place {
	p.Pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	return p
}
