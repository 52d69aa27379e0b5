package services

import (
	"context"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
)

// counterWait is how long an answer without news is held back.
const counterWait = 20 * time.Second

// People recognises somebody by the number on the identity card.
type People interface {
	Person(number jmbg.Number) (act.Actor, error)
}

// counter is what the acts at a counter ask for, each a part of it.
type counter struct {
	Place, Version int
	Offer, Number  string
}

// Made is one answer of the feed of offers.
type Made struct {
	Offers []Brief `json:"offers"`
	Next   uint64  `json:"next"` // place to ask from the next time
}

// Accepted is the answer to an acceptance. Where an officer decides, there is no
// decision yet.
type Accepted struct {
	Decision string `json:"decision,omitempty"`
	Code     string `json:"code,omitempty"`
}

// CounterActs are what information systems do at which people come who use no
// page. A system is an officer, known by its token.
func (r *Room) CounterActs(feed Feed, people People) ([]act.Act, error) {
	since, err := act.Def[counter, Made]{
		Name: "counter.offers", Route: "GET /v1/offers/since/{place}", Right: RightToDecide(),
		Fields: []act.Field[counter]{act.OfCount("place", func(in *counter) *int { return &in.Place }, act.InPath(), act.Most(1<<62))},
		Do: func(ctx context.Context, by act.Actor, in counter) (Made, error) {
			offers, next, err := r.OffersSince(ctx, by, feed, uint64(in.Place), counterWait)
			return Made{offers, next}, err
		},
	}.Act()
	if err != nil {
		return nil, err
	}
	accept, err := act.Def[counter, Accepted]{
		Name: "counter.accept", Route: "POST /v1/offers/{offer}/accept", Right: RightToDecide(),
		Fields: []act.Field[counter]{
			act.OfCode("offer", func(in *counter) *string { return &in.Offer }, act.InPath()),
			act.OfVersion("version", func(in *counter) *int { return &in.Version }),
			act.OfNational("number", func(in *counter) *string { return &in.Number }),
		},
		Do: func(ctx context.Context, by act.Actor, in counter) (Accepted, error) {
			number, err := jmbg.Parse(in.Number)
			if err != nil {
				return Accepted{}, problem.New(problem.Invalid, "number-invalid").Because(err)
			}
			person, err := people.Person(number)
			if err != nil {
				return Accepted{}, err
			}
			decision, code, err := r.AcceptFor(ctx, by, person, in.Offer, in.Version)
			return Accepted{decision, code}, err
		},
	}.Act()
	return []act.Act{since, accept}, err
}
