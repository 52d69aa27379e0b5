package contracts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Terms are what a contract says, as fields: the form of several steps, the
// interface for programs and the command line ask for the same ones and refuse the
// same.
type Terms struct {
	Choices Choices
	Pack    *law.Pack // purposes and provisions; nil where there are none to choose from
	Now     clock.Now

	// About is the contract so far, from which follows what is offered; nil where
	// all is given at once. Words narrow the services that are offered.
	About *registry.Contract
	Words string
	// Whole asks for all at once: what follows from something else may stay away.
	Whole bool
}

// Choices is what a contract can be about; [Room] is one.
type Choices interface {
	Services(words string, limit int) (found []Choice, more bool)
	Known(id registry.ID) bool
	Askers() (systems []registry.ID, groups []registry.Group)
	Operations(ctx context.Context, service registry.ID) ([]Operation, bool)
}

const (
	// ChoicesMost are the services that are offered at once.
	ChoicesMost = 20
	// Megabyte is the unit of the size of a body.
	Megabyte = 1 << 20
	// limitMost is the largest size that can be asked for, in megabytes.
	limitMost = 1 << 20
)

// Begun is a contract of which nothing was asked yet.
func Begun(today civil.Day) registry.Contract {
	return registry.Contract{From: today, Methods: []string{"GET"}, Retention: 30}
}

// Fields are all of them, in the order in which they are asked for.
func (t Terms) Fields() []act.Field[registry.Contract] {
	type contract = registry.Contract
	return slices.Concat(t.sides(), t.reason(), t.questions(), t.concerned(), []act.Field[contract]{
		act.OfCount("quota", func(c *contract) *int { return &c.Quota }, act.Optional(), act.Says("contract.often-day")),
		act.OfCount("rate", func(c *contract) *int { return &c.Rate }, act.Optional(), act.Says("contract.often-second")),
		act.OfDay("from", func(c *contract) *civil.Day { return &c.From }, act.Says("contract.long-from"), t.whole()),
		act.OfDay("until", func(c *contract) *civil.Day { return &c.To }, act.Optional(), act.Says("contract.long-to")),
		act.OfCount("retention", func(c *contract) *int { return &c.Retention }, act.Says("contract.long-keep")),
		act.OfSeveral("events", func(c *contract) *[]string { return &c.Events }, act.Optional(), act.Coded(), act.Says("contract.events-label")),
		act.OfCode("area", func(c *contract) *string { return &c.Area }, act.Optional(), act.Most(100), act.Says("contract.events-area")),
		act.OfOwn("limit", act.Count, func(_ context.Context, c *contract, values []string) error {
			c.Limit = int64(number(values)) * Megabyte
			return nil
		}, func(c *contract) []string { return positive(int(c.Limit / Megabyte)) }, act.Optional(), act.Most(limitMost), act.Says("contract.size-limit")),
		t.list("headers", func(c *contract) *[]string { return &c.Headers }, act.Optional(), act.Says("contract.size-headers")),
		t.carried("parameters", "contract.parameters", func(c *contract) *[]string { return &c.Parameters }),
		t.carried("passes", "contract.passes", func(c *contract) *[]string { return &c.Passes }),
	}, t.delay())
}

// whole lets a field stay away where all is asked for at once.
func (t Terms) whole() act.Bound {
	if t.Whole {
		return act.Optional()
	}
	return func(*act.Asked) {}
}

// sides are the service that is asked, and who asks.
func (t Terms) sides() []act.Field[registry.Contract] {
	return []act.Field[registry.Contract]{
		act.OfOwn("service", act.Choice, func(_ context.Context, c *registry.Contract, values []string) error {
			id, err := registry.ParseID(one(values))
			if err != nil || id.Service == "" || !t.Choices.Known(id) {
				return act.Fault("provider-unknown", "service", one(values))
			}
			if c.Provider.With(c.Service) != id { // what was chosen of another service is not of this one
				c.Paths, c.Fields, c.Subjects = nil, nil, nil
			}
			c.Provider, c.Service = id.System(), id.Service
			return nil
		}, func(c *registry.Contract) []string {
			if c.Service == "" {
				return nil
			}
			return []string{c.Provider.With(c.Service).String()}
		}, act.Wrong("provider-unknown"), act.Most(400), act.Says("contract.service-label"), act.From(func(context.Context) (options []act.Option) {
			found, _ := t.Choices.Services(t.Words, ChoicesMost)
			for _, s := range found {
				options = append(options, act.Option{Value: s.ID.String(), Says: joined(s.Title, " — ", s.Body, "")})
			}
			return options
		})),
		act.OfOwn("consumer", act.Choice, func(_ context.Context, c *registry.Contract, values []string) error {
			systems, groups := t.Choices.Askers()
			c.Consumer, c.Group = registry.ID{}, registry.ID{}
			for _, s := range systems {
				if s.String() == one(values) {
					c.Consumer = s
				}
			}
			for _, g := range groups {
				if groupPrefix+g.ID.String() == one(values) {
					c.Group = g.ID
				}
			}
			if asker, _ := c.Between(); asker == (registry.ID{}) {
				return act.Fault("asker-unknown", "client", one(values))
			}
			return nil
		}, func(c *registry.Contract) []string {
			switch asker, _ := c.Between(); {
			case c.Group != registry.ID{}:
				return []string{groupPrefix + asker.String()}
			case asker != registry.ID{}:
				return []string{asker.String()}
			}
			return nil
		}, act.Wrong("asker-unknown"), act.Most(400), act.Says("contract.asker-label"), act.From(func(context.Context) (options []act.Option) {
			systems, groups := t.Choices.Askers()
			for _, s := range systems {
				options = append(options, act.Option{Value: s.String(), Code: s.Subsystem})
			}
			for _, g := range groups {
				options = append(options, act.Option{Value: groupPrefix + g.ID.String(), Says: said().In("contract.group-of", lang.Values{"title": g.Title})})
			}
			return options
		})),
		act.OfOwn("delegates", act.Several, func(_ context.Context, c *registry.Contract, values []string) error {
			var faults []error
			c.Delegates = nil
			for _, value := range values {
				id, err := registry.ParseID(value)
				if err != nil || id.Subsystem == "" || id.Service != "" || !t.Choices.Known(id) {
					faults = append(faults, act.Fault("client-unknown", "client", value))
				}
				c.Delegates = append(c.Delegates, id)
			}
			return errors.Join(faults...)
		}, func(c *registry.Contract) (ids []string) {
			for _, id := range c.Delegates {
				ids = append(ids, id.String())
			}
			return ids
		}, act.Optional(), act.Coded(), act.Says("contract.delegates")),
	}
}

// groupPrefix tells a group from a subsystem of the same form.
const groupPrefix = "group "

// reason is what the data are for, and what allows it.
func (t Terms) reason() []act.Field[registry.Contract] {
	return []act.Field[registry.Contract]{
		act.OfOwn("purpose", act.Choice, func(_ context.Context, c *registry.Contract, values []string) error {
			purpose, ok := t.purpose(one(values))
			if !ok {
				return act.Fault("purpose-unknown", "purpose", one(values))
			}
			if purpose.ID != c.Purpose { // the one on which it rests is proposed
				c.Provision = purpose.Provision
			}
			c.Purpose = purpose.ID
			return nil
		}, func(c *registry.Contract) []string { return some(c.Purpose) }, act.Wrong("purpose-unknown"), act.Says("contract.purpose-label"), act.From(func(context.Context) (options []act.Option) {
			for _, p := range PurposesOn(t.Pack, civil.Of(t.Now())) {
				says := p.Title
				if provision, ok := t.Pack.Provision(p.Provision); ok {
					says = joined(says, " (", provision.Cited(), ")")
				}
				options = append(options, act.Option{Value: p.ID, Says: says})
			}
			return options
		})),
		t.provision("provision", t.whole(), act.Says("contract.provision-label"), func(c *registry.Contract, ref law.Ref) error {
			if ref != "" { // left open, it stays the one on which the purpose rests
				c.Provision = ref
			}
			return nil
		}, func(c *registry.Contract) law.Ref { return c.Provision }),
	}
}

func (t Terms) purpose(id string) (law.Purpose, bool) {
	if t.Pack == nil {
		return law.Purpose{}, false
	}
	purpose, ok := t.Pack.Purpose(id)
	return purpose, ok && purpose.Holds(civil.Of(t.Now()))
}

// provision is one that is in force; put is given "" where none was named.
func (t Terms) provision(name string, bound, says act.Bound, put func(c *registry.Contract, ref law.Ref) error, get func(c *registry.Contract) law.Ref) act.Field[registry.Contract] {
	return act.OfOwn(name, act.Choice, func(_ context.Context, c *registry.Contract, values []string) error {
		ref := law.Ref(one(values))
		if ref == "" {
			return put(c, "")
		}
		if t.Pack == nil {
			return act.Fault("provision-unknown", "provision", string(ref))
		}
		if err := t.Pack.InForce(ref, civil.Of(t.Now())); err != nil {
			why := problem.Of(err)
			var pairs []string
			for name, value := range why.Args {
				pairs = append(pairs, name, value)
			}
			return act.Fault(why.Code, pairs...)
		}
		return put(c, ref)
	}, func(c *registry.Contract) []string { return some(string(get(c))) }, act.Wrong("provision-unknown"), says, act.From(func(context.Context) (options []act.Option) {
		for _, p := range ProvisionsOn(t.Pack, civil.Of(t.Now())) {
			options = append(options, act.Option{Value: string(p.Ref), Says: joined(p.Cited(), " · ", p.Title, "")})
		}
		return options
	}), bound)
}

// delay is for how long the person does not see an exchange. Without days there is
// none.
func (t Terms) delay() []act.Field[registry.Contract] {
	return []act.Field[registry.Contract]{
		act.OfCount("delay", func(c *registry.Contract) *int { return &c.Delay.Days }, act.Optional(), act.Most(registry.MaxDelay), act.Says("contract.delay-days")),
		t.provision("delay_provision", act.Optional(), act.Says("contract.delay-provision"), func(c *registry.Contract, ref law.Ref) error {
			if c.Delay.Provision = ref; c.Delay.Days == 0 {
				c.Delay = registry.Delay{}
			} else if ref == "" {
				return act.Fault("choice-missing")
			}
			return nil
		}, func(c *registry.Contract) law.Ref { return c.Delay.Provision }),
	}
}

// carried is what a question may carry besides its path and body. Where all is asked
// for at once and nothing is said, it is what the description of the operations says.
func (t Terms) carried(name, says string, at func(c *registry.Contract) *[]string) act.Field[registry.Contract] {
	return act.OfOwn(name, act.Several, func(_ context.Context, c *registry.Contract, values []string) error {
		if len(values) > 0 || !t.Whole {
			*at(c) = values
		}
		return faults(*c, name, nil)
	}, func(c *registry.Contract) []string { return slices.Clone(*at(c)) }, act.Optional(), act.Coded(), act.Says(says))
}

// list is a list of terms that the registry knows how to judge.
func (t Terms) list(name string, at func(c *registry.Contract) *[]string, bounds ...act.Bound) act.Field[registry.Contract] {
	return act.OfOwn(name, act.Several, func(_ context.Context, c *registry.Contract, values []string) error {
		*at(c) = values
		return faults(*c, name, nil)
	}, func(c *registry.Contract) []string { return slices.Clone(*at(c)) }, append(bounds, act.Coded())...)
}

// faults says what is wrong with a list of terms, as far as its values are about it.
func faults(c registry.Contract, term string, about func(value string) bool) error {
	var all []error
	for _, f := range c.Faults() {
		if f.Term == term && (about == nil || f.Many || about(f.Value)) {
			all = append(all, act.Fault(faultCode(f), "value", f.Value))
		}
	}
	return errors.Join(all...)
}

// Complete says what the fields together leave open: beside that of each alone.
//
// Problem: form-incomplete with the fields.
func (t Terms) Complete(c registry.Contract, nobody bool) error {
	p := problem.New(problem.Invalid, "form-incomplete")
	if !nobody && len(c.Subjects) == 0 {
		p.At("subjects", "subjects-missing")
	}
	if !c.To.IsZero() && c.To.Before(c.From) {
		p.At("until", "period-backwards")
	}
	if len(p.Fields) == 0 {
		return nil
	}
	return p
}

// PurposesOn are those of a pack that hold on a day; nil has none.
func PurposesOn(pack *law.Pack, day civil.Day) (all []law.Purpose) {
	if pack == nil {
		return nil
	}
	return slices.DeleteFunc(pack.Purposes(), func(p law.Purpose) bool { return !p.Holds(day) })
}

// ProvisionsOn are those of a pack that are in force on a day; nil has none.
func ProvisionsOn(pack *law.Pack, day civil.Day) []law.Provision {
	if pack == nil {
		return nil
	}
	return slices.DeleteFunc(pack.Provisions(), func(p law.Provision) bool { return pack.InForce(p.Ref, day) != nil })
}

// joined puts two texts together in every language that one of them has.
func joined(a lang.Text, between string, b lang.Text, after string) lang.Text {
	text := lang.Text{}
	for language, says := range a {
		text[language] = says + between + b[language] + after
	}
	return text
}

func one(values []string) string { return strings.Join(values, "") }

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func number(values []string) int {
	n, _ := strconv.Atoi(one(values)) // its kind has read it
	return n
}

// positive writes a number, and nothing for none.
func positive(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{strconv.Itoa(n)}
}
