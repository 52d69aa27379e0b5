package pages

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

type messagesView struct {
	Asked  []receipts.Asked
	Silent []lang.Text // bodies that did not answer
}

func (p person) messages(v *portal.Visit) error {
	asked, silent, err := p.Asked(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.Show("messages", v.Say("messages.title"), messagesView{asked, silent})
}
