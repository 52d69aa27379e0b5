package pages

import (
	"context"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

// desk of the registrar.
type registrar struct {
	mu       sync.Mutex
	err      error
	empty    bool
	recorded []births.Entry
}

func (r *registrar) Find(_ context.Context, _ act.Actor, number string) (births.Found, error) {
	n, err := jmbg.Parse(number)
	if err != nil {
		return births.Found{}, problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	if n.Born().Year() < 1950 {
		return births.Found{}, problem.New(problem.NotFound, "person-unknown")
	}
	name := "Милица Пример"
	if n.Sex() == jmbg.Male {
		name = "Петар Пример"
	}
	return births.Found{Handle: "handle-" + string(n.Sex()), Name: name, Born: n.Born(), Settlement: "zr-05"}, nil
}

func (r *registrar) Record(_ context.Context, _ act.Actor, e births.Entry) (births.Birth, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.recorded = append(r.recorded, e)
	}
	return births.Birth{ID: "b1"}, r.err
}

func (r *registrar) List(context.Context, act.Actor, page.Key) (page.Page[births.Birth], error) {
	if r.empty {
		return page.Page[births.Birth]{}, nil
	}
	return page.Page[births.Birth]{Items: []births.Birth{
		{ID: "b1", GivenName: "Мила", FamilyName: "Пример", Born: civil.Date(2026, time.November, 19), Place: "zr-01", MotherName: "Милица Пример", FatherName: "Петар Пример", Order: new(1), RecordedAt: pages.Now},
		{ID: "b2", GivenName: "Љубиша", FamilyName: "Узорак", Born: civil.Date(2026, time.November, 18), Place: "nowhere", MotherName: "Њежана Узорак", RecordedAt: pages.Now}}}, nil
}

// config is the portal of the state registers.
func config(t testing.TB) portal.Config {
	words, err := words.Of(registers.Words())
	if err != nil {
		t.Fatal(err)
	}
	cfg := pages.Config(words)
	cfg.Body, cfg.Kind, cfg.Help = pages.Both("Државни регистри", "State registers"), "registers", portal.Help{}
	return cfg
}

func open(t testing.TB, r *registrar) *portal.Portal {
	return pages.Open(t, config(t), New(r, pages.Serbia(t), func() Invented {
		n := jmbg.Make(civil.Date(2026, time.November, 20), 83, 511)
		return Invented{Mother: jmbg.Make(civil.Date(1996, time.March, 14), 83, 501).String(), Entry: births.Entry{
			Number: n.String(), GivenName: "Дуња", FamilyName: "Примерић", Sex: n.Sex(), Born: n.Born(), Settlement: "zr-05", Live: true,
		}}
	}))
}
