package pages

import "dobosh/internal/portal"

const answerMax = 1000 // characters

// desk is where a body answers.
type desk struct{ Answering }

func (d desk) questions(v *portal.Visit) error {
	list, err := d.Questions(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("desk-messages", v.Say("questions.title"), list)
}

func answerQuestion(v *portal.Visit, typed string) portal.Question {
	return portal.Question{
		Title: v.Say("answer.title"), Lead: []string{v.Say("answer.lead")}, Action: "/desk/messages/" + v.R.PathValue("id") + "/answer",
		Fields: []portal.Field{{Name: "answer", Kind: "words", Label: v.Say("answer.label"), Hint: v.Say("answer.hint"), Value: typed, Most: answerMax}},
		Button: v.Say("answer.button"), Links: []portal.Link{{URL: "/desk/messages", Text: v.Say("answer.back")}},
	}
}

func (d desk) answer(v *portal.Visit) error {
	v.Here = "/desk/messages"
	words, err := v.Words("answer", answerMax)
	if err == nil {
		err = d.Answer(v.R.Context(), v.Actor, v.R.PathValue("id"), words)
	}
	if q := answerQuestion(v, words); q.Refuse(v, err) {
		return v.Ask(q)
	}
	if err != nil {
		return err
	}
	return v.To("/desk/messages")
}
