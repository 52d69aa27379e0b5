package notify

import (
	"context"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
)

// What a person chooses holds for what was begun under a contact that was joined to them too.
func TestAChoiceHoldsUnderEveryPseudonym(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		by := act.Actor{Account: "mother", Persons: map[string]string{"family": "now"}, Aliases: map[string][]string{"family": {person}}}
		choice := act.FromValues(map[string][]string{"channel": {"email"}, "content": {"nothing"}, "lang": {"sr-Cyrl"}, "bulk": {"no"}})
		acts, err := r.Acts()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range acts {
			if a.Name != ActChoose {
				continue
			}
			if _, err := a.Do(t.Context(), by, choice); err != nil {
				t.Fatal(err)
			}
		}
		p, err := r.Preference(t.Context(), r.db.Read(t.Context()), []string{person}, lang.En)
		if err != nil || p.Content != Nothing || p.Bulk {
			t.Errorf("under a pseudonym of before: %+v, %v", p, err)
		}
		if all, err := r.Addresses(t.Context(), by); err != nil || len(all) != 1 || all[0].To != "milica@example.org" {
			t.Errorf("addresses %+v, %v", all, err)
		}
	})
}

// Whoever ended mailings by the link of one reads that they are ended, under whichever pseudonym it came.
func TestEndedMailingsAreShownAsEnded(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		both := []string{"aaa", person}
		err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			if err := r.Prefer(ctx, tx, both, Preference{Channel: Email, Content: Matter, Lang: lang.En, Bulk: true}); err != nil {
				return err
			}
			return r.NoMailings(ctx, tx, person)
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Preference(t.Context(), r.db.Read(t.Context()), both, lang.En)
		if err != nil || p.Bulk {
			t.Errorf("shown %+v, %v", p, err)
		}
	})
}
