package journal_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"dobosh/internal/journal"
)

// A message is durable in its sender's journal before it leaves. The proof travels with it, and whoever has both and the
// public key of the journal checks them offline, years later.
func Example() {
	ctx := context.Background()
	log, closeLog := openExample(ctx)
	defer closeLog()

	message := journal.Entry{
		Kind: "answer", ID: "exchange-1", At: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
		Meta: []byte(`{"status":200}`), Body: []byte(`{"born":"2026-11-20"}`),
	}
	stamp, err := log.Append(ctx, message)
	if err != nil {
		panic(err)
	}
	fmt.Println("entry", stamp.Index, "of a journal of", log.Size())
	proof := stamp.ProofFile().String()

	// At the other side there is no journal: only the message, the proof and the key.
	read, err := journal.ParseProof(proof)
	if err != nil {
		panic(err)
	}
	got, err := read.Stamp()
	if err != nil {
		panic(err)
	}
	verifier := journal.NewVerifier(log.Key())
	fmt.Println("as it was sent:", verifier.Verify(got, sha256.Sum256(message.Meta), sha256.Sum256(message.Body)))

	changed := []byte(`{"born":"2026-11-21"}`)
	err = verifier.Verify(got, sha256.Sum256(message.Meta), sha256.Sum256(changed))
	fmt.Println("changed on the way:", errors.Is(err, journal.ErrProof))
	// Output:
	// entry 0 of a journal of 1
	// as it was sent: <nil>
	// changed on the way: true
}

// What concerns a person can be erased: the content is gone, and the journal still proves that it was there.
func ExampleLog_Erase() {
	ctx := context.Background()
	log, closeLog := openExample(ctx)
	defer closeLog()

	meta, body := []byte(`{"status":200}`), []byte(`{"born":"2026-11-20"}`)
	stamp, err := log.Append(ctx, journal.Entry{Kind: "answer", ID: "exchange-1", At: time.Now(), Subjects: []string{"a pseudonym"}, Meta: meta, Body: body})
	if err != nil {
		panic(err)
	}
	if _, err := log.Erase(ctx, "a pseudonym"); err != nil {
		panic(err)
	}
	_, _, err = log.Read(ctx, stamp.Index)
	fmt.Println("erased:", errors.Is(err, journal.ErrErased))
	fmt.Println("proved:", journal.NewVerifier(log.Key()).Verify(stamp, sha256.Sum256(meta), sha256.Sum256(body)) == nil)
	// Output:
	// erased: true
	// proved: true
}

// openExample opens a journal in a folder that goes with it.
func openExample(ctx context.Context) (log *journal.Log, closeLog func()) {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // a real one is random and kept secret
	log, err = journal.Open(ctx, journal.Config{Dir: dir, Origin: "RS-DEMO/GOV/CITY/node", Key: key}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	return log, func() { _ = errors.Join(log.Close(), os.RemoveAll(dir)) }
}
