package web

import (
	"html/template"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Most contracts need none of what is asked here, so no way through the form
// passes it: the check shows how it stands, and leads here to change it.

const megabyte = 1 << 20

func (v *visit) askEvents(f *contractForm) question {
	return question{Title: v.say("contract.events"), Lead: []string{v.say("contract.events-lead")}, Fields: []field{
		{Name: "events", Kind: "words", Label: v.say("contract.events-label"), Hint: v.say("contract.events-hint"), Value: v.again("events", strings.Join(f.Contract.Events, "\n")), Most: 4000, Optional: true, Code: true},
		{Name: "area", Kind: "text", Label: v.say("contract.events-area"), Hint: v.say("contract.events-area-hint"), Value: v.again("area", f.Contract.Area), Complete: "off", Most: 100, Optional: true, Code: true},
	}}
}

func (v *visit) readEvents(f *contractForm) error {
	f.Contract.Events, f.Contract.Area = lines(v.typed("events")), v.typed("area")
	return nil
}

func (v *visit) askSize(f *contractForm) question {
	return question{Title: v.say("contract.size"), Lead: []string{v.say("contract.size-lead")}, Fields: []field{
		{Name: "limit", Kind: "text", Label: v.say("contract.size-limit"), Hint: v.say("contract.size-limit-hint", "n", registry.DefaultLimit/megabyte), Value: v.again("limit", positive(int(f.Contract.Limit/megabyte))), Mode: "numeric", Complete: "off", Most: 14, Optional: true},
		{Name: "headers", Kind: "words", Label: v.say("contract.size-headers"), Hint: v.say("contract.size-headers-hint"), Value: v.again("headers", strings.Join(f.Contract.Headers, "\n")), Most: 4000, Optional: true, Code: true},
	}}
}

func (v *visit) readSize(f *contractForm) error {
	n, ok := countTyped(v.typed("limit"))
	if !ok {
		return incomplete("limit", "count-malformed")
	}
	f.Contract.Limit, f.Contract.Headers = int64(n)*megabyte, lines(v.typed("headers"))
	return nil
}

func (v *visit) askDelay(f *contractForm) question {
	list := v.provisionField("delay-provision", f.Contract.Delay.Provision)
	list.Hint, list.Optional = v.say("contract.delay-provision-hint"), true
	return question{Title: v.say("contract.delay-title"), Lead: []string{v.say("contract.delay-lead")}, Fields: []field{
		{Name: "delay", Kind: "text", Label: v.say("contract.delay-days"), Hint: v.say("contract.delay-days-hint"), Value: v.again("delay", positive(f.Contract.Delay.Days)), Mode: "numeric", Complete: "off", Most: 6, Optional: true},
		list,
	}}
}

func (v *visit) readDelay(f *contractForm) error {
	days, ok := countTyped(v.typed("delay"))
	if !ok || days > registry.MaxDelay {
		return incomplete("delay", "count-malformed")
	}
	provision := law.Ref(v.typed("delay-provision"))
	if days > 0 && provision == "" {
		return incomplete("delay-provision", "choice-missing")
	}
	f.Contract.Delay = registry.Delay{}
	if days > 0 {
		f.Contract.Delay = registry.Delay{Days: days, Provision: provision}
	}
	return nil
}

// provisionField offers the provisions that are in force today.
func (v *visit) provisionField(name string, chosen law.Ref) field {
	list := field{Name: name, Kind: "list", Label: v.say("contract.provision-label"), Options: []option{{"", v.say("form.choose"), chosen == ""}}}
	if v.Pack == nil {
		return list
	}
	for _, p := range v.Pack.Provisions() {
		if v.Pack.InForce(p.Ref, civil.Of(v.Now())) == nil {
			list.Options = append(list.Options, option{string(p.Ref), p.Cite(v.tag) + " · " + v.plain(p.Title), p.Ref == chosen})
		}
	}
	return list
}

// specialRows show what most contracts leave as it is.
func (v *visit) specialRows(c registry.Contract) []fact {
	return []fact{
		{ID: "events", Label: v.say("contract.row-events"), Value: v.eventsRow(c), Change: "events"},
		{ID: "size", Label: v.say("contract.row-size"), Value: v.sizeRow(c), Change: "size"},
		{ID: "delay", Label: v.say("contract.row-delay"), Value: escaped(v.delayRow(c)), Change: "delay"},
	}
}

func (v *visit) eventsRow(c registry.Contract) template.HTML {
	if len(c.Events) == 0 {
		return escaped(v.say("contract.no-events"))
	}
	types := v.coded(strings.Join(c.Events, ", "))
	if c.Area == "" {
		return types
	}
	return types + `<br>` + escaped(v.say("contract.events-area")) + ` ` + v.coded(c.Area)
}

func (v *visit) sizeRow(c registry.Contract) template.HTML {
	limit := c.Limit
	if limit == 0 {
		limit = registry.DefaultLimit
	}
	says := escaped(v.say("contract.limit", "n", (limit+megabyte-1)/megabyte))
	if len(c.Headers) == 0 {
		return says
	}
	return says + `<br>` + escaped(v.say("contract.size-headers")) + ` ` + v.coded(strings.Join(c.Headers, ", "))
}

func (v *visit) delayRow(c registry.Contract) string {
	if c.Delay.Days == 0 {
		return v.say("contract.no-delay")
	}
	return v.say("contract.delay", "n", c.Delay.Days, "cite", v.cite(c.Delay.Provision))
}
