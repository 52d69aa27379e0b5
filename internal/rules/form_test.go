package rules_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/acts"
)

const household = `id: household
title: {sr: Домаћинство, en: Household}
provision: z/1
fields:
  - {name: head, kind: name, label: {sr: Име, en: Name}, known: child.name}
  - {name: children, kind: count, most: 20, label: {sr: Деце, en: Children}}
  - {name: school, kind: choice, label: {sr: Школа, en: School}, when: children > 0, options: [{value: near, says: {sr: Близу, en: Near}}, {value: far, says: {sr: Далеко, en: Far}}]}
  - {name: alone, kind: yes-no, label: {sr: Сам, en: Alone}}
  - {name: why, kind: text, label: {sr: Зашто, en: Why}, when: 'alone && children > 1', optional: true}
from: 2020-01-01
`

func packWith(form string) fstest.MapFS {
	return fstest.MapFS{
		"pack.yaml":          {Data: []byte("id: test\nversion: \"1\"\ncountry: RS\ntitle: {sr: Проба, en: Trial}\n")},
		"instruments/z.yaml": {Data: []byte("instrument: {id: z, title: {sr: З, en: Z}, cited: {sr: З, en: Z}, gazette: x, from: 2020-01-01, source: x, verified: false}\nprovisions:\n  - {ref: z/1, title: {sr: а, en: a}, from: 2020-01-01, source: x, verified: false}\n")},
		"forms/form.yaml":    {Data: []byte(form)},
	}
}

func householdAct(t *testing.T) act.Act {
	t.Helper()
	pack, err := law.Load(packWith(strings.Replace(household, ", known: child.name", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	form, _ := pack.Form("household")
	fields, err := rules.FormFields(form)
	if err != nil {
		t.Fatal(err)
	}
	a, err := act.Def[act.Values, act.Values]{Name: "household", Right: act.Only("officer"), Fields: fields,
		Do: func(_ context.Context, _ act.Actor, in act.Values) (act.Values, error) { return in, nil }}.Act()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A form that is data is held to the same bad inputs as one that is Go.
func TestAFormOfThePackIsAnAct(t *testing.T) {
	a, by := householdAct(t), act.As("o", "officer")
	acts.Refuses(t, a, by, nil, map[string]any{"head": "Ана", "children": 2, "school": "near", "alone": true, "why": "зато"})

	sent := func(pairs ...string) (act.Values, error) {
		values := map[string][]string{}
		for i := 0; i < len(pairs); i += 2 {
			values[pairs[i]] = []string{pairs[i+1]}
		}
		done, err := a.Do(t.Context(), by, act.FromValues(values))
		if err != nil {
			return nil, err
		}
		return done.(act.Values), nil
	}
	if got, err := sent("head", " Ана  Марија ", "children", "0", "alone", "no", "school", "nonsense", "why", "never asked"); err != nil || got.One("head") != "Ана Марија" || len(got["school"]) != 0 || len(got["why"]) != 0 {
		t.Errorf("what was not asked: %v, %v", got, err)
	}
	if _, err := sent("head", "Ана", "children", "1", "alone", "no"); !problem.HasCode(err, "form-incomplete") || problem.Of(err).Fields[0].Name != "school" {
		t.Errorf("what was asked and stayed away: %v", err)
	}
	if got, err := sent("head", "Ана", "children", "2", "alone", "yes", "school", "far", "why", "зато"); err != nil || got.One("why") != "зато" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFormsOfAPackAreChecked(t *testing.T) {
	for what, c := range map[string]struct{ replace, with, says string }{
		"a kind that is none":            {"kind: count", "kind: sum", "kind"},
		"a field twice":                  {"name: alone", "name: head", "twice"},
		"a choice of nothing":            {", options: [{value: near, says: {sr: Близу, en: Near}}, {value: far, says: {sr: Далеко, en: Far}}]", "", "offers 0"},
		"values for a line":              {"kind: yes-no", "kind: line, options: [{value: x, says: {sr: а, en: a}}]", "offers 1"},
		"a fact nobody knows":            {"known: child.name", "known: moon.phase", "no rule knows"},
		"a provision that is not there":  {"provision: z/1", "provision: z/2", "not in the pack"},
		"a condition over what follows":  {"when: children > 0", "when: alone", "undeclared"},
		"a condition that is no yes":     {"when: children > 0", "when: children + 1", "no yes or no"},
		"a condition of the wrong types": {"when: children > 0", "when: children > 'a'", "no matching overload"},
		"a label in one language":        {"label: {sr: Деце, en: Children}", "label: {sr: Деце}", "en"},
	} {
		text := strings.Replace(household, c.replace, c.with, 1)
		if text == household {
			t.Fatalf("%s: nothing was replaced", what)
		}
		if c.replace != "known: child.name" {
			text = strings.Replace(text, ", known: child.name", "", 1)
		}
		said := ""
		if pack, err := law.Load(packWith(text)); err != nil {
			said = err.Error()
		} else if found := rules.Check(pack); len(found) > 0 {
			said = law.Findings(found).Error()
		}
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: %q", what, said)
		}
	}
}
