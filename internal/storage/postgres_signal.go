package storage

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"dobosh/internal/kit/clock"
)

const (
	// signalChannel is where processes on one database wake each other; PostgreSQL
	// keeps channels apart by database.
	signalChannel = "dobosh_signals"
	// signalPause is the shortest time between two rounds of telling others: what
	// comes meanwhile goes out together.
	signalPause = 5 * time.Millisecond
	// beatEvery is how often a process shows the server that it lives, on the
	// connection that hears others, and silentFor how long the server waits for that
	// until it ends the connection: what a process held that was stopped, or whose
	// machine is gone, is free then.
	beatEvery = 3 * time.Second
	silentFor = 10 * time.Second
	// listenAgain is how long to wait before a connection that broke is made anew.
	listenAgain = time.Second
)

// crossing carries signals between the processes on one database. It is told after
// a commit and outside of the transaction: NOTIFY inside of one makes all commits
// of the database wait for each other.
type crossing struct {
	tell chan struct{} // there is something to tell

	mu        sync.Mutex
	names     map[string]struct{} // guarded by mu: to be told
	asked     []*asking           // guarded by mu: what the connection is to do
	interrupt context.CancelFunc  // guarded by mu: ends its wait for news
	held      map[*Hold]func()    // guarded by mu: names, with how to say that they are lost

	stop  context.CancelFunc
	ended <-chan struct{} // closed by stop
	done  sync.WaitGroup
}

func (p *postgresServer) openCrossing(config *pgx.ConnConfig) {
	ctx, stop := context.WithCancel(context.Background())
	p.crossing = &crossing{tell: make(chan struct{}, 1), names: map[string]struct{}{}, interrupt: func() {}, held: map[*Hold]func(){}, stop: stop, ended: ctx.Done()}
	p.crossing.done.Go(func() { p.tellOthers(ctx) })
	p.crossing.done.Go(func() {
		for ctx.Err() == nil {
			if err := p.hearOthers(ctx, config.Copy()); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "signals of other processes are not heard", slog.Any("error", err))
			}
			_ = clock.Pause(ctx, listenAgain) // the loop sees the end of ctx
		}
	})
}

// announce tells the other processes on the database of a signal, soon.
func (p *postgresServer) announce(name string) {
	c := p.crossing
	c.mu.Lock()
	c.names[name] = struct{}{}
	c.mu.Unlock()
	select {
	case c.tell <- struct{}{}:
	default: // it will be seen
	}
}

func (p *postgresServer) tellOthers(ctx context.Context) {
	for {
		select {
		case <-p.crossing.tell:
		case <-ctx.Done():
			return
		}
		p.crossing.mu.Lock()
		names := slices.Collect(maps.Keys(p.crossing.names))
		clear(p.crossing.names)
		p.crossing.mu.Unlock()
		for _, name := range names {
			if _, err := p.readers.ExecContext(ctx, "select pg_notify($1, $2)", signalChannel, name); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "other processes were not woken", slog.Any("error", err)) // they look themselves, later
			}
		}
		_ = clock.Pause(ctx, signalPause) // the loop sees the end of ctx
	}
}

// hearOthers wakes those who listen here for what others did, until the connection
// breaks. Whatever was signalled while nobody heard may have been missed, so all
// are woken at the beginning.
func (p *postgresServer) hearOthers(ctx context.Context, config *pgx.ConnConfig) error {
	config.RuntimeParams["idle_session_timeout"] = strconv.FormatInt(silentFor.Milliseconds(), 10)
	conn, err := pgx.ConnectConfig(ctx, config)
	if sqlState(err) == tooManyConnections {
		p.giveUp()
	}
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+signalChannel); err != nil {
		return err
	}
	defer p.crossing.lose()
	p.db.signals.sendAll()
	for {
		waiting, interrupt := p.crossing.attend(ctx)
		heard, err := conn.WaitForNotification(waiting)
		asked := waiting.Err() != nil
		interrupt()
		switch {
		case err == nil:
			p.db.signals.send(heard.Payload)
		case !asked || ctx.Err() != nil || conn.IsClosed():
			return err
		}
		if err := p.crossing.answer(ctx, conn); err != nil {
			return err
		}
		if err := beat(ctx, conn); err != nil {
			return err
		}
	}
}

// beat shows the server that the process lives.
func beat(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, silentFor)
	defer cancel()
	_, err := conn.Exec(ctx, "select 1")
	return err
}

func (c *crossing) close() {
	c.stop()
	c.done.Wait()
}
