package bench

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
)

// Acknowledgement is what the driver was told, held against both journals.
type Acknowledgement struct {
	Exchanges int      `json:"exchanges"` // that were answered
	Failed    int      `json:"failed"`    // that were not, while a node was away
	Entries   int64    `json:"entries"`   // in both journals
	Findings  []string `json:"findings"`  // what does not agree; empty when all is well
}

// OK says that everything agrees.
func (a *Acknowledgement) OK() bool { return a.Exchanges > 0 && len(a.Findings) == 0 }

func (a *Acknowledgement) find(format string, args ...any) {
	const enough = 50
	if len(a.Findings) < enough {
		a.Findings = append(a.Findings, fmt.Sprintf(format, args...))
	}
}

// underKills asks at a rate while each of the two nodes is killed and started
// again, then reads both journals.
func (r *exchangeRig) underKills(ctx context.Context, o ExchangeOptions, load *load, origin *origin) (ExchangeResult, error) {
	window := time.Duration(o.Seconds * float64(time.Second))
	origin.count()
	killed := make(chan error, 1)
	go func() { killed <- r.killBoth(ctx, o, window) }()
	m := load.atRate(ctx, window, o.Rate)
	if err := <-killed; err != nil {
		return ExchangeResult{}, err
	}
	result := ExchangeResult{Connections: o.Connections, Rounds: 1, Seconds: o.Seconds, Rate: o.Rate, RatePerS: round(m.perSecond()), Cores: runtime.NumCPU(), Nodes: map[string]Node{},
		RateP50: milliseconds(quantile(m.latencies, .5)), RateP99: milliseconds(quantile(m.latencies, .99))}
	result.take(m)
	if err := r.stop(); err != nil {
		return result, err
	}
	a := &Acknowledgement{Exchanges: len(m.answered), Failed: m.errors, Findings: []string{}}
	result.Acknowledged = a
	asked := a.read(ctx, r.node(demo.City), "question")
	answered := a.read(ctx, r.node(demo.Registers), "asked", "answer")
	for _, number := range m.answered {
		a.compare(number, asked, answered, origin)
	}
	return result, ctx.Err()
}

func (r *exchangeRig) killBoth(ctx context.Context, o ExchangeOptions, window time.Duration) error {
	begun := time.Now()
	for i, name := range []string{demo.Registers, demo.City} {
		if !pause(ctx, begun.Add(window*time.Duration(i+1)/3)) {
			return ctx.Err()
		}
		_, _ = fmt.Fprintf(o.Log, "killing %s\n", name)
		if err := r.node(name).kill(); err != nil {
			return err
		}
		if err := r.node(name).start(ctx); err != nil {
			return fmt.Errorf("start again after a kill: %w", err)
		}
	}
	return nil
}

// logged are the entries of some kinds, counted by the number that the question
// was put with.
type logged map[string]map[string]int // kind → number → how often

// read checks a journal and reads it from its beginning to its end.
func (a *Acknowledgement) read(ctx context.Context, p *process, kinds ...string) logged {
	found := logged{}
	for _, kind := range kinds {
		found[kind] = map[string]int{}
	}
	check := &Reconciliation{}
	check.journal(ctx, p)
	for _, f := range check.Findings {
		a.find("%s", f)
	}
	dir, _, known, err := p.cfg.Node.Evidence()
	if err != nil {
		a.find("journal of %s: %v", p.name, err)
		return found
	}
	key, err := credential.ReadKey(p.cfg.Node.Keys.Log)
	if err != nil {
		a.find("key of %s: %v", p.name, err)
		return found
	}
	log, err := journal.Open(ctx, journal.Config{Dir: dir, Origin: node.Origin(p.cfg.Node.Member, p.cfg.Node.Name), Key: crypto.Signer(key), Known: known}, now, slog.New(slog.DiscardHandler))
	if err != nil {
		a.find("journal of %s: %v", p.name, err)
		return found
	}
	a.Entries += log.Size()
	numbers := map[string]string{} // id of an exchange → number
	for index := range log.Size() {
		entry, err := log.Logged(ctx, index)
		if err != nil {
			a.find("entry %d of %s: %v", index, p.name, err)
			break
		}
		if entry.Erased {
			a.find("entry %d of %s has no content that opens", index, p.name)
		}
		found.add(entry.Entry, numbers)
	}
	if err := log.Close(); err != nil {
		a.find("journal of %s: %v", p.name, err)
	}
	return found
}

// add counts an entry. An answer has the id of its question, which stands just
// before it.
func (l logged) add(e journal.Entry, numbers map[string]string) {
	counted, wanted := l[e.Kind]
	switch {
	case !wanted:
	case e.Kind == "answer" && len(e.Body) == 0: // a refusal
	case e.Kind == "answer":
		counted[numbers[e.ID]]++
	default:
		var q exchange.RequestMeta
		if json.Unmarshal(e.Meta, &q) == nil {
			numbers[e.ID] = q.Message
			counted[q.Message]++
		}
	}
}

// compare wants one acknowledged exchange in both journals, once, and one
// question to the system behind.
func (a *Acknowledgement) compare(number string, asked, answered logged, origin *origin) {
	for what, n := range map[string]int{
		"a question in the asker's journal": asked["question"][number], "a question in the provider's journal": answered["asked"][number],
		"an answer in the provider's journal": answered["answer"][number], "a question to the system": origin.times(number),
	} {
		if n != 1 {
			a.find("exchange %s was acknowledged and is %d times %s", number, n, what)
		}
	}
}
