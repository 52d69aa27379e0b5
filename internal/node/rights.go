package node

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/notify"
	"dobosh/internal/participation"
	"dobosh/internal/receipts"
	"dobosh/internal/services"
	"dobosh/internal/storage"
)

// holdings are what the rooms of the node keep about people, for those who ask for a copy or for its erasure. A
// decision stays as long as its case.
func holdings(courier *notify.Courier, people *identity.Identity, given *services.Room, voices *participation.Room) (all []receipts.Holding) {
	if given != nil {
		all = append(all, receipts.Holding{Name: "decisions", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
			return each(func(after page.Key) (page.Page[services.Decision], error) { return given.Decisions(ctx, by, after) }, func(d services.Decision) error {
				line := lang.Text{}
				for _, in := range []string{"sr", "en"} {
					line[in] = d.Code + ", " + d.Title[in]
				}
				return put(line, map[string]any{
					"number": d.Code, "title": d.Title, "about": d.About, "granted": d.Granted, "made_at": d.MadeAt, "total": d.Plan.Total, "reasons": d.Reasons, "remedy": d.Remedy, "payments": d.Payments,
				})
			})
		}})
	}
	if voices != nil {
		all = append(all,
			receipts.Holding{Name: "voices", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
				return each(func(after page.Key) (page.Page[participation.Kept], error) { return voices.Own(ctx, by, after) }, func(k participation.Kept) error {
					return put(lang.Text{"sr": k.Number + ", " + k.Raised.Subject, "en": k.Number + ", " + k.Raised.Subject}, map[string]any{
						"number": k.Number, "kind": k.Kind, "place": k.Place, "at": k.At, "subject": k.Raised.Subject, "text": k.Raised.Body, "may_be_public": k.Agreed,
						"published_subject": k.Subject, "published_text": k.Body, "published_answer": k.Answer, "published_at": k.Published, "supports": k.Supports, "stars": k.Stars, "rating": k.Words,
					})
				})
			}, Forget: voices.Forget},
			receipts.Holding{Name: "supports", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
				return each(func(after page.Key) (page.Page[participation.Supported], error) {
					return voices.Supports(ctx, by, after)
				}, func(s participation.Supported) error {
					return put(lang.Text{"sr": s.Number, "en": s.Number}, map[string]any{"number": s.Number, "subject": s.Subject, "at": s.At})
				})
			}})
	}
	if courier != nil {
		all = append(all,
			receipts.Holding{Name: "letters", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
				return each(func(after page.Key) (page.Page[notify.Received], error) { return courier.Received(ctx, by, after, 0) }, func(r notify.Received) error {
					return put(nil, map[string]any{"at": r.At, "subject": r.Subject, "body": r.Body, "way": r.Channel, "state": r.State, "sent_at": r.Sent})
				})
			}},
			receipts.Holding{Name: "preferences", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
				chosen, addresses, err := courier.Known(ctx, by)
				if err != nil {
					return err
				}
				reached := []string{}
				for _, a := range addresses {
					reached = append(reached, a.To)
				}
				return put(nil, map[string]any{"way": chosen.Channel, "content": chosen.Content, "language": chosen.Lang, "general_notices": chosen.Bulk, "addresses": reached})
			}, Forget: courier.Forget})
	}
	if people != nil {
		all = append(all, receipts.Holding{Name: "contacts", Copy: func(ctx context.Context, by act.Actor, put receipts.Put) error {
			list, err := people.Contacts(ctx, by)
			if err != nil {
				return err
			}
			for _, c := range list {
				if err := put(nil, map[string]any{"way": c.Channel, "address": c.Address, "language": c.Lang, "confirmed_at": c.Confirmed}); err != nil {
					return err
				}
			}
			return nil
		}, Forget: func(ctx context.Context, tx *storage.Tx, by act.Actor) error {
			return people.ForgetContacts(ctx, tx, by)
		}})
	}
	return all
}

// each goes through a list, page by page.
func each[T any](list func(after page.Key) (page.Page[T], error), do func(T) error) error {
	for after := page.Key(""); ; {
		found, err := list(after)
		if err != nil {
			return err
		}
		for _, one := range found.Items {
			if err := do(one); err != nil {
				return err
			}
		}
		if after = found.Next; after == "" {
			return nil
		}
	}
}
