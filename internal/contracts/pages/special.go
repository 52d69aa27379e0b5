package pages

import (
	"html/template"
	"strings"

	"dobosh/internal/contracts"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// specialRows show what most contracts leave as it is.
func (v *visit) specialRows(c registry.Contract) []portal.Fact {
	return []portal.Fact{
		{ID: "events", Label: v.Say("contract.row-events"), Value: v.eventsRow(c), Change: "events"},
		{ID: "parameters", Label: v.Say("contract.row-carried"), Value: v.carriedRow(c), Change: "carried"},
		{ID: "size", Label: v.Say("contract.row-size"), Value: v.sizeRow(c), Change: "size"},
		{ID: "delay", Label: v.Say("contract.row-delay"), Value: portal.Escaped(v.delayRow(c)), Change: "delay"},
	}
}

func (v *visit) carriedRow(c registry.Contract) template.HTML {
	if len(c.Parameters)+len(c.Passes) == 0 {
		return portal.Escaped(v.Say("contract.carried-none"))
	}
	var parts []template.HTML
	if len(c.Parameters) > 0 {
		parts = append(parts, portal.Escaped(v.Say("contract.parameters"))+` `+v.Code(strings.Join(c.Parameters, ", ")))
	}
	if len(c.Passes) > 0 {
		parts = append(parts, portal.Escaped(v.Say("contract.passes"))+` `+v.Code(strings.Join(c.Passes, ", ")))
	}
	if len(parts) == 2 {
		return parts[0] + `<br>` + parts[1]
	}
	return parts[0]
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
	says := portal.Escaped(v.Say("contract.limit", "n", (limit+contracts.Megabyte-1)/contracts.Megabyte))
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
