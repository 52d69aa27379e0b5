package web

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/receipts"
)

const answerMax = 1000 // characters

type messagesView struct {
	Asked  []receipts.Asked
	Silent []lang.Text // bodies that did not answer
}

func (p *portal) messages(v *visit) error {
	asked, silent, err := p.Messages.Asked(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return v.show("messages", v.say("messages.title"), messagesView{asked, silent})
}

func (p *portal) answeringRoutes() {
	p.signedIn("GET /desk/messages", func(v *visit) error {
		list, err := p.Answering.Questions(v.r.Context(), v.actor, v.after())
		if err != nil {
			return err
		}
		return v.show("desk-messages", v.say("questions.title"), list)
	})
	p.signedIn("GET /desk/messages/{id}/answer", func(v *visit) error { return v.ask(v.answerQuestion("")) })
	p.signedIn("POST /desk/messages/{id}/answer", p.answer)
}

func (v *visit) answerQuestion(typed string) question {
	return question{
		Title: v.say("answer.title"), Lead: []string{v.say("answer.lead")}, Action: "/desk/messages/" + v.r.PathValue("id") + "/answer",
		Fields: []field{{Name: "answer", Kind: "words", Label: v.say("answer.label"), Hint: v.say("answer.hint"), Value: typed, Most: answerMax}},
		Button: v.say("answer.button"), Links: []link{{URL: "/desk/messages", Text: v.say("answer.back")}},
	}
}

func (p *portal) answer(v *visit) error {
	v.here = "/desk/messages"
	words, err := v.words("answer", answerMax)
	if err == nil {
		err = p.Answering.Answer(v.r.Context(), v.actor, v.r.PathValue("id"), words)
	}
	if q := v.answerQuestion(words); q.refuse(v, err) {
		return v.ask(q)
	}
	if err != nil {
		return err
	}
	return v.to("/desk/messages")
}
