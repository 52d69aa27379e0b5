package bench

import (
	"context"
	"sync"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/lab/demo"
)

// besideConnections is how many questions may be under way beside the loops.
const besideConnections = 8

// beside puts questions through the edge of the city while loops run. Nil does nothing.
type beside struct {
	rate   float64
	origin *origin
	dir    string
}

// newBeside gives the registers a service that is somewhere else, with a contract,
// before the nodes start.
func newBeside(o Options, files map[string]string) (b *beside, err error) {
	b = &beside{rate: o.Questions, dir: o.Dir}
	if b.origin, err = startOrigin(); err != nil {
		return nil, err
	}
	b.origin.count()
	if err = putBehind(files[demo.Registers], b.origin.address()); err == nil {
		err = agree(o.Dir)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (b *beside) close() error {
	if b == nil {
		return nil
	}
	return b.origin.close()
}

// ask puts questions at the rate until window ends. Each has a number of its own and
// is put once: one that fails is nobody's any more.
func (b *beside) ask(window context.Context, m *measurement) {
	if b == nil {
		return
	}
	asks := &exchangeRig{edge: m.rig.node(demo.City).cfg.Node.Listen.Edge}
	questions := &load{address: asks.edge, connections: besideConnections, request: asks.request, run: id.New()}
	turns := make(chan struct{})
	var callers sync.WaitGroup
	for range besideConnections {
		callers.Go(func() {
			c := &caller{load: questions}
			defer c.close()
			for range turns {
				c.ask(questions.next(), time.Now())
				for _, number := range c.answered {
					m.rig.driver.ledger.exchanged(number)
				}
				c.answered, c.latencies = nil, nil
			}
		})
	}
	for begun, i := time.Now(), 0; pause(window, begun.Add(time.Duration(float64(i)/b.rate*float64(time.Second)))); i++ {
		select {
		case turns <- struct{}{}:
		case <-window.Done():
		}
	}
	close(turns)
	callers.Wait()
}

// reconcile wants every exchange that was answered in both journals, once, with
// content that opens, and one question to the system behind. The nodes have stopped.
func (b *beside) reconcile(ctx context.Context, r *Reconciliation, m *measurement) {
	if b == nil {
		return
	}
	l := m.rig.driver.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &Acknowledgement{}
	asked := a.read(ctx, m.rig.node(demo.City), "question")
	answered := a.read(ctx, m.rig.node(demo.Registers), "asked", "answer")
	for _, number := range l.exchanges {
		at := l.at[number]
		if m.lost(demo.City, at) && asked["question"][number] == 0 { // the partner has it
			asked["question"][number], r.Named = 1, r.Named+1
		}
		if m.lost(demo.Registers, at) && answered["asked"][number]+answered["answer"][number] == 0 {
			answered["asked"][number], answered["answer"][number], r.Named = 1, 1, r.Named+1
		}
		a.compare(number, asked, answered, b.origin)
	}
	r.Exchanges = len(l.exchanges)
	for _, f := range a.Findings {
		r.find("%s", f)
	}
}
