package law

import (
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Pack is the law of one country, or of one part of it, as data.
type Pack struct {
	ID      string    // for example "serbia"
	Version string    // of the pack, chosen by its authors
	Country string    // ISO 3166-1 alpha-2
	Title   lang.Text // for people
	Digest  string    // "sha256:" and hex over the names and bytes of all files

	instruments []Instrument
	provisions  map[Ref]Provision
	purposes    []Purpose
	events      []LifeEvent
	parameters  map[string][]Parameter // by name, ordered by From
	bodies      []Body
	places      []Place
	terms       map[string][]Term     // by id, ordered by From
	countings   map[string][]Counting // by id, ordered by From
	calendars   map[string]*Calendar
	services    []PublicService
	rules       map[string][]Rule // by id, ordered by From
	contracts   []ContractTemplate
	forms       []Form
	cases       []CaseKind
}

// Span is the time an entry is in force: the days From through To. A zero To
// means until further notice.
type Span struct {
	From civil.Day `yaml:"from" json:"from"`
	To   civil.Day `yaml:"to" json:"to,omitzero"`
}

// Holds reports whether the entry is in force on day.
func (s Span) Holds(day civil.Day) bool {
	return !day.Before(s.From) && (s.To.IsZero() || !day.After(s.To))
}

// Evidence says what a legal value rests on.
type Evidence struct {
	Source   string `yaml:"source" json:"source"`
	Verified bool   `yaml:"verified" json:"verified"` // read in the text of the law or of a legal publisher
}

// Instruments lists the laws and decisions of the pack in the order of its files.
func (p *Pack) Instruments() []Instrument { return slices.Clone(p.instruments) }

// Provisions lists every provision, ordered by reference.
func (p *Pack) Provisions() []Provision { return ordered(p.provisions) }

// Provision finds a provision by its reference.
func (p *Pack) Provision(ref Ref) (Provision, bool) {
	pr, ok := p.provisions[ref]
	return pr, ok
}

// Purposes lists what personal data may be asked for.
func (p *Pack) Purposes() []Purpose { return slices.Clone(p.purposes) }

// Purpose finds a purpose by its id.
func (p *Pack) Purpose(id string) (Purpose, bool) {
	return find(p.purposes, func(x Purpose) bool { return x.ID == id })
}

// LifeEvents lists what happens in people's lives, in the order of a life.
func (p *Pack) LifeEvents() []LifeEvent { return slices.Clone(p.events) }

// LifeEvent finds a life event by its id.
func (p *Pack) LifeEvent(id string) (LifeEvent, bool) {
	return find(p.events, func(x LifeEvent) bool { return x.ID == id })
}

// Bodies lists the institutions the pack knows.
func (p *Pack) Bodies() []Body { return slices.Clone(p.bodies) }

// Body finds an institution by its id.
func (p *Pack) Body(id string) (Body, bool) {
	return find(p.bodies, func(x Body) bool { return x.ID == id })
}

// Places lists municipalities and their settlements.
func (p *Pack) Places() []Place { return slices.Clone(p.places) }

// Place finds a municipality or settlement by its code.
func (p *Pack) Place(code string) (Place, bool) {
	return find(p.places, func(x Place) bool { return x.Code == code })
}

// Services lists the public services, also those not yet or no longer offered.
func (p *Pack) Services() []PublicService { return slices.Clone(p.services) }

// Service finds a public service by its id.
func (p *Pack) Service(id string) (PublicService, bool) {
	return find(p.services, func(x PublicService) bool { return x.ID == id })
}

// Contracts lists the templates of the contracts that the services need.
func (p *Pack) Contracts() []ContractTemplate { return slices.Clone(p.contracts) }

// Parameter gives the value of a parameter on a day.
func (p *Pack) Parameter(name string, day civil.Day) (Parameter, bool) {
	return find(p.parameters[name], func(x Parameter) bool { return x.Holds(day) })
}

// Values lists all dated values of a parameter, earliest first.
func (p *Pack) Values(name string) []Parameter { return slices.Clone(p.parameters[name]) }

// Parameters lists the names of all parameters in order.
func (p *Pack) Parameters() []string { return keys(p.parameters) }

// Rule gives the version of a rule that is in force on a day.
func (p *Pack) Rule(id string, day civil.Day) (Rule, bool) {
	return find(p.rules[id], func(x Rule) bool { return x.Holds(day) })
}

// Rules lists every version of every rule, ordered by id and first day.
func (p *Pack) Rules() []Rule {
	var all []Rule
	for _, id := range keys(p.rules) {
		all = append(all, p.rules[id]...)
	}
	return all
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}
