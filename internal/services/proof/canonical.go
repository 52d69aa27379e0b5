package proof

import (
	"bytes"
	"errors"
	"fmt"

	form "dobosh/internal/kit/canonical"
	"dobosh/internal/kit/strict"
)

// Canonical is the form in which a content is sealed (RFC 8785).
func (c Content) Canonical() ([]byte, error) { return canonical(c.complete()) }

// Sealed is Canonical for a content whose record is in its canonical form already, as
// rules make it.
func (c Content) Sealed() ([]byte, error) {
	c = c.complete()
	decision, err := canonical(c.Decision)
	if err != nil {
		return nil, err
	}
	receipts, err := canonical(c.Receipts)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(decision)+len(receipts)+len(c.Record)+48)
	text = append(append(text, `{"decision":`...), decision...)
	if len(c.Found) > 0 {
		found, err := canonical(c.Found)
		if err != nil {
			return nil, err
		}
		text = append(append(text, `,"found":`...), found...)
	}
	text = append(append(text, `,"receipts":`...), receipts...)
	text = append(append(text, `,"record":`...), c.Record...)
	return append(text, '}'), nil
}

// Meta is the meta of the journal entry that seals the content; the body of
// the entry is the canonical content.
func (c Content) Meta() ([]byte, error) {
	return canonical(map[string]string{"decision": c.Decision.ID, "format": Format})
}

func canonical(value any) ([]byte, error) {
	text, err := form.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("canonical decision: %w", err)
	}
	return text, nil
}

// FormError says why a file is no decision file. Detail and Args are those of
// a [Check].
type FormError struct {
	Detail string
	Args   map[string]string
	Cause  error
}

func (e *FormError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("%s %v", e.Detail, e.Args)
	}
	return fmt.Sprintf("%s %v: %v", e.Detail, e.Args, e.Cause)
}

// Unwrap gives the cause.
func (e *FormError) Unwrap() error { return e.Cause }

func wrongForm(detail string, cause error, pairs ...any) error {
	return &FormError{Detail: detail, Args: args(pairs...), Cause: cause}
}

// args makes a map of names and values; values are short and name nobody.
func args(pairs ...any) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = fmt.Sprintf("%.200s", fmt.Sprint(pairs[i+1]))
	}
	return m
}

// Parse reads a file strictly: what it gives back, written again, is the file
// byte for byte. Nothing is verified. Errors are *FormError.
func Parse(file []byte) (File, error) {
	if len(file) > MaxSize {
		return File{}, wrongForm("form.size", nil, "max", MaxSize>>10)
	}
	var f File
	if err := strict.Upto(MaxSize).Decode(file, &f); err != nil || f.Format != Format {
		return File{}, notThisFormat(file, err)
	}
	if what := f.outOfBounds(); what != "" {
		return File{}, wrongForm("form.bounds", nil, "what", what)
	}
	again, err := canonical(f)
	if err != nil {
		return File{}, wrongForm("form.canonical", err, "at", 0)
	}
	if !bytes.Equal(again, file) {
		return File{}, wrongForm("form.canonical", nil, "at", firstDifference(again, file))
	}
	return f, nil
}

// notThisFormat tells a file of another kind or a later version, which may hold
// what this version does not know, from a broken one.
func notThisFormat(file []byte, err error) error {
	var f struct {
		Format string `json:"format"`
	}
	if other := strict.Upto(MaxSize).AllowUnknown().Decode(file, &f); other == nil && f.Format != Format {
		return wrongForm("form.version", nil, "format", fmt.Sprintf("%.40q", f.Format))
	}
	at := 0 // the byte at which reading stopped
	if wrong, ok := errors.AsType[*strict.Error](err); ok {
		at = wrong.Offset
	}
	return wrongForm("form.json", err, "at", at)
}

func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
