package bench

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/services"
)

// mostChildren is how many children one mother of the crowd gets: the law
// gives an allowance up to the fourth.
const mostChildren = 3

// driver plays the registrars and the people at the city's counter.
type driver struct {
	registrar *client
	counter   *client
	crowd     []people.Person // couples, the woman first
	place     string          // code of the settlement of birth
	today     civil.Day
	ledger    *ledger
	stubborn  stubborn
	trouble   Trouble // whose doing a refusal may be; nil for none
}

// capacity is how many births the crowd is good for.
func (d *driver) capacity() int { return len(d.crowd) / 2 * mostChildren }

// loop takes the i-th birth from the registrar to the decisions, and tells how
// long it took from the recorded birth until all offers were seen.
func (d *driver) loop(ctx context.Context, i int) (latency time.Duration, err error) {
	couple := i % (len(d.crowd) / 2)
	mother, father := d.crowd[2*couple], d.crowd[2*couple+1]
	var reference string
	var answered time.Time
	var m *matter
	for {
		if m == nil || d.ledger.doubtful(m) {
			err = d.excusing(ctx, func() error { reference, err = d.record(ctx, i, mother, father); return err })
			if err != nil {
				return 0, fmt.Errorf("record birth: %w", err)
			}
			if again := d.ledger.recorded(reference); again != m {
				m, answered = again, time.Now()
			}
		}
		whole, turned := d.ledger.signs(m)
		select {
		case <-whole:
		case <-turned: // a node was put back from a copy that lacks something of it
			continue
		case <-ctx.Done():
			return 0, fmt.Errorf("offers of %s not seen: %w", reference, ctx.Err())
		}
		offers, at := d.ledger.offersOf(m)
		err := d.acceptAll(ctx, offers, mother.Number)
		select {
		case <-turned:
			continue
		default:
		}
		return max(0, at.Sub(answered)), err
	}
}

func (d *driver) acceptAll(ctx context.Context, offers []services.Brief, person jmbg.Number) error {
	for _, o := range offers {
		if err := d.excusing(ctx, func() error { return d.accept(ctx, o, person) }); err != nil {
			return fmt.Errorf("accept: %w", err)
		}
	}
	return nil
}

// record finds both parents, as a registrar does, and records the birth.
func (d *driver) record(ctx context.Context, i int, mother, father people.Person) (string, error) {
	couples := len(d.crowd) / 2
	nth := i / couples
	number := people.Newborn((mostChildren-1-nth%mostChildren)*couples+i%couples, d.today) // the later child is not born earlier
	entry := births.Entry{
		Token: "bench-loop-" + strconv.Itoa(i), Number: number.String(), GivenName: []string{"Нада", "Дуња", "Софија"}[nth%mostChildren], FamilyName: mother.FamilyName,
		Sex: number.Sex(), Born: number.Born(), Hour: strconv.Itoa(6+nth) + ":00", Settlement: d.place, Live: true,
	}
	if nth > 0 { // the children of one mother are born within days
		entry.Checked = "bench"
	}
	for person, handle := range map[jmbg.Number]*string{mother.Number: &entry.MotherHandle, father.Number: &entry.FatherHandle} {
		found := struct {
			Handle string `json:"handle"`
		}{}
		err := d.stubborn.do(ctx, func() error {
			return d.registrar.call(ctx, "POST", "/v1/parents", map[string]string{"number": person.String()}, &found)
		})
		if err != nil {
			return "", fmt.Errorf("find parent: %w", err)
		}
		*handle = found.Handle
	}
	var recorded births.Recorded
	err := d.stubborn.do(ctx, func() error { return d.registrar.call(ctx, "POST", "/v1/births", entry, &recorded) })
	return recorded.Birth, err
}

func (d *driver) accept(ctx context.Context, o services.Brief, person jmbg.Number) error {
	form := map[string]any{"number": person.String(), "version": o.Version}
	var made struct {
		Decision string `json:"decision"`
		Code     string `json:"code"`
	}
	err := d.stubborn.do(ctx, func() error {
		return d.counter.call(ctx, "POST", "/v1/offers/"+url.PathEscape(o.ID)+"/accept", form, &made)
	})
	if err == nil {
		d.ledger.coded(made.Decision, made.Code)
		d.ledger.decided(o.ID, made.Decision)
	}
	return err
}

// page is one answer of the feed of offers.
type page struct {
	Offers []services.Brief `json:"offers"`
	Next   uint64           `json:"next"`
}

func (d *driver) offersSince(ctx context.Context, after uint64) (page, error) {
	var p page
	return p, d.counter.call(ctx, "GET", "/v1/offers/since/"+strconv.FormatUint(after, 10), nil, &p)
}

// watch follows the feed of offers until ctx ends. After a failure it begins
// at the start again, since a node that was killed may have lost the end of
// its stream and made it anew.
func (d *driver) watch(ctx context.Context) {
	var after uint64
	for ctx.Err() == nil {
		p, err := d.offersSince(ctx, after)
		if err != nil {
			after = 0
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		after = p.Next
		d.ledger.seen(p.Offers, time.Now())
	}
}
