package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"dobosh/internal/backup"
	"dobosh/internal/exchange/recall"
	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry/credential"
)

// continuationKind marks, in a journal, that entries which others have seen are lost.
const continuationKind = "continuation"

// GiveUpEntries has a journal go on that has fewer entries than its witnesses have seen:
// it signs that, journals it and tells every witness that knows more. It says, for each,
// how many entries were given up. The node must not run. Errors: the problems
// "journal-unheard" when no witness was reached, and "journal-whole" when none knows more.
func GiveUpEntries(ctx context.Context, config, why string, now clock.Now, log *slog.Logger) (said []string, err error) {
	cfg, err := Load(config)
	if err != nil {
		return nil, err
	}
	logKey, err := credential.ReadKey(cfg.Keys.Log)
	if err != nil {
		return nil, err
	}
	former, err := cfg.FormerKeys()
	if err != nil {
		return nil, err
	}
	logged, err := cfg.journal()
	if err != nil {
		return nil, err
	}
	logged.Key, logged.Former = logKey, former
	book, err := journal.Open(ctx, logged, now, log)
	if err != nil {
		return nil, base{Config: cfg, now: now, agreed: cfg.agreement(now), log: log}.damaged(err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()

	// Who has seen more of it?
	copied, closeDB, err := cfg.openCopy(ctx, now, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeDB()) }()
	tlsKey, err := credential.ReadKey(cfg.Keys.TLS)
	if err != nil {
		return nil, err
	}
	own, err := credential.Own(cfg.Dir, tlsKey, cfg.Name, now())
	if err != nil {
		return nil, err
	}
	was, err := backup.ReadRestored(cfg.Dir)
	if err != nil {
		return nil, err
	}
	kept, from, err := keptBy(book, was)
	if err != nil {
		return nil, err
	}
	b, holder := base{Config: cfg, now: now, agreed: cfg.agreement(now), log: log}, credential.NewHolder(own, copied.State, now)
	b.certify(ctx, copied.State, holder)
	peers, client, err := witnessPeers(b, cfg.Witnesses, holder)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	answers := witness.Question{Peers: peers, Client: client, Keys: book.Keys(), Signed: book.Checkpoint()}.Ask(ctx)
	ahead, heard := map[int][]byte{}, 0
	for i, a := range answers {
		if a.Err != nil {
			log.WarnContext(ctx, "a witness did not answer", slog.String("witness", a.Witness), slog.Any("error", a.Err))
			continue
		}
		if heard++; a.Size > book.Size() && a.Signed != nil {
			ahead[i] = a.Signed
		}
	}
	partners, done := reached(partnersOf(copied.State(), cfg.Member), holder.Own())
	defer done()
	var lost []recall.Known
	for _, k := range question(ctx, book, from).Ask(ctx, partners) {
		if k.Err != nil {
			log.WarnContext(ctx, "a partner did not answer, and is asked again when the node runs", slog.String("partner", k.Name()), slog.Any("error", k.Err))
			continue
		}
		if heard++; k.Largest == nil {
			continue
		}
		_, told, err := gaveUp(ctx, book, k)
		if err != nil {
			return nil, err
		}
		if !told {
			lost = append(lost, k)
		}
	}
	switch {
	case heard == 0:
		return nil, problem.New(problem.Unavailable, "journal-unheard", "journal", filepath.Join(cfg.Dir, "journal"))
	case len(ahead) == 0 && len(lost) == 0:
		return nil, problem.New(problem.Conflict, "journal-whole", "journal", filepath.Join(cfg.Dir, "journal"))
	}

	// Every word is signed before the first is journaled, which makes the journal longer.
	signed, words := map[int][]byte{}, map[int]journal.Continuation{}
	for i, seen := range ahead {
		if signed[i], words[i], err = book.Continue(seen, kept, why); err != nil {
			return nil, err
		}
	}
	for i := range ahead {
		meta, err := json.Marshal(map[string]any{"witness": answers[i].Witness, "seen": words[i].Seen.Size, "kept": words[i].Kept.Size, "why": why})
		if err != nil {
			return nil, err
		}
		if _, err := book.Append(ctx, journal.Entry{Kind: continuationKind, ID: answers[i].Witness, Meta: meta, Body: signed[i]}); err != nil {
			return nil, err
		}
		if err := witness.Continue(ctx, peers[i], client, signed[i]); err != nil {
			return nil, err
		}
		said = append(said, fmt.Sprintf("witness %s: %d entries were given up, the journal goes on from %d", answers[i].Witness, words[i].Seen.Size-words[i].Kept.Size, words[i].Kept.Size))
	}
	for _, k := range lost {
		signed, c, err := book.Continue(k.Largest, kept, why)
		if err != nil {
			return nil, err
		}
		if err := declare(ctx, book, signed, c, k); err != nil {
			return nil, err
		}
		said = append(said, fmt.Sprintf("partner %s: knows %d entries, the journal goes on from %d; of %d messages the proof came back, their content is there", k.Name(), c.Seen.Size, c.Kept.Size, len(k.Messages)))
	}
	if err := os.Remove(cfg.cosignedFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return said, nil
}
