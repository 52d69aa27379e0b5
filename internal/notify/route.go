package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"dobosh/internal/storage"
)

// route is how a person can be reached: their channels, the one that they chose first.
type route struct {
	channels []Channel
	unwanted bool // no mailings
}

// first is the way on which a notice begins. Where there is none, that is said by a
// delivery that failed.
func (r route) first(n Notice) leg {
	switch {
	case n.Lane == Bulk && r.unwanted:
		return leg{n, Email, Unwanted}
	case n.Lane == Bulk:
		r.channels = slices.DeleteFunc(slices.Clone(r.channels), func(c Channel) bool { return c != Email }) // only a mail is ended by one tap
	}
	if len(r.channels) == 0 {
		return leg{n, Email, NoAddress}
	}
	return leg{notice: n, channel: r.channels[0]}
}

// routesOf finds how persons can be reached. An address at which nobody is reached is no
// way, and neither is a channel that this node has not.
func (c *Courier) routesOf(ctx context.Context, tx *storage.Tx, persons []string) (map[string]route, error) {
	routes := map[string]route{}
	for some := range slices.Chunk(persons, 100) {
		among := storage.Among("person", some...)
		rows, err := tx.QueryContext(ctx, `select person, channel, '', true from notify_addresses where gone_at = 0 and `+among.Where+`
			union all select person, '', channel, bulk from notify_preferences where `+among.Where, among.Args...)
		chosen := map[string]Channel{}
		_, err = storage.All(rows, err, func(scan storage.Scan) (person string, err error) {
			var has, first Channel
			var bulk bool
			if err := scan(&person, &has, &first, &bulk); err != nil {
				return person, err
			}
			r := routes[person]
			if has == "" {
				chosen[person], r.unwanted = first, !bulk
			} else if c.carried[has] != nil {
				r.channels = append(r.channels, has)
			}
			routes[person] = r
			return person, nil
		})
		if err != nil {
			return nil, fmt.Errorf("find addresses: %w", err)
		}
		for _, person := range some {
			order := func(c Channel) int {
				if c == chosen[person] {
					return -1
				}
				return slices.Index(Channels(), c)
			}
			slices.SortFunc(routes[person].channels, func(a, b Channel) int { return cmp.Compare(order(a), order(b)) })
		}
	}
	return routes, nil
}

// goOn sends a notice that nobody got on one channel on the next that its person has; on paper, which costs
// postage, only what delivers a document. Where there is none, whoever waits for the delivery of a document sees why.
func (c *Courier) goOn(ctx context.Context, tx *storage.Tx, notice, fault string) error {
	var n Notice
	err := tx.QueryRowContext(ctx, `select person, lane, serves from notify_notices where id = $1`, notice).Scan(&n.Person, &n.Lane, &n.Serves)
	if err != nil {
		return fmt.Errorf("notice that came back: %w", err)
	}
	if n.ID = notice; n.Lane == Bulk {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `select channel from notify_deliveries where notice = $1`, notice)
	tried, err := storage.All(rows, err, func(scan storage.Scan) (tried Channel, err error) { return tried, scan(&tried) })
	if err != nil {
		return err
	}
	routes, err := c.routesOf(ctx, tx, []string{n.Person})
	if err != nil {
		return err
	}
	for _, channel := range routes[n.Person].channels {
		if !slices.Contains(tried, channel) && (channel != Letter || n.Serves != "") {
			if err := c.wentBack(ctx, tx, n, ""); err != nil {
				return err
			}
			return c.dispatch(ctx, tx, []leg{{notice: n, channel: channel}})
		}
	}
	return c.wentBack(ctx, tx, n, fault)
}
