package law

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/money"
)

// Instrument is a law, a decree or a decision of a city.
type Instrument struct {
	ID       string    `yaml:"id"`      // first part of every reference to it
	Title    lang.Text `yaml:"title"`   // "Закон о финансијској подршци породици са децом"
	Cited    lang.Text `yaml:"cited"`   // after "чл. 22": "Закона о финансијској подршци породици са децом"
	Gazette  string    `yaml:"gazette"` // where it was published, with its amendments
	Span     `yaml:",inline"`
	Evidence `yaml:",inline"`
}

// Purpose is what personal data may be asked for (ZZPL art. 5).
type Purpose struct {
	ID        string    `yaml:"id"`
	Title     lang.Text `yaml:"title"` // said to the person in "who looked at my data"
	Provision Ref       `yaml:"provision"`
	Span      `yaml:",inline"`
}

// LifeEvent is something that happens in people's lives and brings them to
// institutions. Data services are browsed by it.
type LifeEvent struct {
	ID    string    `yaml:"id"` // tag of a data service, for example "birth"
	Title lang.Text `yaml:"title"`
	Span  `yaml:",inline"`
}

// Body is an institution: a member of the exchange with its subsystems.
type Body struct {
	ID         string    `yaml:"id"`      // member, for example "RS-DEMO/GOV/ZRENJANIN"
	Title      lang.Text `yaml:"title"`   //
	Area       string    `yaml:"area"`    // code of the place it serves; empty for the whole country
	Subsystems []string  `yaml:"systems"` // names of its subsystems
	Span       `yaml:",inline"`
	Evidence   `yaml:",inline"`
}

// Place is a municipality or one of its settlements.
type Place struct {
	Code     string    `yaml:"code"`
	Name     lang.Text `yaml:"name"`
	Kind     string    `yaml:"kind"`     // "municipality" or "settlement"
	Within   string    `yaml:"within"`   // code of the municipality; empty for a municipality
	Official bool      `yaml:"official"` // the code is that of the statistical office; false for our own
	Span     `yaml:",inline"`
	Evidence `yaml:",inline"`
}

// Parameter is one dated value that a law sets.
type Parameter struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`  // "money": Value is in para; "count": Value is a number
	Title     lang.Text `json:"title"` // for people
	Value     int64     `json:"value"` // always positive
	Span                // days on which the value holds
	Provision Ref       `json:"provision"`
	Evidence
}

// Money is the value of a parameter of kind money.
func (p Parameter) Money() money.Para { return money.Para(p.Value) }

// PublicService is what a body offers to people, and what starts it.
type PublicService struct {
	ID        string      `yaml:"id"`
	Title     lang.Text   `yaml:"title"`
	Summary   lang.Text   `yaml:"summary"`
	Body      string      `yaml:"body"`      // who decides
	Subsystem string      `yaml:"subsystem"` // of the body: the asker named on every question
	Event     string      `yaml:"event"`     // bus type that starts it, for example "rs.births.registered"
	Life      []string    `yaml:"life"`      // life events to which it belongs, for whoever looks for it; may be empty
	Area      string      `yaml:"area"`      // offered for events of this municipality only; empty for all
	Rule      string      `yaml:"rule"`
	Provision Ref         `yaml:"provision"` // on which the right rests
	Purpose   string      `yaml:"purpose"`   // of every question it asks
	Sector    string      `yaml:"sector"`    // in which persons are named
	Automatic bool        `yaml:"automatic"` // a favourable outcome needs no officer
	Offer     string      `yaml:"offer"`     // term after whose end an offer lapses
	Decide    string      `yaml:"decide"`    // term within which a person decides
	Appeal    string      `yaml:"appeal"`    // term for an appeal against the decision
	Pay       string      `yaml:"pay"`       // term from the decision to the next instalment; its calendar is that of the banks
	Refusal   lang.Text   `yaml:"refusal"`   // said to the parent when an officer must look at a "no"
	Waiting   lang.Text   `yaml:"waiting"`   // said while a fact is missing
	Notice    lang.Text   `yaml:"notice"`    // the right to see who looked
	Affirms   []Statement `yaml:"affirms"`   // what the person states by accepting
	Span      `yaml:",inline"`
}

// Statement is a condition that no register answers: the person states it with
// the tap, in their own words before the law.
type Statement struct {
	ID        string    `yaml:"id" json:"id"`
	Provision Ref       `yaml:"provision" json:"provision"`
	Says      lang.Text `yaml:"says" json:"says"`
	When      string    `yaml:"when" json:"-"` // in the words of the rule of the service; empty for whoever accepts
}

// ContractTemplate is the right to ask one data service that a public service
// needs: nothing outside Methods, Paths and Fields is answered.
type ContractTemplate struct {
	ID       string   `yaml:"id"`
	Consumer string   `yaml:"consumer"` // member/subsystem, for example "RS-DEMO/GOV/ZRENJANIN/family"
	Provider string   `yaml:"provider"` // member/subsystem
	Service  string   `yaml:"service"`  // data service of the provider, for example "births"
	Methods  []string `yaml:"methods"`
	Paths    []string `yaml:"paths"`    // patterns; "{person}" stands for the pseudonym of the person asked about, "{…}" for one segment
	Fields   []string `yaml:"fields"`   // JSON pointers that may leave
	Subjects []string `yaml:"subjects"` // where the persons stand: JSON pointers of the answer, or "path:person"
	// Parameters are the names of the query that may be asked.
	Parameters []string  `yaml:"parameters"`
	Purpose    string    `yaml:"purpose"`
	Provision  Ref       `yaml:"provision"`
	Sector     string    `yaml:"sector"`
	Quota      int       `yaml:"quota"`     // questions a day
	Retention  int       `yaml:"retention"` // days the consumer may keep the answer
	Events     []string  `yaml:"events"`    // types of events of the provider that the consumer may follow
	Area       string    `yaml:"area"`      // events of this municipality only; empty for all
	Reason     lang.Text `yaml:"reason"`    // why an office asks, for a contract that serves no rule
	Span       `yaml:",inline"`
}
