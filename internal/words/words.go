// Package words gathers the sentences of all rooms for whoever says them: pages,
// interfaces and commands. Each room keeps its own.
package words

import (
	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/api"
	"dobosh/internal/backup"
	"dobosh/internal/cases"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/papers"
	"dobosh/internal/participation"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
	"dobosh/internal/rules"
	"dobosh/internal/search"
	"dobosh/internal/services"
	"dobosh/internal/work"
)

// Of are the sentences of all rooms, and of guests of the node.
func Of(guests ...lang.Words) (*lang.Catalogue, error) {
	return lang.Load(append([]lang.Words{
		portal.Words(), act.Words(), api.Words(), work.Words(), identity.Words(), law.Words(), journal.Words(), backup.Words(), registry.Words(), admission.Words(), contracts.Words(),
		catalogue.Words(), exchange.Words(), rules.Words(), notify.Words(), mailbox.Words(), papers.Words(), cases.Words(), search.Words(), services.Words(), receipts.Words(), participation.Words(),
	}, guests...)...)
}
