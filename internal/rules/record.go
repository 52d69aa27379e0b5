package rules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	form "dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/law"
)

// recordFormat names the form of a record; a new form gets a new name.
const recordFormat = "dobosh rule record v1"

// maxRecord bounds the JSON of a record, in bytes.
const maxRecord = 1 << 20

// Record is a decision of a rule with all that is needed to make it again
// offline: the text of the rule, the parameters and provisions with their
// sources, the facts and the outcome.
type Record struct {
	Format     string               `json:"format"`
	Pack       Origin               `json:"pack"`
	Day        civil.Day            `json:"day"` // of the event
	Rule       law.Rule             `json:"rule"`
	Parameters []law.Parameter      `json:"parameters"`
	Provisions []Cited              `json:"provisions"`
	Names      map[string]lang.Text `json:"names,omitempty"` // of the places in the facts, by code
	Facts      map[string]any       `json:"facts"`
	Outcome    Outcome              `json:"outcome"`
}

// Origin says from which pack the rule was taken.
type Origin struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// Cited is a provision as it stood on the day.
type Cited struct {
	Ref   law.Ref   `json:"ref"`
	Cite  lang.Text `json:"cite"`
	Title lang.Text `json:"title"`
	law.Span
	law.Evidence
}

func cite(p law.Provision) Cited {
	return Cited{p.Ref, lang.Text{"sr": p.Cite(lang.SrCyrl), "en": p.Cite(lang.En)}, p.Title, p.Span, p.Evidence}
}

func (rec Record) cited(ref law.Ref) lang.Text {
	i := slices.IndexFunc(rec.Provisions, func(c Cited) bool { return c.Ref == ref })
	if i < 0 {
		return nil
	}
	return rec.Provisions[i].Cite
}

func (rec Record) parameter(name string) (law.Parameter, bool) {
	i := slices.IndexFunc(rec.Parameters, func(p law.Parameter) bool { return p.Name == name })
	if i < 0 {
		return law.Parameter{}, false
	}
	return rec.Parameters[i], true
}

// Record is Decide with everything needed to decide again.
func (r *Rule) Record(known map[string]any) (Record, Outcome) {
	f := r.understand(known)
	rec := r.text
	rec.Facts = f.recorded()
	for _, fact := range rec.Rule.Facts {
		code, _ := f.values[fact.Name].(string)
		if name, ok := r.names[code]; ok && fact.Type == "code" {
			if rec.Names == nil {
				rec.Names = map[string]lang.Text{}
			}
			rec.Names[code] = name
		}
	}
	rec.Outcome = r.decide(f, r.words(f))
	return rec, rec.Outcome
}

// RecordJSON is Record in its canonical form. What does not change from case to case,
// which is most of it, is made canonical once for the rule.
func (r *Rule) RecordJSON(known map[string]any) ([]byte, Outcome, error) {
	r.once.Do(func() { r.constant, r.broken = constantParts(r.text) })
	if r.broken != nil {
		return nil, Outcome{}, r.broken
	}
	rec, outcome := r.Record(known)
	text := make([]byte, 0, 2*len(r.constant.end)+4<<10)
	text = append(text, r.constant.day...)
	for _, part := range []struct {
		before string
		value  any
	}{{`,"facts":`, rec.Facts}, {`,"format":`, rec.Format}, {`,"names":`, rec.Names}, {`,"outcome":`, rec.Outcome}} {
		if names, ok := part.value.(map[string]lang.Text); ok && len(names) == 0 {
			continue // as the tag of the member says
		}
		value, err := canonical(part.value)
		if err != nil {
			return nil, Outcome{}, err
		}
		text = append(append(text, part.before...), value...)
	}
	return append(text, r.constant.end...), outcome, nil
}

// constant is the canonical form of a record before and behind what a case adds.
type constant struct{ day, end []byte }

func constantParts(rec Record) (c constant, err error) {
	part := func(to []byte, before string, value any) []byte {
		text, fault := canonical(value)
		err = cmp.Or(err, fault)
		return append(append(to, before...), text...)
	}
	c.day = part(nil, `{"day":`, rec.Day)
	c.end = part(c.end, `,"pack":`, rec.Pack)
	c.end = part(c.end, `,"parameters":`, rec.Parameters)
	c.end = part(c.end, `,"provisions":`, rec.Provisions)
	c.end = part(c.end, `,"rule":`, rec.Rule)
	c.end = append(c.end, '}')
	return c, err
}

// JSON is the canonical form (RFC 8785) of the record: the same record gives
// the same bytes.
func (rec Record) JSON() ([]byte, error) { return canonical(rec) }

func canonical(value any) ([]byte, error) {
	text, err := form.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("canonical record: %w", err)
	}
	return text, nil
}

// ParseRecord reads the JSON of a record; unknown members are errors.
func ParseRecord(text []byte) (Record, error) {
	var rec Record
	if len(text) > maxRecord {
		return rec, problem.New(problem.TooLarge, "record-too-large")
	}
	if err := strict.Upto(maxRecord).Decode(text, &rec); err != nil {
		return Record{}, problem.New(problem.Invalid, "record-unreadable").Because(err)
	}
	if rec.Format != recordFormat {
		return Record{}, problem.New(problem.Invalid, "record-format", "format", fmt.Sprintf("%.40q", rec.Format))
	}
	return rec, nil
}

// Rerun decides again from nothing but the record. It returns the outcome when
// it is the recorded one, bit by bit, and otherwise the problem
// "record-differs", whose argument "where" names what differs.
func (rec Record) Rerun() (Outcome, error) {
	rule, err := compile(rec, rec.Names)
	if err != nil {
		return Outcome{}, problem.New(problem.Invalid, "record-unreadable").Because(err)
	}
	if err := rec.consistent(); err != nil {
		return Outcome{}, err
	}
	again, outcome := rule.Record(rec.Facts)
	differs, err := differences(rec, again)
	if err != nil {
		return Outcome{}, err
	}
	if len(differs) > 0 {
		return Outcome{}, problem.New(problem.Invalid, "record-differs", "where", strings.Join(differs, ", "))
	}
	return outcome, nil
}

// consistent checks what the rule itself does not: that what the record says
// was in force on its day.
func (rec Record) consistent() error {
	var wrong []string
	for _, p := range rec.Parameters {
		if !p.Holds(rec.Day) {
			wrong = append(wrong, "/parameters/"+p.Name)
		}
	}
	for _, p := range rec.Provisions {
		if !p.Holds(rec.Day) {
			wrong = append(wrong, "/provisions/"+string(p.Ref))
		}
	}
	if len(wrong) > 0 {
		return problem.New(problem.Invalid, "record-differs", "where", strings.Join(wrong, ", "))
	}
	return nil
}

// differences compares two records in their canonical form and lists the JSON
// pointers at which they differ, at most ten.
func differences(a, b Record) ([]string, error) {
	trees := [2]any{}
	for i, rec := range []Record{a, b} {
		text, err := rec.JSON()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &trees[i]); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
	}
	var found []string
	compare("", trees[0], trees[1], &found)
	return found[:min(len(found), 10)], nil
}

func compare(at string, a, b any, found *[]string) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			both := maps.Clone(a)
			maps.Copy(both, b)
			for _, key := range slices.Sorted(maps.Keys(both)) {
				compare(at+"/"+key, a[key], b[key], found)
			}
			return
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				compare(fmt.Sprintf("%s/%d", at, i), a[i], b[i], found)
			}
			return
		}
	}
	if !reflect.DeepEqual(a, b) {
		*found = append(*found, at)
	}
}
