package events

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dobosh/internal/bus"
	"dobosh/internal/kit/strict"
)

// Bounds of a filter.
const (
	maxFilter      = 256 << 10 // bytes of its JSON
	maxFilterTypes = 64
	maxTests       = 16  // of one filter
	maxTested      = 8   // attributes of one test
	maxTestedValue = 512 // bytes
)

var (
	errFilter = errors.New("filter")
	typeForm  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

// Filter says which events a subscriber wants, among those that it may have. The
// empty one wants all. Its form is that of the CloudEvents Subscriptions API
// (1.0-rc, section 3.2.4) with the dialects "exact", "prefix" and "suffix"; every
// part of a filter must hold.
type Filter struct {
	Types  []string `json:"types,omitempty"`
	Source string   `json:"source,omitempty"`
	Tests  []Test   `json:"filters,omitempty"`
}

// Test is one dialect with values by attribute; all of them must hold.
type Test struct {
	Exact  map[string]string `json:"exact,omitempty"`
	Prefix map[string]string `json:"prefix,omitempty"`
	Suffix map[string]string `json:"suffix,omitempty"`
}

// readFilter reads a filter; an empty text is the empty filter.
func readFilter(text []byte) (f Filter, err error) {
	if len(text) == 0 {
		return f, nil
	}
	if err := strict.Upto(maxFilter).Decode(text, &f); err != nil {
		return f, fmt.Errorf("%w: %w", errFilter, err)
	}
	return f, f.check()
}

// check reports what of a filter cannot be asked for.
func (f Filter) check() error {
	if len(f.Types) > maxFilterTypes || len(f.Tests) > maxTests || len(f.Source) > maxTestedValue {
		return fmt.Errorf("%w: too large", errFilter)
	}
	for _, t := range f.Types {
		if len(t) > maxTestedValue || !typeForm.MatchString(t) {
			return fmt.Errorf("%w: not a type of events", errFilter)
		}
	}
	for _, t := range f.Tests {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

func (t Test) check() error {
	dialects := 0
	for _, values := range []map[string]string{t.Exact, t.Prefix, t.Suffix} {
		if values == nil {
			continue
		}
		dialects++
		if len(values) == 0 || len(values) > maxTested {
			return fmt.Errorf("%w: a test of %d attributes", errFilter, len(values))
		}
		for name, value := range values {
			if _, known := attribute(bus.Event{}, name); !known || value == "" || len(value) > maxTestedValue {
				return fmt.Errorf("%w: an attribute that is none, or a value that is empty or too long", errFilter)
			}
		}
	}
	if dialects != 1 {
		return fmt.Errorf("%w: a test has one of exact, prefix and suffix", errFilter)
	}
	return nil
}

// attribute gives an attribute of an event that can be tested.
func attribute(e bus.Event, name string) (value string, known bool) {
	switch name {
	case "id":
		return e.ID, true
	case "source":
		return e.Source, true
	case "type":
		return e.Type, true
	case "subject":
		return e.Subject, true
	}
	return "", false
}

// wants reports whether an event is one that was asked for.
func (f Filter) wants(e bus.Event) bool {
	if len(f.Types) > 0 && !slices.Contains(f.Types, e.Type) || f.Source != "" && f.Source != e.Source {
		return false
	}
	for _, t := range f.Tests {
		if !t.holds(e) {
			return false
		}
	}
	return true
}

func (t Test) holds(e bus.Event) bool {
	return every(e, t.Exact, func(value, want string) bool { return value == want }) &&
		every(e, t.Prefix, strings.HasPrefix) && every(e, t.Suffix, strings.HasSuffix)
}

func every(e bus.Event, tests map[string]string, holds func(value, want string) bool) bool {
	for name, want := range tests {
		if value, _ := attribute(e, name); !holds(value, want) {
			return false
		}
	}
	return true
}

// among gives the types of these that can be wanted.
func (f Filter) among(types []string) []string {
	if len(f.Types) == 0 {
		return types
	}
	var both []string
	for _, t := range types {
		if slices.Contains(f.Types, t) {
			both = append(both, t)
		}
	}
	return both
}
