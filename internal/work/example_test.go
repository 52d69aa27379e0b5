package work_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// example opens a database in a folder that is gone at the end.
func example() (db *storage.DB, end func()) {
	dir, err := os.MkdirTemp("", "dobosh-work-")
	if err != nil {
		panic(err)
	}
	db, err = storage.Open(context.Background(), storage.Config{Engine: storage.SQLite, Path: filepath.Join(dir, "state.db")}, slog.New(slog.DiscardHandler), work.Migrations())
	if err != nil {
		panic(err)
	}
	return db, func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
}

// A room declares a queue, registers it and adds jobs in its own transactions.
func ExampleQueue() {
	db, end := example()
	defer end()
	type letter struct{ To, Text string }
	letters := &work.Queue[letter]{
		Name:     "post.letters",
		Workers:  4,
		Order:    func(l letter) string { return l.To }, // to one person, one after the other
		Attempts: 10,
		Do: func(ctx context.Context, t *work.Try[letter]) error {
			fmt.Println(t.Job.Text, t.Job.To)
			return nil // or an error: then it is tried again
		},
	}
	runner := work.New(db, clock.System, slog.New(slog.DiscardHandler), "zrenjanin-1")
	runner.Register(letters)

	ctx := context.Background()
	err := db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		// … what gives the reason for the letter …
		return letters.Add(ctx, tx, "letter-1", letter{"Ana", "Good morning,"})
	})
	if err != nil {
		panic(err)
	}
	if err := runner.Begin(ctx); err != nil { // a node calls runner.Run(ctx) instead of these two
		panic(err)
	}
	done, err := runner.RunDue(ctx)
	fmt.Println(done, err)
	// Output:
	// Good morning, Ana
	// 1 <nil>
}

// A term is a job that is due when the term ends.
func ExampleAt() {
	db, end := example()
	defer end()
	now := clock.NewManual(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	terms := &work.Queue[work.None]{Name: "cases.terms", Do: func(_ context.Context, t *work.Try[work.None]) error {
		fmt.Println("the term of", t.Ref, "is over")
		return nil
	}}
	runner := work.New(db, now.Now, slog.New(slog.DiscardHandler), "zrenjanin-1")
	runner.Register(terms)
	ctx := context.Background()
	if err := runner.Begin(ctx); err != nil {
		panic(err)
	}
	err := db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return terms.Add(ctx, tx, "case-7", work.None{}, work.At(now.Now().AddDate(0, 0, 30)))
	})
	fmt.Println(err)
	fmt.Println(runner.RunDue(ctx))
	now.Advance(30 * 24 * time.Hour)
	fmt.Println(runner.RunDue(ctx))
	// Output:
	// <nil>
	// 0 <nil>
	// the term of case-7 is over
	// 1 <nil>
}

// A round over the database is done by one process of several.
func ExampleEvery() {
	db, end := example()
	defer end()
	runner := work.New(db, clock.System, slog.New(slog.DiscardHandler), "zrenjanin-1")
	runner.Register(work.Every("services.lapse", time.Hour, func(context.Context) error {
		fmt.Println("offers whose term is over lapse")
		return nil
	}))
	ctx := context.Background()
	if err := runner.Begin(ctx); err != nil {
		panic(err)
	}
	fmt.Println(runner.RunDue(ctx))
	// Output:
	// offers whose term is over lapse
	// 1 <nil>
}
