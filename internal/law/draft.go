package law

import (
	"fmt"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"

	"gopkg.in/yaml.v3"
)

// entry is one thing of a pack together with where it is written.
type entry[T any] struct {
	value T
	file  string
	node  *yaml.Node
}

// at gives the place of a part of the entry, or of the nearest part there is.
func (e entry[T]) at(steps ...string) Position {
	node, key := lookup(e.node, steps...)
	if key != nil {
		node = key
	}
	return Position{File: e.file, Line: node.Line, Column: node.Column}
}

// says makes a finding about a part of the entry.
func (e entry[T]) says(step, format string, args ...any) Finding {
	return Finding{e.at(step), fmt.Sprintf(format, args...)}
}

func values[T any](entries []entry[T]) []T {
	list := make([]T, len(entries))
	for i, e := range entries {
		list[i] = e.value
	}
	return list
}

// heading is the content of pack.yaml.
type heading struct {
	ID      string    `yaml:"id"`
	Version string    `yaml:"version"`
	Country string    `yaml:"country"`
	Title   lang.Text `yaml:"title"`
}

// draft is a pack whose files are well formed one by one and not yet checked
// against each other.
type draft struct {
	digest      string
	head        entry[heading]
	instruments []entry[Instrument]
	provisions  []entry[Provision]
	purposes    []entry[Purpose]
	events      []entry[LifeEvent]
	parameters  []entry[Parameter]
	bodies      []entry[Body]
	places      []entry[Place]
	calendars   []entry[Calendar]
	countings   []entry[Counting]
	terms       []entry[Term]
	services    []entry[PublicService]
	rules       []entry[Rule]
	contracts   []entry[ContractTemplate]
	forms       []entry[Form]
	cases       []entry[CaseKind]
}

// take adds the content of one document.
func (d *draft) take(doc document) Findings {
	switch schemaOf(doc.file) {
	case "pack":
		return one(doc, doc.root, &d.head)
	case "instrument":
		return d.takeInstrument(doc)
	case "parameters":
		return d.takeParameters(doc)
	case "rule":
		return d.takeRule(doc)
	case "form":
		return d.takeForm(doc)
	case "case":
		return add(doc, doc.root, &d.cases)
	case "service":
		return add(doc, doc.root, &d.services)
	case "purposes":
		return each(doc, "purposes", &d.purposes)
	case "lifeevents":
		return each(doc, "life_events", &d.events)
	case "bodies":
		return each(doc, "bodies", &d.bodies)
	case "places":
		return each(doc, "places", &d.places)
	case "terms":
		return d.takeTerms(doc)
	case "calendar":
		return d.takeCalendar(doc)
	case "contracts":
		return each(doc, "contracts", &d.contracts)
	}
	return nil
}

func one[T any](doc document, node *yaml.Node, into *entry[T]) Findings {
	into.file, into.node = doc.file, node
	if err := node.Decode(&into.value); err != nil {
		return Findings{{doc.at(node), plainWords(err)}}
	}
	return nil
}

func add[T any](doc document, node *yaml.Node, into *[]entry[T]) Findings {
	var e entry[T]
	found := one(doc, node, &e)
	*into = append(*into, e)
	return found
}

func each[T any](doc document, key string, into *[]entry[T]) Findings {
	var found Findings
	_, list := child(doc.root, key)
	if list == nil {
		return nil
	}
	for _, item := range list.Content {
		found = append(found, add(doc, item, into)...)
	}
	return found
}

// plainWords keeps the sentence of a decoding error. After the schema only a
// day that is not on the calendar gets here.
func plainWords(err error) string {
	says := err.Error()
	return says[strings.LastIndex(says, "\n")+1:]
}

func (d *draft) takeInstrument(doc document) Findings {
	node, _ := lookup(doc.root, "instrument")
	found := add(doc, node, &d.instruments)
	instrument := d.instruments[len(d.instruments)-1].value
	list, _ := lookup(doc.root, "provisions")
	for _, item := range list.Content {
		var text struct {
			Ref      Ref       `yaml:"ref"`
			Title    lang.Text `yaml:"title"`
			Span     `yaml:",inline"`
			Evidence `yaml:",inline"`
		}
		if err := item.Decode(&text); err != nil {
			found = append(found, Finding{doc.at(item), plainWords(err)})
			continue
		}
		pr := Provision{Ref: text.Ref, Instrument: instrument, Title: text.Title, Span: text.Span, Evidence: text.Evidence}
		d.provisions = append(d.provisions, entry[Provision]{pr, doc.file, item})
	}
	return found
}

func (d *draft) takeParameters(doc document) Findings {
	var found Findings
	list, _ := lookup(doc.root, "parameters")
	for _, item := range list.Content {
		var text struct {
			Name   string      `yaml:"name"`
			Kind   string      `yaml:"kind"`
			Title  lang.Text   `yaml:"title"`
			Values []yaml.Node `yaml:"values"`
		}
		if err := item.Decode(&text); err != nil {
			found = append(found, Finding{doc.at(item), plainWords(err)})
			continue
		}
		for i := range text.Values {
			head := Parameter{Name: text.Name, Kind: text.Kind, Title: text.Title}
			found = append(found, d.takeValue(doc, &text.Values[i], head)...)
		}
	}
	return found
}

func (d *draft) takeValue(doc document, node *yaml.Node, head Parameter) Findings {
	var text struct {
		Span      `yaml:",inline"`
		Evidence  `yaml:",inline"`
		Provision Ref    `yaml:"provision"`
		Value     amount `yaml:"value"`
	}
	e := entry[Parameter]{head, doc.file, node}
	if err := node.Decode(&text); err != nil {
		return Findings{e.says("", "%s", plainWords(err))}
	}
	e.value.Span, e.value.Evidence, e.value.Provision = text.Span, text.Evidence, text.Provision
	value, err := text.Value.as(head.Kind)
	if err != nil {
		return Findings{e.says("value", "%s: %v", head.Name, err)}
	}
	e.value.Value = value
	d.parameters = append(d.parameters, e)
	return nil
}

// amount is the text of a number, kept as written so that no float touches it.
type amount string

func (a *amount) UnmarshalYAML(node *yaml.Node) error {
	*a = amount(node.Value)
	return nil
}

// as reads the amount as a value of a parameter of that kind.
func (a amount) as(kind string) (int64, error) {
	para, err := money.Parse(string(a))
	switch {
	case strings.HasPrefix(string(a), "-"):
		return 0, fmt.Errorf("the value %s is negative", a)
	case err != nil:
		return 0, fmt.Errorf("%q is not a number of dinars with at most two decimals (100000 or 100000.50)", string(a))
	case para == 0:
		return 0, fmt.Errorf("the value is zero; end it with \"to\" instead")
	case kind == "count" && para%100 != 0:
		return 0, fmt.Errorf("a count is a whole number, not %s", a)
	case kind == "count":
		return int64(para) / 100, nil
	}
	return int64(para), nil
}

func (d *draft) takeRule(doc document) Findings {
	found := add(doc, doc.root, &d.rules)
	e := &d.rules[len(d.rules)-1]
	rule := &e.value
	rule.At = e.at()
	for i := range rule.Conditions {
		rule.Conditions[i].At = e.valueAt("conditions", i, "when")
	}
	for i := range rule.Plan {
		rule.Plan[i].At = e.valueAt("plan", i, "when")
	}
	for i := range rule.Tests {
		rule.Tests[i].At = e.valueAt("tests", i, "name")
		found = append(found, e.amounts(i, &rule.Tests[i])...)
	}
	return found
}

// valueAt is where the value of a key of one list item begins.
func (e entry[T]) valueAt(list string, i int, key string) Position {
	node, _ := lookup(e.node, list, fmt.Sprint(i), key)
	return Position{File: e.file, Line: node.Line, Column: node.Column}
}

// amounts reads the amounts that a test expects.
func (e entry[T]) amounts(i int, test *RuleTest) Findings {
	var found Findings
	for key, into := range map[string]*money.Para{"once": &test.Once, "monthly": &test.Monthly, "total": &test.Total} {
		item, _ := lookup(e.node, "tests", fmt.Sprint(i))
		_, node := child(item, key)
		if node == nil {
			continue
		}
		para, err := money.Parse(node.Value)
		if err != nil {
			found = append(found, Finding{Position{e.file, node.Line, node.Column}, fmt.Sprintf("%q is not an amount", node.Value)})
		}
		*into = para
	}
	return found
}
