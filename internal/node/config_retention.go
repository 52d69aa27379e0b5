package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/storage"
)

// Retention is in days; 0, and what is not named, for always.
type Retention struct {
	// Receipts is how long people see who looked at their data. One that was hidden from them
	// stays until it has been shown.
	Receipts int `yaml:"receipts"`
	// Content is how long the contents of messages stay in the journal, by kind: question,
	// answer, reply. What was agreed in a contract counts where it is shorter. It is for what
	// is journaled from then on; that a message was sent stays proved.
	Content map[string]int `yaml:"content"`
}

// Least and most days of a retention.
const (
	leastRetention = 30
	mostRetention  = 36_500
)

// kindsOfContent are those that nothing of the node needs after they were answered.
func kindsOfContent() []string { return []string{"answer", "question", "reply"} }

func (r Retention) check() (errs []error) {
	days := func(key string, n int) {
		if n != 0 && (n < leastRetention || n > mostRetention) {
			errs = append(errs, fmt.Errorf("%s: is not between %d and %d days", key, leastRetention, mostRetention))
		}
	}
	days("retention.receipts", r.Receipts)
	for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
		if days("retention.content."+kind, r.Content[kind]); !slices.Contains(kindsOfContent(), kind) {
			errs = append(errs, fmt.Errorf("retention.content.%s: is none of %v", kind, kindsOfContent()))
		}
	}
	return errs
}

// forgetReceipts removes the receipts whose time is over.
func (n *Node) forgetReceipts(db *storage.DB, book *journal.Log) func(context.Context) error {
	return func(ctx context.Context) error {
		if n.Retention.Receipts == 0 {
			return nil
		}
		now := n.now()
		_, err := journal.ForgetReceipts(ctx, db, book.Origin(), now.Add(-time.Duration(n.Retention.Receipts)*24*time.Hour), now)
		return err
	}
}
