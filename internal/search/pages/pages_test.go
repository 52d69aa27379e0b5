package pages

import (
	"context"
	"net/url"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/page"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// grant finds the mother's case by any words.
type grant struct{}

func (grant) FindOwn(_ context.Context, by act.Actor, _ string, _ page.Key) (found page.Page[cases.Case], err error) {
	if by.Is("family") == "p" {
		found.Items = []cases.Case{{Number: "ZR-2026-7KQ4-M9PD-X", Kind: "application", Service: "newborn-grant", Status: "with-officer"}}
	}
	return found, nil
}

func TestPeopleSearch(t *testing.T) {
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	h := pages.Open(t, pages.Config(said), New(grant{}, pages.Serbia(t)))
	expected := []pages.Expected{{Path: searchPage, Status: 200}, {Path: searchPage + "?q=dodatak", Status: 200}, {Path: searchPage + "?q=xyz", Status: 200}, {Who: "mother", Path: searchPage + "?q=dodatak", Status: 200}}
	pages.Walk(t, h, expected)
	pages.Small(t, h, expected)
	for asked, says := range map[string]string{
		"додатак": "Родитељски додатак", "roditeljski DODATAK": "Родитељски додатак", "novorodjeno": "новорођено дете", "rodenje": "Рођење детета", "жалба": "Решења и жалба", "ко је гледао": "/looks",
		"upravnom": "управном", "ксикси": "Ништа не одговара", "": "Шта овде можете", "%": "Шта овде можете",
	} {
		pages.Says(t, h, pages.Request{Path: searchPage + "?q=" + url.QueryEscape(asked)}, 200, says)
	}
	pages.Says(t, h, pages.Request{Who: "mother", Path: searchPage + "?q=grant"}, 200, "ZR-2026-7KQ4-M9PD-X", "Ваши предмети")
}
