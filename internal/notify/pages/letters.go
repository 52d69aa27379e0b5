package pages

import (
	"html/template"
	"strings"

	"dobosh/internal/kit/page"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
)

// lettersPath is where people read what was sent to them.
const lettersPath = "/letters"

// How many letters stand on a page, and on a person's first page.
const (
	lettersMost = 10
	latestMost  = 2
)

// letters are what was sent to whoever is signed in.
type letters struct{ Notices }

// letterView is one of them as its person reads it.
type letterView struct {
	notify.Received
	Path  string        // where it leads; empty where that is not on this portal
	Paper template.HTML // ways to the document with whose delivery a term begins
	State string        // how far it has come, in words
}

type lettersView struct {
	Letters []letterView
	First   bool // of the pages
	Next    string
}

func (l letters) page(v *portal.Visit, after page.Key, size int) (views []letterView, next page.Key, err error) {
	found, err := l.Received(v.R.Context(), v.Actor, after, size)
	if err != nil {
		return nil, "", err
	}
	for _, one := range found.Items {
		view := letterView{Received: one, State: reach(v, one)}
		if path, own := strings.CutPrefix(one.Link, v.PublicURL); own && strings.HasPrefix(path, "/") {
			view.Path = path
		}
		if one.Serves != "" {
			if view.Paper, err = v.Piece("letter.paper", one.Serves); err != nil {
				return nil, "", err
			}
		}
		views = append(views, view)
	}
	return views, found.Next, nil
}

func (l letters) all(v *portal.Visit) error {
	found, next, err := l.page(v, v.After(), lettersMost)
	if err != nil {
		return err
	}
	return v.Show("letters", v.Say("letters.title"), lettersView{found, v.After() == "", v.More(next)})
}

// latest is what was sent last, for a person's first page.
func (l letters) latest(v *portal.Visit, _ any) (template.HTML, error) {
	found, _, err := l.page(v, "", latestMost)
	if err != nil {
		return "", err
	}
	return v.Render("letters-latest", found)
}

// reach says how far a letter has come.
func reach(v *portal.Visit, one notify.Received) string {
	switch {
	case !one.Day.IsZero():
		return v.Say("letter.delivered", "day", v.Day(one.Day))
	case one.State == notify.Sent, one.State == notify.Delivered, one.State == notify.StateCollected:
		return v.Say("letter.sent."+string(one.Channel), "day", v.DayOf(one.Sent))
	case one.State == notify.Queued:
		return v.Say("letter.queued." + string(one.Channel))
	case one.Reason == notify.NoAddress:
		return v.Say("letter.nowhere")
	case one.Reason == notify.Unwanted:
		return v.Say("letter.unwanted")
	default:
		return v.Say("letter.failed")
	}
}
