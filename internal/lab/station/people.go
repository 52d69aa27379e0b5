package station

import (
	"context"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/lang"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/people"
	"dobosh/internal/node"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
	"dobosh/internal/storage"
)

// reach gives a person of the stories an address. One of them takes texts, and one letters: so each channel
// shows.
func reach(ctx context.Context, host node.Host, person string, p people.Person) error {
	all := []notify.Address{{Person: person, Channel: notify.Email, To: p.Subject + "@primer.example", Lang: lang.SrCyrl}}
	first := notify.Email
	switch p.Subject {
	case "ana":
		first = notify.SMS
		all = append(all, notify.Address{Person: person, Channel: notify.SMS, To: "+38160000002", Lang: lang.SrLatn})
	case "tamara": // the others who take part in what the town does answer mail
		first = notify.Letter
		all = append(all, notify.Address{Person: person, Channel: notify.Letter, To: p.Name() + "\nИзмишљена 2\n23000 Зрењанин", Lang: lang.SrCyrl})
	}
	return host.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, a := range all {
			if err := host.Courier.WriteAddress(ctx, tx, a); err != nil {
				return err
			}
		}
		if first == notify.Email {
			return nil
		}
		return host.Courier.Prefer(ctx, tx, []string{person}, notify.Preference{Channel: first, Content: notify.Matter, Lang: all[1].Lang, Bulk: true})
	})
}

// open says on every page who can sign in and what there is to try, and gives
// the persons of the demonstration an address each, so that their messages can be
// read.
func (d *Demo) open(ctx context.Context, host node.Host) (node.Brings, error) {
	stories, err := people.Stories(host.Pack)
	if err != nil {
		return node.Brings{}, err
	}
	view := demopages.Demo{City: d.City, Registers: d.Registers, Supervisor: d.Supervisor, Mail: d.Mail}
	for _, p := range stories.Persons {
		if p.Subject != "" {
			view.People = append(view.People, demopages.Person{Name: p.Name(), What: p.Story})
		}
		if host.Courier == nil {
			continue
		}
		for _, sector := range []string{familySector, exchange.ReceiptSector} {
			person, err := host.Sectors.Pseudonym(sector, p.Number)
			if err != nil {
				return node.Brings{}, err
			}
			if _, err := host.Courier.Address(ctx, person, notify.Email); err == nil {
				continue // they said themselves where they are reached
			}
			if err := reach(ctx, host, person, p); err != nil {
				return node.Brings{}, err
			}
		}
	}
	for _, p := range stories.Staff {
		view.People = append(view.People, demopages.Person{Name: p.Name, What: p.Story})
	}
	return node.Brings{Pages: []portal.Room{demopages.New(view)}}, nil
}
