package web

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

const answerMax = 1000 // characters

type messagesView struct {
	Asked  []receipts.Asked
	Silent []lang.Text // bodies that did not answer
}

func (p *pages) messages(v *visit) error {
	asked, silent, err := p.Messages.Asked(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.Show("messages", v.Say("messages.title"), messagesView{asked, silent})
}

func (p *pages) answeringRoutes() {
	p.signedIn("GET /desk/messages", func(v *visit) error {
		list, err := p.Answering.Questions(v.R.Context(), v.Actor, v.After())
		if err != nil {
			return err
		}
		return v.Show("desk-messages", v.Say("questions.title"), list)
	})
	p.signedIn("GET /desk/messages/{id}/answer", func(v *visit) error { return v.Ask(v.answerQuestion("")) })
	p.signedIn("POST /desk/messages/{id}/answer", p.answer)
}

func (v *visit) answerQuestion(typed string) portal.Question {
	return portal.Question{
		Title: v.Say("answer.title"), Lead: []string{v.Say("answer.lead")}, Action: "/desk/messages/" + v.R.PathValue("id") + "/answer",
		Fields: []portal.Field{{Name: "answer", Kind: "words", Label: v.Say("answer.label"), Hint: v.Say("answer.hint"), Value: typed, Most: answerMax}},
		Button: v.Say("answer.button"), Links: []portal.Link{{URL: "/desk/messages", Text: v.Say("answer.back")}},
	}
}

func (p *pages) answer(v *visit) error {
	v.Here = "/desk/messages"
	words, err := v.Words("answer", answerMax)
	if err == nil {
		err = p.Answering.Answer(v.R.Context(), v.Actor, v.R.PathValue("id"), words)
	}
	if q := v.answerQuestion(words); q.Refuse(v.Visit, err) {
		return v.Ask(q)
	}
	if err != nil {
		return err
	}
	return v.To("/desk/messages")
}
