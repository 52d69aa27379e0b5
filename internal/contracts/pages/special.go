package pages

import (
	"html/template"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// Most contracts need none of what is asked here, so no way through the form
// passes it: the check shows how it stands, and leads here to change it.

const megabyte = 1 << 20

func (v *visit) askSize(f *form) portal.Question {
	return portal.Question{Title: v.Say("contract.size"), Lead: []string{v.Say("contract.size-lead")}, Fields: []portal.Field{
		{Name: "limit", Kind: "text", Label: v.Say("contract.size-limit"), Hint: v.Say("contract.size-limit-hint", "n", registry.DefaultLimit/megabyte), Value: v.Again("limit", positive(int(f.Contract.Limit/megabyte))), Mode: "numeric", Complete: "off", Most: 14, Optional: true},
		{Name: "headers", Kind: "words", Label: v.Say("contract.size-headers"), Hint: v.Say("contract.size-headers-hint"), Value: v.Again("headers", strings.Join(f.Contract.Headers, "\n")), Most: 4000, Optional: true, Code: true},
	}}
}

func (v *visit) readSize(f *form) error {
	n, ok := countTyped(v.Typed("limit"))
	if !ok {
		return portal.Incomplete("limit", "count-malformed")
	}
	f.Contract.Limit, f.Contract.Headers = int64(n)*megabyte, portal.Lines(v.Typed("headers"))
	return nil
}

func (v *visit) askDelay(f *form) portal.Question {
	list := v.provisionField("delay-provision", f.Contract.Delay.Provision)
	list.Hint, list.Optional = v.Say("contract.delay-provision-hint"), true
	return portal.Question{Title: v.Say("contract.delay-title"), Lead: []string{v.Say("contract.delay-lead")}, Fields: []portal.Field{
		{Name: "delay", Kind: "text", Label: v.Say("contract.delay-days"), Hint: v.Say("contract.delay-days-hint"), Value: v.Again("delay", positive(f.Contract.Delay.Days)), Mode: "numeric", Complete: "off", Most: 6, Optional: true},
		list,
	}}
}

func (v *visit) readDelay(f *form) error {
	days, ok := countTyped(v.Typed("delay"))
	if !ok || days > registry.MaxDelay {
		return portal.Incomplete("delay", "count-malformed")
	}
	provision := law.Ref(v.Typed("delay-provision"))
	if days > 0 && provision == "" {
		return portal.Incomplete("delay-provision", "choice-missing")
	}
	f.Contract.Delay = registry.Delay{}
	if days > 0 {
		f.Contract.Delay = registry.Delay{Days: days, Provision: provision}
	}
	return nil
}

// provisionField offers the provisions that are in force today.
func (v *visit) provisionField(name string, chosen law.Ref) portal.Field {
	list := portal.Field{Name: name, Kind: "list", Label: v.Say("contract.provision-label"), Options: []portal.Option{{Value: "", Label: v.Say("form.choose"), Chosen: chosen == ""}}}
	if v.Pack == nil {
		return list
	}
	for _, p := range v.Pack.Provisions() {
		if v.Pack.InForce(p.Ref, civil.Of(v.Now())) == nil {
			list.Options = append(list.Options, portal.Option{Value: string(p.Ref), Label: p.Cite(v.Tag) + " · " + v.Plain(p.Title), Chosen: p.Ref == chosen})
		}
	}
	return list
}

// specialRows show what most contracts leave as it is.
func (v *visit) specialRows(c registry.Contract) []portal.Fact {
	return []portal.Fact{
		{ID: "events", Label: v.Say("contract.row-events"), Value: v.eventsRow(c), Change: "events"},
		{ID: "size", Label: v.Say("contract.row-size"), Value: v.sizeRow(c), Change: "size"},
		{ID: "delay", Label: v.Say("contract.row-delay"), Value: portal.Escaped(v.delayRow(c)), Change: "delay"},
	}
}

func (v *visit) eventsRow(c registry.Contract) template.HTML {
	if len(c.Events) == 0 {
		return portal.Escaped(v.Say("contract.no-events"))
	}
	types := v.Code(strings.Join(c.Events, ", "))
	if c.Area == "" {
		return types
	}
	return types + `<br>` + portal.Escaped(v.Say("contract.events-area")) + ` ` + v.Code(c.Area)
}

func (v *visit) sizeRow(c registry.Contract) template.HTML {
	limit := c.Limit
	if limit == 0 {
		limit = registry.DefaultLimit
	}
	says := portal.Escaped(v.Say("contract.limit", "n", (limit+megabyte-1)/megabyte))
	if len(c.Headers) == 0 {
		return says
	}
	return says + `<br>` + portal.Escaped(v.Say("contract.size-headers")) + ` ` + v.Code(strings.Join(c.Headers, ", "))
}

func (v *visit) delayRow(c registry.Contract) string {
	if c.Delay.Days == 0 {
		return v.Say("contract.no-delay")
	}
	return v.Say("contract.delay", "n", c.Delay.Days, "cite", lawpages.Cite(v.Visit, v.Pack, c.Delay.Provision))
}
