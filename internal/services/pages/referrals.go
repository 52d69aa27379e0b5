package pages

import (
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

const sourceMax = 500 // characters of a source or a reason

// referral asks for the missing facts, each with where it comes from; after a
// refused answer it shows what was typed and what is wrong.
func (r *room) referral(v *portal.Visit, refused error) error {
	ref, err := r.Referral(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	reasons, err := v.Render("reasons", reasonsOf(ref.Reasons))
	if err != nil {
		return err
	}
	path := "/desk/referrals/" + ref.ID
	q := portal.Question{
		Title: v.Plain(ref.Title), Lead: []string{v.Say("referral.why." + string(ref.Why))},
		Facts: []portal.Fact{
			{Label: v.Say("referral.about"), Value: v.Text(ref.About)},
			{Label: v.Say("referral.since"), Value: v.Name(v.DayOf(ref.Since))},
			{Label: v.Say("referral.until"), Value: v.Text(untilBy(v, ref))},
		},
		Body:   reasons,
		Action: path, Hidden: []portal.Hidden{{Name: "version", Value: strconv.Itoa(ref.Version)}},
		Button: v.Say("referral.button"),
		Links:  []portal.Link{{URL: path + "/dismiss", Text: v.Say("referral.dismiss")}, {URL: "/desk/cases", Text: v.Say("referral.back")}},
	}
	for _, m := range ref.Missing {
		q.Fields = append(q.Fields, missingField(v, m))
	}
	q.Fields = append(q.Fields, portal.Field{
		Name: "source", Kind: "text", Label: v.Say("referral.source"), Hint: v.Say("referral.source-hint"), Value: v.Typed("source"), Most: sourceMax,
	})
	if !ref.Open {
		q.Action, q.Fields, q.Links = "", nil, q.Links[1:]
	}
	if refused != nil && !q.Refuse(v, refused) {
		return refused
	}
	return v.Ask(q)
}

// missingField makes the input that fits the type of a fact.
func missingField(v *portal.Visit, m services.MissingFact) portal.Field {
	name := m.Fact
	f := portal.Field{Name: name, Kind: "text", Label: upperFirst(v.Plain(m.Label)), Hint: v.Say("referral.register", "register", v.Plain(m.Register)), Value: v.Typed(name), Most: 64}
	switch m.Type {
	case "bool":
		f.Kind = "choice"
		f.Options = []portal.Option{{Value: "true", Label: v.Say("word.yes"), Chosen: f.Value == "true"}, {Value: "false", Label: v.Say("word.no"), Chosen: f.Value == "false"}}
	case "int":
		f.Mode = "numeric"
	case "date":
		f.Hint = v.Say("form.day-hint") + " " + f.Hint
	}
	return f
}

func (r *room) resolve(v *portal.Visit) error {
	v.Here = "/desk/referrals/" + v.R.PathValue("id")
	version, err := v.Version()
	if err != nil {
		return err
	}
	ref, err := r.Referral(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	number := ""
	facts, err := facts(v, ref.Missing)
	if err == nil {
		number, err = r.DraftResolve(v.R.Context(), v.Actor, ref.ID, version, facts, v.Typed("source"))
	}
	if err != nil {
		return r.referral(v, err)
	}
	return v.To(cases.NextPage + "?after=" + number)
}

// facts reads what the officer found out, and says all that is wrong at once.
func facts(v *portal.Visit, missing []services.MissingFact) (map[string]string, error) {
	facts := map[string]string{}
	wrong := problem.New(problem.Invalid, "form-incomplete")
	for _, m := range missing {
		name := m.Fact
		value, code := readFact(m.Type, v.Typed(name))
		if code != "" {
			wrong.At(name, code)
		}
		facts[m.Fact] = value
	}
	if _, err := v.Words("source", sourceMax); err != nil {
		wrong.Fields = append(wrong.Fields, problem.Of(err).Fields...)
	}
	if len(wrong.Fields) > 0 {
		return nil, wrong
	}
	return facts, nil
}

// readFact brings a typed fact into its form in data, or gives the code of
// what is wrong with it.
func readFact(kind, typed string) (value, code string) {
	switch {
	case typed == "":
		return "", "words-missing"
	case len(typed) > 256:
		return "", "fact-malformed"
	case kind == "date":
		day, ok := act.ParseDay(typed)
		if !ok {
			return "", "day-malformed"
		}
		return day.String(), ""
	case kind == "int":
		if n, err := strconv.Atoi(typed); err != nil || n < 0 {
			return "", "count-malformed"
		}
	case kind == "bool" && typed != "true" && typed != "false":
		return "", "fact-malformed"
	}
	return typed, ""
}

// dismissal is the page on which an officer says why nothing follows; what it asks
// is a form of the pack.
func (r *room) dismissal(dismiss act.Act) portal.ActPage {
	return portal.ActPage{
		Act: dismiss, Back: portal.Nav{Path: "/desk/referrals/{id}", Key: "referral.dismiss-back"},
		Next: func(_ *portal.Visit, done any) string {
			number, _ := done.(string)
			return cases.NextPage + "?after=" + number
		},
		Ask: func(v *portal.Visit, q *portal.Question) error {
			ref, err := r.Referral(v.R.Context(), v.Actor, v.R.PathValue("id"))
			q.Title, q.Lead = v.Say("referral.dismiss-title"), []string{v.Say("referral.dismiss-lead", "title", v.Plain(ref.Title))}
			return err
		},
	}
}
