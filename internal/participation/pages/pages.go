// Package pages shows what people raise: to whoever raises something one page with what can be said, to everybody what is public,
// and on the page of a case what the voice adds to it, in the piece named "case." and the kind.
package pages

import (
	"context"
	"embed"
	"html/template"
	"net/url"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/participation"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Voices are what people raise; [participation.Room] has them.
type Voices interface {
	Kinds() []law.CaseKind
	Published(ctx context.Context, kind string, after page.Key) (page.Page[participation.Voice], error)
	See(ctx context.Context, by act.Actor, number string) (participation.Seen, error)
	Of(ctx context.Context, c cases.View) (participation.Of, bool, error)
	Satisfaction(ctx context.Context, kind string) (mean float64, count int64, ok bool, err error)

	Raising() ([]act.Act, error)
	Publishing() (act.Act, error)
	Hiding() (act.Act, error)
	Supporting() (act.Act, error)
	Rating() (act.Act, error)
	Reexamining() (act.Act, error)
}

type room struct {
	Voices
	pack *law.Pack
}

// New brings the pages.
func New(voices Voices, pack *law.Pack) (portal.Room, error) {
	r := &room{voices, pack}
	pages := []portal.Page{
		{Pattern: "GET /raise", Right: act.Anyone(), Do: r.raise},
		{Pattern: "GET /voices", Right: act.Anyone(), Do: r.list},
		{Pattern: "GET /voices/{number}", Right: act.Anyone(), Do: r.voice},
	}
	raising, err := voices.Raising()
	if err != nil {
		return portal.Room{}, err
	}
	pieces := map[string]portal.Piece{}
	for i, a := range raising {
		kind := voices.Kinds()[i]
		pieces["case."+kind.ID] = r.beside
		pages = append(pages, portal.ActPage{
			Act: a, Back: portal.Nav{Path: "/raise", Key: "voice.raise-back"}, Ask: r.asked(kind),
			Next: func(_ *portal.Visit, done any) string { number, _ := done.(string); return "/cases/" + number },
		}.Pages()...)
	}
	acts, err := act.All(voices.Publishing, voices.Hiding, voices.Supporting, voices.Rating, voices.Reexamining)
	if err != nil {
		return portal.Room{}, err
	}
	for _, p := range []portal.ActPage{
		{Act: acts[0], Back: portal.Nav{Path: "/desk/cases/{number}", Key: "voice.to-case"}},
		{Act: acts[1], Back: portal.Nav{Path: "/cases/{number}", Key: "voice.to-case"}},
		{Act: acts[2], Back: portal.Nav{Path: "/voices/{number}", Key: "voice.support-back"}},
		{Act: acts[3], Back: portal.Nav{Path: "/cases/{number}", Key: "voice.to-case"}},
		{Act: acts[4], Back: portal.Nav{Path: "/cases/{number}", Key: "voice.to-case"}},
	} {
		back := p.Back.Path
		p.Next = func(v *portal.Visit, done any) string {
			if number, is := done.(string); is { // of the case that was begun
				return "/cases/" + number
			}
			return back[:len(back)-len("{number}")] + v.R.PathValue("number")
		}
		pages = append(pages, p.Pages()...)
	}
	return portal.Room{
		Templates: templates, Pages: pages, Pieces: pieces,
		Nav:     []portal.Nav{{Path: "/raise", Key: "nav.raise", Order: 135, Whom: portal.Holds(identity.Resident), Aside: true}},
		Can:     []portal.Nav{{Path: "/raise", Key: "can.raise", Order: 105, Whom: portal.Holds(identity.Resident)}, {Path: "/voices", Key: "can.voices", Order: 290}},
		Footer:  []portal.Nav{{Path: "/voices", Key: "nav.voices", Order: 90}},
		Welcome: []portal.Part{func(v *portal.Visit) (template.HTML, error) { return v.Render("voices-welcome", nil) }},
	}, nil
}

// asked says the title and the lead of the form of a kind.
func (r *room) asked(kind law.CaseKind) func(v *portal.Visit, q *portal.Question) error {
	form, _ := r.pack.Form(kind.Raise)
	return func(v *portal.Visit, q *portal.Question) error {
		q.Title = v.Plain(form.Title)
		if lead := v.Plain(form.Lead); lead != "" {
			q.Lead = []string{lead}
		}
		return nil
	}
}

// choice is a kind that can be raised.
type choice struct {
	Path        string
	Title, Lead lang.Text
}

func (r *room) raise(v *portal.Visit) error {
	var choices []choice
	for _, kind := range r.Kinds() {
		form, _ := r.pack.Form(kind.Raise)
		choices = append(choices, choice{Path: "/raise/" + kind.ID, Title: form.Title, Lead: form.Lead})
	}
	return v.Show("raise", v.Say("raise.title"), choices)
}

// row is a public voice on the list.
type row struct {
	participation.Voice
	Kind  lang.Text
	Place lang.Text
}

type listView struct {
	Kinds        []portal.Link
	Rows         []row
	Next         string
	Satisfaction string
}

func (r *room) list(v *portal.Visit) error {
	wanted, _ := r.pack.CaseKind(v.R.URL.Query().Get("kind"))
	found, err := r.Published(v.R.Context(), wanted.ID, v.After())
	if err != nil {
		return err
	}
	view := listView{Next: v.More(found.Next), Kinds: []portal.Link{{URL: "/voices", Text: v.Say("voices.all"), Here: wanted.ID == ""}}}
	for _, kind := range r.Kinds() {
		view.Kinds = append(view.Kinds, portal.Link{URL: "/voices?kind=" + url.QueryEscape(kind.ID), Text: v.Plain(kind.Title), Here: kind.ID == wanted.ID})
	}
	for _, one := range found.Items {
		view.Rows = append(view.Rows, r.row(one))
	}
	if wanted.ID != "" {
		mean, count, ok, err := r.Satisfaction(v.R.Context(), wanted.ID)
		if err != nil {
			return err
		}
		if ok {
			view.Satisfaction = v.Say("voices.satisfaction", "mean", strconv.FormatFloat(mean, 'f', 1, 64), "n", strconv.FormatInt(count, 10))
		}
	}
	return v.Show("voices", v.Say("voices.title"), view)
}

func (r *room) row(voice participation.Voice) row {
	kind, _ := r.pack.CaseKind(voice.Kind)
	place, _ := r.pack.Place(voice.Place)
	return row{voice, kind.Title, place.Name}
}

type voiceView struct {
	participation.Seen
	Row  row
	Next *law.Threshold // that the supports have not reached; nil for none
	Open bool           // it can be supported
	When string         // it was received, and until when it is answered
}

func (r *room) voice(v *portal.Visit) error {
	seen, err := r.See(v.R.Context(), v.Actor, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	view := voiceView{Seen: seen, Row: r.row(seen.Voice), Open: seen.Outline.EndedAt.IsZero(), When: v.Say("voice.of", "day", v.Day(civil.Of(seen.Outline.OpenedAt)))}
	if last := seen.Outline.Running.Last; view.Open && !last.IsZero() {
		view.When += " · " + v.Say("voice.until", "day", v.Day(last))
	}
	kind, _ := r.pack.CaseKind(seen.Voice.Kind)
	if next, ok := participation.Next(kind, seen.Count); ok && view.Open {
		view.Next = &next
	}
	return v.Show("voice", v.Plain(view.Row.Kind), view) // the subject is in the script in which it was written
}

// beside is the piece of a case that is a voice: for whoever raised it whether it is public, and what they can say of the answer;
// for officers what may be published, and how the answer was rated.
func (r *room) beside(v *portal.Visit, about any) (template.HTML, error) {
	c, ok := about.(cases.View)
	if !ok || c.Guest {
		return "", nil
	}
	of, found, err := r.Of(v.R.Context(), c)
	if err != nil || !found {
		return "", err
	}
	if c.Own && !v.Actor.Bears(exchange.ReceiptSector, of.Person) {
		return "", nil // somebody is heard beside whoever raised it, who alone has it taken off and rates
	}
	return v.Render("case-voice", struct {
		participation.Of
		Own, Answered, Again bool
	}{of, c.Own, participation.Answered(c), c.Kind.Again != ""})
}
