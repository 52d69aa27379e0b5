package contracts

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/registry"
)

// Terms are the fields of the terms of a contract that are asked for as they
// stand, with the bounds in which they are taken.
func Terms() []act.Field[registry.Contract] {
	return []act.Field[registry.Contract]{
		act.OfCount("quota", func(c *registry.Contract) *int { return &c.Quota }, act.Optional(), act.Says("contract.often-day")),
		act.OfCount("rate", func(c *registry.Contract) *int { return &c.Rate }, act.Optional(), act.Says("contract.often-second")),
		act.OfDay("from", func(c *registry.Contract) *civil.Day { return &c.From }, act.Says("contract.long-from")),
		act.OfDay("until", func(c *registry.Contract) *civil.Day { return &c.To }, act.Optional(), act.Says("contract.long-to")),
		act.OfCount("retention", func(c *registry.Contract) *int { return &c.Retention }, act.Says("contract.long-keep")),
		act.OfSeveral("events", func(c *registry.Contract) *[]string { return &c.Events }, act.Optional(), act.Says("contract.events-label")),
		act.OfCode("area", func(c *registry.Contract) *string { return &c.Area }, act.Optional(), act.Most(100), act.Says("contract.events-area")),
	}
}
