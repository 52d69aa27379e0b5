package turnstile

import (
	"context"
	"maps"
	"slices"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/storage"
)

const (
	// maxBatch bounds the requests of one write.
	maxBatch = 256
	// maxSaid bounds those of a write when a node says all that it knows: 500 requests a
	// second for two windows are 60 writes.
	maxSaid = 10_000
	// patience is how long a request waits for the database.
	patience = 2 * time.Second
	// kept is how many windows a row stays: the clocks of nodes differ.
	kept = 3
)

// coming is a request that waits for the database.
type coming struct {
	Request
	key     key
	verdict chan Verdict // has room for one
}

// asked is a row of exchange_asked.
type asked struct {
	key []byte
	at  time.Time
}

var askedTable = storage.NewTable("exchange_asked",
	storage.Col("key", func(a *asked) *[]byte { return &a.key }),
	storage.Time("at", func(a *asked) *time.Time { return &a.at }),
)

// counted is a row of exchange_counted.
type counted struct {
	day     civil.Day
	account string
	taken   int
}

var countedTable = storage.NewTable("exchange_counted",
	storage.Text("day", func(c *counted) *civil.Day { return &c.day }),
	storage.Col("account", func(c *counted) *string { return &c.account }),
	storage.Col("taken", func(c *counted) *int { return &c.taken }),
)

// serve settles what comes, all that waits in one transaction, until ctx ends.
func (t *Turnstile) serve(ctx context.Context) {
	for {
		var batch []*coming
		select {
		case <-ctx.Done():
			return
		case c := <-t.coming:
			batch = append(batch, c)
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case c := <-t.coming:
				batch = append(batch, c)
			default:
				more = false
			}
		}
		t.settle(ctx, batch)
	}
}

// settle gives each of a batch its verdict. Where the database does not answer in
// time the node goes on alone: what it may have written is then said a second time,
// which makes a count larger and never smaller.
func (t *Turnstile) settle(ctx context.Context, batch []*coming) {
	t.mu.Lock()
	together := t.together
	t.mu.Unlock()
	if together {
		waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		done := make(chan error, 1)
		var verdicts []Verdict // of the write, until done
		go func() {            // a write that has begun ends with the database, not with its context
			var err error
			verdicts, err = t.write(waiting, batch)
			done <- err
		}()
		var err error
		select {
		case err = <-done:
		case <-waiting.Done():
			err = waiting.Err()
		}
		if err == nil {
			for i, c := range batch {
				c.verdict <- verdicts[i]
			}
			return
		}
		t.separate()
	}
	for _, c := range batch {
		c.verdict <- t.alone(c)
	}
}

// separate has the node go on alone, until what it does alone is said.
func (t *Turnstile) separate() {
	t.mu.Lock()
	t.together = false
	t.mu.Unlock()
	select {
	case t.failing <- struct{}{}:
	default: // it is known already
	}
}

// write remembers and counts a batch in the database.
func (t *Turnstile) write(ctx context.Context, batch []*coming) (verdicts []Verdict, err error) {
	t.saying.Lock()
	defer t.saying.Unlock()
	t.mu.Lock()
	day := t.day
	t.mu.Unlock()
	var totals map[string]int
	err = t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		verdicts, totals, err = take(ctx, tx, day, t.now(), batch)
		return err
	})
	if err == nil {
		t.heard(day, totals)
	}
	return verdicts, err
}

// take remembers requests in the database and counts those that are new. It gives
// the verdicts, and what each account has taken now.
func take(ctx context.Context, tx *storage.Tx, day civil.Day, now time.Time, batch []*coming) ([]Verdict, map[string]int, error) {
	rows := make([]asked, len(batch))
	for i, c := range batch {
		rows[i] = asked{c.key[:], now}
	}
	added, err := askedTable.Add(ctx, tx, "key", rows...)
	if err != nil {
		return nil, nil, err
	}
	first := make(map[key]bool, len(added))
	for _, a := range added {
		first[key(a.key)] = true
	}

	verdicts, wanted := make([]Verdict, len(batch)), map[string][]int{} // by account, places in the batch
	for i, c := range batch {
		switch {
		case !first[c.key]:
			verdicts[i] = Replayed
		case c.Quota > 0:
			wanted[c.Account] = append(wanted[c.Account], i)
		}
	}
	totals := map[string]int{}
	for _, account := range slices.Sorted(maps.Keys(wanted)) {
		places := wanted[account]
		total, err := add(ctx, tx, counted{day, account, len(places)})
		if err != nil {
			return nil, nil, err
		}
		over := 0
		for n, i := range places {
			if total-len(places)+n-over >= batch[i].Quota {
				verdicts[i] = Exhausted
				over++
			}
		}
		if over > 0 {
			if total, err = add(ctx, tx, counted{day, account, -over}); err != nil {
				return nil, nil, err
			}
		}
		totals[account] = total
	}
	return verdicts, totals, nil
}

// add counts so many more on an account of a day and gives what it has taken now.
func add(ctx context.Context, tx *storage.Tx, c counted) (total int, err error) {
	err = tx.QueryRowContext(ctx, `insert into exchange_counted (day, account, taken) values ($1, $2, $3)
		on conflict (day, account) do update set taken = exchange_counted.taken + excluded.taken returning taken`, c.day.String(), c.account, c.taken).Scan(&total)
	return total, err
}

// heard notes what the database says of accounts.
func (t *Turnstile) heard(day civil.Day, totals map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.day != day {
		return
	}
	for account, total := range totals {
		t.account(account).known = total
	}
}

// unsaid is what this node alone knows.
type unsaid struct {
	keys   []key
	day    civil.Day
	counts map[string]int // by account
}

// unsaid gives what is not said yet. The caller holds mu.
func (t *Turnstile) unsaid() unsaid {
	t.turn()
	u := unsaid{day: t.day, counts: map[string]int{}}
	for _, generation := range []map[key]said{t.old, t.new} {
		for k, said := range generation {
			if !said {
				u.keys = append(u.keys, k)
			}
		}
	}
	for account, n := range t.counts {
		if n.own > 0 {
			u.counts[account] = n.own
		}
	}
	return u
}

// say writes what this node alone knows.
func (t *Turnstile) say(ctx context.Context, u unsaid) error {
	for keys := range slices.Chunk(u.keys, maxSaid) {
		rows, now := make([]asked, len(keys)), t.now()
		for i := range keys {
			rows[i] = asked{keys[i][:], now}
		}
		err := t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := askedTable.Insert(ctx, tx, "on conflict (key) do nothing", rows...)
			return err
		})
		if err != nil {
			return err
		}
		t.mu.Lock()
		for _, k := range keys {
			for _, generation := range []map[key]said{t.old, t.new} {
				if _, there := generation[k]; there {
					generation[k] = true
				}
			}
		}
		t.mu.Unlock()
	}
	for accounts := range slices.Chunk(slices.Sorted(maps.Keys(u.counts)), maxBatch) {
		totals := map[string]int{}
		err := t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			for _, account := range accounts {
				if totals[account], err = add(ctx, tx, counted{u.day, account, u.counts[account]}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		t.mu.Lock()
		if t.day == u.day {
			for _, account := range accounts {
				n := t.account(account)
				n.known, n.own = totals[account], n.own-u.counts[account]
			}
		}
		t.mu.Unlock()
	}
	return nil
}

// learnCounts reads what all nodes have counted on this day.
func (t *Turnstile) learnCounts(ctx context.Context) error {
	t.mu.Lock()
	t.turn()
	day := t.day
	t.mu.Unlock()
	for after, more := "", true; more; {
		rows, err := countedTable.All(ctx, t.db.Read(ctx), "where day = $1 and account > $2 order by account limit $3", day.String(), after, maxSaid)
		if err != nil {
			return err
		}
		totals := map[string]int{}
		for _, c := range rows {
			totals[c.account], after = c.taken, c.account
		}
		t.heard(day, totals)
		more = len(rows) == maxSaid
	}
	return nil
}

// learnAsked reads which requests were here that may still come again.
func (t *Turnstile) learnAsked(ctx context.Context) error {
	since := storage.Micros(t.now().Add(-t.window))
	for after, more := []byte{}, true; more; {
		rows, err := askedTable.All(ctx, t.db.Read(ctx), "where key > $1 and at >= $2 order by key limit $3", after, since, maxSaid)
		if err != nil {
			return err
		}
		t.mu.Lock()
		for _, a := range rows {
			if after = a.key; !t.knows(key(a.key)) {
				t.new[key(a.key)] = true
			}
		}
		t.mu.Unlock()
		more = len(rows) == maxSaid
	}
	return nil
}

// Forget drops from the database what is over: a round of the node.
func (t *Turnstile) Forget(ctx context.Context) error {
	if t.db == nil {
		return nil
	}
	now := t.now()
	return t.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from exchange_asked where at < $1`, storage.Micros(now.Add(-kept*t.window))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from exchange_counted where day < $1`, civil.Of(now).AddDays(-1).String())
		return err
	})
}
