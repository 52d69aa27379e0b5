package web

import (
	"embed"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/api"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/papers"
	core "dobosh/internal/portal"
	"dobosh/internal/receipts"
	"dobosh/internal/registry"
	"dobosh/internal/rules"
	"dobosh/internal/services"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of all rooms, and of guests of the node. Rooms that
// serve APIs say their problems with them.
func Words(guests ...lang.Words) (*lang.Catalogue, error) {
	return lang.Load(append([]lang.Words{
		core.Words(), act.Words(), api.Words(), identity.Words(), law.Words(), journal.Words(), registry.Words(), admission.Words(), contracts.Words(),
		catalogue.Words(), exchange.Words(), rules.Words(), notify.Words(), papers.Words(), services.Words(), receipts.Words(),
		{Room: "demo", Files: wordFiles},
	}, guests...)...)
}
