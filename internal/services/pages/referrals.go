package pages

import (
	"fmt"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/rules"
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
	known, err := v.Render("known-facts", knownOf(v, ref, path))
	if err != nil {
		return err
	}
	beside, err := r.Together(v.R.Context(), v.Actor, ref.ID)
	if err != nil {
		return err
	}
	q := portal.Question{
		Title: v.Plain(ref.Title), Lead: []string{v.Say("referral.why." + string(ref.Why))},
		Facts: []portal.Fact{
			{Label: v.Say("referral.about"), Value: v.Text(ref.About)},
			{Label: v.Say("referral.since"), Value: v.Name(v.DayOf(ref.Since))},
			{Label: v.Say("referral.until"), Value: v.Text(untilBy(v, ref))},
		},
		Body:   reasons + known,
		Action: path, Hidden: []portal.Hidden{{Name: "version", Value: strconv.Itoa(ref.Version)}},
		Button: v.Say("referral.button"),
		Links:  []portal.Link{{URL: path + "/dismiss", Text: v.Say("referral.dismiss")}, {URL: "/desk/cases", Text: v.Say("referral.back")}},
	}
	for _, m := range ref.Missing {
		q.Fields = append(q.Fields, missingField(v, m))
	}
	if len(ref.Missing) > 0 {
		q.Fields = append(q.Fields, portal.Field{
			Name: "source", Kind: "text", Label: v.Say("referral.source"), Hint: v.Say("referral.source-hint"), Value: v.Typed("source"), Most: sourceMax,
		})
	} else {
		q.Button = v.Say("referral.grant")
	}
	if len(beside) > 0 {
		q.Fields = append(q.Fields, together(v, beside))
	}
	switch {
	case !ref.Open:
		q.Action, q.Fields, q.Links = "", nil, q.Links[1:]
	case len(ref.Missing) == 0 && ref.Result != rules.Yes: // a fact is corrected first, or the case is ended
		q.Action, q.Fields = "", nil
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
	beside, err := r.Together(v.R.Context(), v.Actor, ref.ID)
	if err != nil {
		return err
	}
	for _, b := range beside {
		if !slices.Contains(v.R.PostForm["also"], b.Referral) {
			continue
		}
		if err := r.also(v, b, facts); err != nil {
			if problem.Of(err).Kind == problem.Internal {
				return err
			}
			return v.To("/desk/referrals/" + b.Referral) // what it still lacks stands there
		}
	}
	return v.To(cases.NextPage + "?after=" + number)
}

// also decides another matter of the same event by what was found out in this one.
func (r *room) also(v *portal.Visit, b services.Beside, found map[string]string) error {
	ref, err := r.Referral(v.R.Context(), v.Actor, b.Referral)
	if err != nil {
		return err
	}
	theirs := map[string]string{}
	for _, m := range ref.Missing {
		if value, ok := found[m.Fact]; ok {
			theirs[m.Fact] = value
		}
	}
	_, err = r.DraftResolve(v.R.Context(), v.Actor, ref.ID, ref.Version, theirs, v.Typed("source"))
	return err
}

// together offers to decide other matters of the same event with this one.
func together(v *portal.Visit, beside []services.Beside) portal.Field {
	f := portal.Field{Name: "also", Kind: "ticks", Label: v.Say("referral.also"), Hint: v.Say("referral.also-hint"), Optional: true}
	for _, b := range beside {
		f.Options = append(f.Options, portal.Option{Value: b.Referral, Label: v.Plain(b.Title), Chosen: v.R.Method != "POST" || slices.Contains(v.R.PostForm["also"], b.Referral)})
	}
	return f
}

// knownView is a fact of a matter with the way to correct it.
type knownView struct {
	services.KnownFact
	Says, Before string
	Correct      string // empty where nothing is corrected any more
}

func knownOf(v *portal.Visit, ref services.Referral, path string) (all []knownView) {
	for _, k := range ref.Known {
		shown := knownView{KnownFact: k, Says: factSays(v, k.Type, k.Value), Before: factSays(v, k.Type, k.Was)}
		if ref.Open {
			shown.Correct = path + "/correct/" + k.Fact
		}
		all = append(all, shown)
	}
	return all
}

// factSays is a value of a fact in words; nothing for none.
func factSays(v *portal.Visit, kind string, value any) string {
	switch typed := value.(type) {
	case nil:
		return ""
	case bool:
		if typed {
			return v.Say("word.yes")
		}
		return v.Say("word.no")
	case float64:
		return strconv.FormatFloat(typed, 'f', -1, 64)
	case string:
		if day, err := civil.Parse(typed); err == nil && kind == "date" {
			return v.Day(day)
		}
		return typed
	}
	return fmt.Sprint(value)
}

// correction is the page on which an officer corrects a fact; how its value is asked for says the type of the fact.
func (r *room) correction(correct act.Act) portal.ActPage {
	return portal.ActPage{
		Act: correct, Back: portal.Nav{Path: "/desk/referrals/{id}", Key: "referral.dismiss-back"},
		Next: func(v *portal.Visit, _ any) string { return "/desk/referrals/" + v.R.PathValue("id") },
		Ask: func(v *portal.Visit, q *portal.Question) error {
			ref, err := r.Referral(v.R.Context(), v.Actor, v.R.PathValue("id"))
			if err != nil {
				return err
			}
			i := slices.IndexFunc(ref.Known, func(k services.KnownFact) bool { return k.Fact == v.R.PathValue("fact") })
			if i < 0 || !ref.Open {
				return problem.New(problem.NotFound, "fact-unknown")
			}
			known := ref.Known[i]
			q.Title = v.Say("referral.correct-title", "label", v.Plain(known.Label))
			q.Lead = []string{v.Say("referral.correct-lead", "value", factSays(v, known.Type, known.Value))}
			for i := range q.Fields {
				if f := &q.Fields[i]; f.Name == "value" {
					shape := missingField(v, services.MissingFact{Fact: f.Name, Type: known.Type})
					f.Kind, f.Mode, f.Options = shape.Kind, shape.Mode, shape.Options
					if known.Type == "date" {
						f.Hint = v.Say("form.day-hint")
					}
				}
			}
			return nil
		},
	}
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
	if len(missing) == 0 {
		return facts, nil
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
