// Package acts makes of the definition of an act the inputs that it has to
// refuse, so that every act is tested with the same kinds of wrong. For tests
// only.
package acts

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"dobosh/internal/act"
)

// Bad is an input that an act has to refuse.
type Bad struct {
	Name  string // what is wrong with it
	Field string // that is to be named
	Code  string // of what is said beside the field, or of the whole where no field is named
	JSON  []byte
	Form  url.Values // nil where a form cannot say it
}

// BadInputs spoils what is good for an act, one field after the other, in every
// way that its type knows: missing, too long, of another type, with wrong signs,
// with NUL, twice, not offered. good holds a value for each field that is not in
// the path: a string, int, bool, []string or what a structure is.
func BadInputs(a act.Act, good map[string]any) (all []Bad) {
	add := func(name string, f act.Asked, code string, value any) {
		body := maps.Clone(good)
		if body[f.Name] = value; value == nil {
			delete(body, f.Name)
		}
		all = append(all, Bad{f.Name + ": " + name, f.Name, code, encode(body), form(body)})
	}
	for _, f := range a.Fields {
		if f.InPath {
			continue
		}
		if !f.Optional {
			add("missing", f, missing(f), nil)
		}
		switch f.Kind {
		case act.Line, act.Text, act.Name:
			signs := "words-signs"
			if f.Kind == act.Name {
				signs = "name-letters"
			}
			add("too long", f, "words-too-long", strings.Repeat("а", f.Most+1))
			add("with NUL", f, signs, "а\x00б")
			add("turned around", f, signs, "а\u202eб")
			if !f.Optional {
				add("of blanks", f, missing(f), " \t ")
			}
			if f.Kind == act.Name {
				add("with a digit", f, signs, "Ана7")
				add("of two scripts", f, "name-scripts", "Mилица")
				add("without a capital", f, "name-small", "милица")
			}
		case act.Code, act.Person, act.Place:
			add("too long", f, "words-too-long", strings.Repeat("a", f.Most+1))
			add("with NUL", f, "words-signs", "a\x00b")
			add("with a blank", f, "words-signs", "a b")
		case act.File:
			noBase64 := maps.Clone(good)
			noBase64[f.Name] = "%%%"
			all = append(all, Bad{f.Name + ": that is no base64", f.Name, "value-type", encode(noBase64), nil})
		case act.Day:
			add("that is none", f, "day-malformed", "31.2.2026.")
			add("in words", f, "day-malformed", "јуче")
			asTyped := maps.Clone(good)
			asTyped[f.Name] = "19. 11. 2026."
			all = append(all, Bad{f.Name + ": as people write it", f.Name, "day-malformed", encode(asTyped), nil})
		case act.Month:
			add("that is none", f, "month-malformed", "2026-13")
		case act.Amount:
			add("in words", f, "amount-malformed", "сто")
			add("below nothing", f, "amount-malformed", "-1")
		case act.Account:
			add("with a wrong control number", f, "account-check", "840-0000000001-00")
			add("of another country", f, "account-malformed", "DE35260005601001611379")
		case act.National:
			add("too short", f, "number-form", "123")
			add("of no day", f, "number-date", "3102996830015")
		case act.Choice:
			add("not offered", f, cmp.Or(f.Wrong, f.Missing, "choice-missing"), "nothing-of-this")
		case act.Several:
			add("with NUL", f, "words-signs", []string{"a\x00b"})
			if f.Options != nil {
				add("not offered", f, cmp.Or(f.Wrong, f.Missing, "choice-missing"), []string{"nothing-of-this"})
			}
		}
		for _, other := range others(f.Kind) {
			body := maps.Clone(good)
			body[f.Name] = other
			all = append(all, Bad{f.Name + ": of another type", f.Name, "value-type", encode(body), nil})
		}
		if f.Kind != act.Structure && f.Kind != act.Several {
			twice := form(good)
			twice[f.Name] = append(slices.Clone(twice[f.Name]), "x", "y")
			all = append(all, Bad{f.Name + ": twice", f.Name, "value-twice", nil, twice})
		}
	}
	more := maps.Clone(good)
	more["not_a_field"] = 1
	whole := encode(good)
	return append(all,
		Bad{"an unknown member", "", "body-malformed", encode(more), nil},
		Bad{"half a value", "", "body-malformed", whole[:len(whole)-1], nil},
		Bad{"two values", "", "body-malformed", append(slices.Clone(whole), " {}"...), nil},
		Bad{"a list", "", "body-malformed", []byte("[]"), nil},
		Bad{"no text", "", "body-malformed", []byte("{\"\xff\":1}"), nil},
	)
}

func missing(f act.Asked) string {
	if f.Missing != "" {
		return f.Missing
	}
	switch f.Kind {
	case act.Day:
		return "day-malformed"
	case act.Month:
		return "month-malformed"
	case act.Count:
		return "count-malformed"
	case act.Version:
		return "version-malformed"
	case act.Amount:
		return "amount-malformed"
	case act.Account:
		return "account-malformed"
	case act.National:
		return "number-form"
	case act.Choice, act.Several, act.YesNo:
		return "choice-missing"
	case act.Consent:
		return "consent-missing"
	case act.File:
		return "file-missing"
	case act.Structure:
		return "structure-missing"
	}
	return "words-missing"
}

// others are values of types that a kind does not take.
func others(k act.Kind) []any {
	object := map[string]any{"a": 1}
	switch k {
	case act.Structure:
		return nil
	case act.Count, act.Version:
		return []any{"1", true, object}
	case act.YesNo, act.Consent:
		return []any{"yes", 1, object}
	case act.Several:
		return []any{"a", object, []int{1}}
	}
	return []any{1, true, object, []string{"a"}}
}

func encode(body map[string]any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // the test gave something that is no JSON
	}
	return raw
}

func form(body map[string]any) url.Values {
	values := url.Values{}
	for name, value := range body {
		switch value := value.(type) {
		case string:
			values.Set(name, value)
		case bool:
			values.Set(name, map[bool]string{true: "yes", false: "no"}[value])
		case []string:
			values[name] = value
		default:
			values.Set(name, string(encode(map[string]any{"": value}))[4:])
			values.Set(name, strings.TrimSuffix(values.Get(name), "}"))
		}
	}
	return values
}
