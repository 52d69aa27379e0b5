package pages

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/notify"
	"dobosh/internal/notify/post"
	"dobosh/internal/portal"
)

// Posted are letters that were handed over to be printed; [notify.Courier] knows.
type Posted interface {
	LetterActs(right act.Right, matter act.Scope) ([]act.Act, error)
	Posted(ctx context.Context, became post.Became, after page.Key) (page.Page[notify.Posted], error)
}

// postedView is a page of letters of which nothing is known yet.
type postedView struct {
	Items []notify.Posted
	Next  string // address of the next page; empty after the last
}

// rightToLetters is that of officers who answer for the whole body: a letter does not say whose case it is.
func rightToLetters() act.Right { return act.Only(identity.Officer) }

// ForPost brings the pages on which officers write down what the post says of letters. matter is all of the body.
func ForPost(l Posted, matter act.Scope) (portal.Room, error) {
	acts, err := l.LetterActs(rightToLetters(), matter)
	if err != nil {
		return portal.Room{}, err
	}
	may := func(by act.Actor) bool { return rightToLetters().Check(by, matter) == nil }
	brought := portal.Room{
		Templates: templates,
		Pages: []portal.Page{{Pattern: "GET " + notify.LettersPage, Right: rightToLetters(), Do: func(v *portal.Visit) error {
			if err := rightToLetters().Check(v.Actor, matter); err != nil {
				return err
			}
			found, err := l.Posted(v.R.Context(), "", v.After())
			if err != nil {
				return err
			}
			return v.Show("posted", v.Say("nav.post"), postedView{found.Items, v.More(found.Next)})
		}}},
		Nav: []portal.Nav{{Path: notify.LettersPage, Key: "nav.post", Order: 208, Setting: portal.Staff, Whom: may}},
	}
	for _, a := range acts {
		brought.Pages = append(brought.Pages, portal.ActPage{
			Act: a, Back: portal.Nav{Path: notify.LettersPage, Key: "post.back"}, Next: func(*portal.Visit, any) string { return notify.LettersPage },
			Ask: func(v *portal.Visit, q *portal.Question) error {
				if number := v.R.PathValue("letter"); number != "" {
					q.Facts = append(q.Facts, portal.Fact{ID: "letter", Label: v.Say("post.number"), Value: portal.Escaped(number)})
				}
				return nil
			},
		}.Pages()...)
	}
	return brought, nil
}
