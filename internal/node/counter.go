package node

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/services"
)

// counterWait is how long an answer without news is held back.
const counterWait = 20 * time.Second

// counter serves the public services to the information systems of the
// member's own counters, where people come who use no page. A system is an
// officer, known by its bearer token.
type counter struct {
	room    *services.Room
	feed    services.Feed
	sectors *identity.Sectors
	names   []string // of the sectors
	systems tokens
}

func (n *Node) openCounter() (http.Handler, error) {
	c := &counter{room: n.services, feed: n.bus, sectors: n.sectors}
	for sector := range n.cfg.Sectors {
		c.names = append(c.names, sector)
	}
	var err error
	if c.systems, err = readTokens(n.cfg.Services.Systems); err != nil {
		return nil, err
	}
	desk := registers.Desk{Persons: n.sectors, Say: n.catalogue.Say, Log: n.log}
	return desk.Routes(map[string]registers.Answer{
		"GET /v1/offers/since/{place}":   c.offersSince,
		"POST /v1/offers/{offer}/accept": c.accept,
	}), nil
}

// made is one answer of the feed of offers.
type made struct {
	Offers []services.Brief `json:"offers"`
	Next   uint64           `json:"next"` // place to ask from the next time
}

func (c *counter) offersSince(ctx context.Context, q *registers.Question) (any, error) {
	by, err := c.systems.actor(q.Header("Authorization"), identity.Officer)
	if err != nil {
		return nil, err
	}
	after, err := strconv.ParseUint(q.Part("place"), 10, 64)
	if err != nil {
		return nil, problem.New(problem.NotFound, "question-unknown")
	}
	offers, next, err := c.room.OffersSince(ctx, by, c.feed, after, counterWait)
	return made{offers, next}, err
}

// accepted is the answer to an acceptance. Where an officer decides, there is
// no decision yet.
type accepted struct {
	Decision string `json:"decision,omitempty"`
	Code     string `json:"code,omitempty"`
}

func (c *counter) accept(ctx context.Context, q *registers.Question) (any, error) {
	by, err := c.systems.actor(q.Header("Authorization"), identity.Officer)
	if err != nil {
		return nil, err
	}
	var form struct {
		Number  string `json:"number"` // national number of the person at the counter
		Version int    `json:"version"`
	}
	if err := q.Read(&form); err != nil {
		return nil, err
	}
	person, err := c.person(form.Number)
	if err != nil {
		return nil, err
	}
	decision, code, err := c.room.AcceptFor(ctx, by, person, q.Part("offer"), form.Version)
	return accepted{decision, code}, err
}

// person gives whoever stands at the counter, by the number on the identity
// card.
func (c *counter) person(text string) (act.Actor, error) {
	number, err := jmbg.Parse(text)
	if err != nil {
		return act.Actor{}, problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	person := act.Actor{Grants: []act.Grant{{Role: identity.Resident}}, Persons: map[string]string{}}
	for _, sector := range c.names {
		if person.Persons[sector], err = c.sectors.Pseudonym(sector, number); err != nil {
			return act.Actor{}, err
		}
	}
	return person, nil
}
