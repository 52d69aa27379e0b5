package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/storage"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// homeName is held by those who use the stream of a database: shared by nodes
	// on one cluster, alone by a node with a stream of its own.
	homeName = "bus"
	// homePatience is how long to wait for a process that just ended, or begins.
	homePatience = 10 * time.Second
	homeLook     = 200 * time.Millisecond
)

// What a start is refused with: nodes on one database need one stream, and a stream
// belongs to one database.
var (
	ErrAnotherEmbedded = errors.New("another node runs on this database, and this one has its bus in its own process (no bus.urls): " +
		"events of one would not reach the other; give all nodes of the member the same JetStream cluster")
	ErrEmbeddedElsewhere = errors.New("a node with its bus in its own process (no bus.urls) runs on this database: " +
		"events of one would not reach the other; give all nodes of the member the same JetStream cluster")
	ErrAnotherStream = errors.New("other nodes on this database use another stream: bus.urls, bus.prefix and bus.domain must lead all nodes of the member to the same")
	ErrForeignStream = errors.New("the stream belongs to another database: nodes that share a stream share one PostgreSQL database; " +
		"give members that share an account of the cluster a bus.prefix each")
)

// Settle makes the stream that of a database for as long as the Bus is open. It
// refuses what could not work: nodes on one database whose events would go to
// different streams, and a stream that is that of another database.
func (b *Bus) Settle(ctx context.Context, db *storage.DB) error {
	hold, err := b.settle(ctx, db)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	done, err := b.begin()
	if err != nil {
		hold.Release()
		return err
	}
	go func() {
		defer done()
		b.stay(db, hold)
	}()
	return nil
}

// errMove says that the database names another stream than this one.
var errMove = errors.New("the database has another stream")

// settle holds the stream beside those that are there, as soon as the database and
// the stream name each other. A node that is alone may come with a new stream; the
// events that wait are published there.
func (b *Bus) settle(ctx context.Context, db *storage.DB) (*storage.Hold, error) {
	how, refused := storage.Shared, ErrEmbeddedElsewhere
	if b.server != nil {
		how, refused = storage.Alone, ErrAnotherEmbedded
	}
	for begun := time.Now(); ; {
		hold, err := db.Hold(ctx, homeName, how)
		if err == nil {
			if err = b.agree(ctx, db, how); err == nil {
				return hold, nil
			}
			hold.Release()
		}
		if errors.Is(err, errMove) {
			refused = ErrAnotherStream
			err = b.move(ctx, db)
		}
		switch {
		case errors.Is(err, storage.ErrHeld) && time.Since(begun) > homePatience:
			return nil, refused
		case err != nil && !errors.Is(err, storage.ErrHeld):
			return nil, err
		}
		if err := clock.Pause(ctx, homeLook); err != nil {
			return nil, err
		}
	}
}

// agree compares what the database says of the stream with what the stream says
// of itself, and lets each name the other where it named none.
func (b *Bus) agree(ctx context.Context, db *storage.DB, how storage.Holding) error {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the stream: %w", err)
	}
	own, err := home(ctx, db)
	if err != nil {
		return err
	}
	if b.server == nil {
		if err := b.name(ctx, info, own.database); err != nil {
			return err
		}
	}
	switch stream := created(info.Created); {
	case own.stream == stream:
		return nil
	case how == storage.Alone:
		return name(ctx, db, stream)
	}
	return errMove
}

// name writes into a stream of a cluster to which database it belongs.
func (b *Bus) name(ctx context.Context, info *jetstream.StreamInfo, database string) error {
	switch info.Config.Metadata[metadataDatabase] {
	case database:
		return nil
	case "":
	default:
		return ErrForeignStream
	}
	config := info.Config
	config.Metadata = maps.Clone(config.Metadata)
	if config.Metadata == nil {
		config.Metadata = map[string]string{}
	}
	config.Metadata[metadataDatabase] = database
	var err error
	if b.stream, err = b.js.UpdateStream(ctx, config); err != nil {
		return fmt.Errorf("name the stream: %w", err)
	}
	return nil
}

// move makes this stream that of the database, while no other node is there.
func (b *Bus) move(ctx context.Context, db *storage.DB) error {
	alone, err := db.Hold(ctx, homeName, storage.Alone)
	if err != nil {
		return err
	}
	defer alone.Release()
	info, err := b.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the stream: %w", err)
	}
	return name(ctx, db, created(info.Created))
}

// name writes into the database which stream is its own.
func name(ctx context.Context, db *storage.DB, stream string) error {
	return db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update bus_home set stream = $1`, stream)
		return err
	})
}

// homeOf is what a database says of its stream.
type homeOf struct{ database, stream string }

func home(ctx context.Context, db *storage.DB) (h homeOf, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `insert into bus_home (one, database, stream) values (1, $1, '') on conflict (one) do nothing`, id.New()); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `select database, stream from bus_home`).Scan(&h.database, &h.stream)
	})
	return h, err
}

// stay holds on to the stream while the database comes and goes. Where another
// process has taken its place meanwhile, this one is not ready any more.
func (b *Bus) stay(db *storage.DB, hold *storage.Hold) {
	for {
		select {
		case <-b.closing.Done():
			hold.Release()
			return
		case <-hold.Lost():
		}
		for {
			again, err := b.settle(b.closing, db)
			if err == nil {
				hold = again
				b.strange.Store(nil)
				break
			}
			if b.closing.Err() != nil {
				return
			}
			if errors.Is(err, ErrAnotherEmbedded) || errors.Is(err, ErrEmbeddedElsewhere) || errors.Is(err, ErrAnotherStream) || errors.Is(err, ErrForeignStream) {
				b.strange.Store(&err)
				b.log.ErrorContext(b.working, "this node must not go on", slog.Any("error", err))
			}
			_ = clock.Pause(b.closing, homeLook) // the loop sees the end
		}
	}
}
