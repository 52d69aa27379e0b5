package web

import (
	"strconv"

	"dobosh/internal/kit/problem"
	"dobosh/internal/services"
)

const sourceMax = 500 // characters of a source or a reason

type referralsView struct {
	filter
	Referrals []services.Referral
}

func (p *portal) referralRoutes() {
	p.signedIn("GET /desk/referrals", p.referrals)
	p.signedIn("GET /desk/referrals/{id}", func(v *visit) error { return p.referral(v, nil) })
	if p.Settling == nil {
		return
	}
	p.signedIn("POST /desk/referrals/{id}", p.resolve)
	p.signedIn("GET /desk/referrals/{id}/dismiss", func(v *visit) error { return p.askDismiss(v, nil) })
	p.signedIn("POST /desk/referrals/{id}/dismiss", p.dismiss)
}

func (p *portal) referrals(v *visit) error {
	list, err := p.Referrals.Referrals(v.r.Context(), v.actor, v.after())
	if err != nil {
		return err
	}
	return v.show("desk-referrals", v.say("nav.referrals"), referralsView{filter{Next: v.more(list.Next)}, list.Items})
}

// referral asks for the missing facts, each with where it comes from; after a
// refused answer it shows what was typed and what is wrong.
func (p *portal) referral(v *visit, refused error) error {
	ref, err := p.Referrals.Referral(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	path := "/desk/referrals/" + ref.ID
	q := question{
		Title: v.plain(ref.Title), Lead: []string{v.say("referral.why." + string(ref.Why))},
		Facts: []fact{
			{Label: v.say("referral.about"), Value: v.text(ref.About)},
			{Label: v.say("referral.since"), Value: v.name(v.dayOf(ref.Since))},
			{Label: v.say("referral.until"), Value: v.text(v.untilBy(ref))},
		},
		Reasons: reasonsOf(ref.Reasons),
		Action:  path, Hidden: []hidden{{"version", strconv.Itoa(ref.Version)}},
		Button: v.say("referral.button"),
		Links:  []link{{URL: path + "/dismiss", Text: v.say("referral.dismiss")}, {URL: "/desk/referrals", Text: v.say("referral.back")}},
	}
	for _, m := range ref.Missing {
		q.Fields = append(q.Fields, v.missingField(m))
	}
	q.Fields = append(q.Fields, field{
		Name: "source", Kind: "text", Label: v.say("referral.source"), Hint: v.say("referral.source-hint"), Value: v.typed("source"), Most: sourceMax,
	})
	if !ref.Open || p.Settling == nil {
		q.Action, q.Fields, q.Links = "", nil, q.Links[1:]
	}
	if refused != nil && !q.refuse(v, refused) {
		return refused
	}
	return v.ask(q)
}

// missingField makes the input that fits the type of a fact.
func (v *visit) missingField(m services.MissingFact) field {
	name := m.Fact
	f := field{Name: name, Kind: "text", Label: upperFirst(v.plain(m.Label)), Hint: v.say("referral.register", "register", v.plain(m.Register)), Value: v.typed(name), Most: 64}
	switch m.Type {
	case "bool":
		f.Kind = "choice"
		f.Options = []option{{"true", v.say("word.yes"), f.Value == "true"}, {"false", v.say("word.no"), f.Value == "false"}}
	case "int":
		f.Mode = "numeric"
	case "date":
		f.Hint = v.say("form.day-hint") + " " + f.Hint
	}
	return f
}

func (p *portal) resolve(v *visit) error {
	v.here = "/desk/referrals/" + v.r.PathValue("id")
	version, err := v.version()
	if err != nil {
		return err
	}
	ref, err := p.Referrals.Referral(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	facts, err := v.facts(ref.Missing)
	if err == nil {
		err = p.Settling.Resolve(v.r.Context(), v.actor, ref.ID, version, facts, v.typed("source"))
	}
	if err != nil {
		return p.referral(v, err)
	}
	return v.to("/desk/referrals")
}

// facts reads what the officer found out, and says all that is wrong at once.
func (v *visit) facts(missing []services.MissingFact) (map[string]string, error) {
	facts := map[string]string{}
	wrong := problem.New(problem.Invalid, "form-incomplete")
	for _, m := range missing {
		name := m.Fact
		value, code := readFact(m.Type, v.typed(name))
		if code != "" {
			wrong.At(name, code)
		}
		facts[m.Fact] = value
	}
	if _, err := v.words("source", sourceMax); err != nil {
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
		day, ok := parseDay(typed)
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

func (p *portal) askDismiss(v *visit, refused error) error {
	ref, err := p.Referrals.Referral(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	path := "/desk/referrals/" + ref.ID
	q := question{
		Title: v.say("dismiss.title"), Lead: []string{v.say("dismiss.lead", "title", v.plain(ref.Title))},
		Action: path + "/dismiss", Hidden: []hidden{{"version", strconv.Itoa(ref.Version)}},
		Fields: []field{{Name: "reason", Kind: "words", Label: v.say("dismiss.label"), Hint: v.say("dismiss.hint"), Value: v.typed("reason"), Most: sourceMax}},
		Button: v.say("dismiss.button"), Links: []link{{URL: path, Text: v.say("dismiss.back")}},
	}
	if refused != nil && !q.refuse(v, refused) {
		return refused
	}
	return v.ask(q)
}

func (p *portal) dismiss(v *visit) error {
	v.here = "/desk/referrals/" + v.r.PathValue("id")
	version, err := v.version()
	if err != nil {
		return err
	}
	reason, err := v.words("reason", sourceMax)
	if err == nil {
		err = p.Settling.Dismiss(v.r.Context(), v.actor, v.r.PathValue("id"), version, reason)
	}
	if err != nil {
		return p.askDismiss(v, err)
	}
	return v.to("/desk/referrals")
}
