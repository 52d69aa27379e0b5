package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"dobosh/internal/backup"
	"dobosh/internal/exchange/recall"
	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
)

// truth brings the journal and the database of a node together at its start: the
// journal says what was decided and exchanged, the database what is under way. What
// does not fit keeps the node from serving.
type truth struct {
	base
	journal.Comparison
	was    backup.Restored
	silent *unheard // partners that were asked and did not answer
}

// openTruth looks whether the database belongs to the journal at all. It comes
// before anything is appended.
func openTruth(ctx context.Context, b base, db *storage.DB, book *journal.Log) (truth, error) {
	was, err := backup.ReadRestored(b.Dir)
	if err != nil {
		return truth{}, err
	}
	t := truth{b, journal.Comparison{Log: book, DB: db, Restored: was.Database}, was, &unheard{}}
	return t, t.said(t.Before(ctx))
}

// How long witnesses are asked for the largest tree they know before the first
// append. A journal that was restored waits longer, and does not go on without any.
const (
	hearMoment = 3 * time.Second
	hearLong   = 30 * time.Second
	hearPause  = 500 * time.Millisecond
)

// hear asks the witnesses what they know of the journal, before anything is appended
// to it: one that was cut back, or comes from an older copy, would sign a second
// history. A journal that comes from a copy asks its partners as well.
func (t truth) hear(ctx context.Context, holder *credential.Holder, state *registry.State) error {
	if err := t.hearWitnesses(ctx, holder); err != nil || !t.was.Journal {
		return err
	}
	signed, kept, err := keptBy(t.Log, t.was)
	if err != nil {
		return err
	}
	partners, done := reached(partnersOf(state, t.Member), holder.Own())
	defer done()
	*t.silent = unheard{Kept: string(signed), At: t.now()}
	var ahead *recall.Known
	for _, k := range question(ctx, t.Log, kept).Ask(ctx, partners) {
		if k.Err != nil {
			t.log.WarnContext(ctx, "a partner did not say what it knows of the journal, and is asked again", slog.String("partner", k.Name()), slog.Any("error", k.Err))
			t.silent.Nodes = append(t.silent.Nodes, k.Name())
			continue
		}
		if k.Largest == nil {
			continue
		}
		said, told, err := gaveUp(ctx, t.Log, k)
		switch {
		case err != nil:
			return err
		case told:
		case said:
			t.silent.Nodes = append(t.silent.Nodes, k.Name())
		default:
			t.tellKnown(ctx, k)
			ahead = &k
		}
	}
	if ahead != nil {
		return problem.New(problem.Conflict, "journal-behind-partner", "journal", filepath.Join(t.Dir, "journal"), "entries", strconv.FormatInt(kept.Size, 10),
			"known", strconv.FormatInt(ahead.Size, 10), "partner", ahead.Name())
	}
	return nil
}

func (t truth) hearWitnesses(ctx context.Context, holder *credential.Holder) error {
	if len(t.Witnesses) == 0 {
		return nil
	}
	peers, client, err := witnessPeers(t.base, t.Witnesses, holder)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	moment := hearMoment
	if t.was.Journal {
		moment = hearLong
	}
	asking, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	question := witness.Question{Peers: peers, Client: client, Keys: t.Log.Keys(), Signed: t.Log.Checkpoint()}
	answers, heard := []witness.Seen(nil), false
	var causes []error
	for {
		answers, causes = question.Ask(asking), nil
		for _, a := range answers {
			heard = heard || a.Err == nil
			causes = append(causes, a.Err)
		}
		if heard || !t.was.Journal || clock.Pause(asking, hearPause) != nil {
			break
		}
	}
	told, err := t.remind(asking, peers, client, answers)
	if err != nil {
		return err
	}
	if told {
		answers = question.Ask(asking)
	}
	largest, size := witness.Largest(answers), t.Log.Size()
	switch {
	case !heard && t.was.Journal && !t.was.Alone:
		return problem.New(problem.Unavailable, "journal-unheard", "journal", filepath.Join(t.Dir, "journal")).Because(errors.Join(causes...))
	case !heard:
		t.log.WarnContext(ctx, "no witness was there to be asked what it knows of the journal")
		return ctx.Err()
	case largest.Size > size:
		return problem.New(problem.Conflict, "journal-behind", "journal", filepath.Join(t.Dir, "journal"), "entries", strconv.FormatInt(size, 10),
			"known", strconv.FormatInt(largest.Size, 10), "witness", largest.Witness)
	case largest.Signed == nil:
		return nil
	}
	return t.damaged(t.Log.Extends(largest.Signed))
}

// remind tells a witness once more that the journal went on from fewer entries than the
// witness had seen, where that is what it still has: it was itself put back from a copy of
// before. A witness that has seen anything else says so, and nothing is given up twice.
func (t truth) remind(ctx context.Context, peers []witness.Peer, client *http.Client, answers []witness.Seen) (told bool, err error) {
	for i, a := range answers {
		if a.Err != nil || a.Signed == nil || a.Size <= t.Log.Size() && t.Log.Extends(a.Signed) == nil {
			continue
		}
		q := journal.Query{Kinds: []string{continuationKind}, Match: func(e journal.Entry) bool { return e.ID == a.Witness }}
		for {
			found, next, err := t.Log.Search(ctx, q)
			if err != nil {
				return told, err
			}
			for _, l := range found {
				if err := witness.Continue(ctx, peers[i], client, l.Entry.Body); err != nil {
					t.log.InfoContext(ctx, "a witness has seen something else than what was given up", slog.String("witness", a.Witness), slog.Any("error", err))
					continue
				}
				t.log.WarnContext(ctx, "a witness was told again that the journal went on from fewer entries", slog.String("witness", a.Witness))
				told = true
			}
			if q.After = next; next == 0 {
				break
			}
		}
	}
	return told, nil
}

// settle takes up what the journal says since the database was last marked, and
// begins to follow it: what people see of it, and the mark. It comes when all rooms
// are open and before anything is served.
func (t truth) settle(ctx context.Context, brought []Brings) (Brings, error) {
	var rooms []journal.Kept
	for _, b := range brought {
		rooms = append(rooms, b.Keeps...)
	}
	adopted, err := t.After(ctx, rooms, t.log)
	if err != nil {
		return Brings{}, t.said(err)
	}
	if t.was != (backup.Restored{}) {
		t.log.WarnContext(ctx, "the node was restored", slog.Bool("database", t.was.Database), slog.Bool("journal", t.was.Journal), slog.Int("adopted", adopted))
		if t.was.Journal {
			if err := t.silent.put(t.Config); err != nil {
				return Brings{}, err
			}
		}
	}
	return Brings{Start: t.begun, Close: journal.Project(ctx, t.DB, t.Log, receiptKinds(), t.log).Close}, nil
}

// begun says that the node has started with what was restored. It comes when the rooms listen to the bus, from its oldest event on: a
// node that dies before is still one that was put back, and what it had heard since the copy it hears at the next start.
func (t truth) begun(context.Context) error {
	if t.was == (backup.Restored{}) {
		return nil
	}
	return backup.Begun(t.Dir)
}

// DatabaseName says where the database is, without the password in an address.
func (c Config) DatabaseName() string {
	if c.Storage.PostgresFile != "" {
		return c.Storage.PostgresFile
	}
	return filepath.Join(c.Dir, "dobosh.db")
}

// said names the files in the sentence.
func (t truth) said(err error) error {
	lost, ok := errors.AsType[*journal.Lost](err)
	if !ok {
		return err
	}
	return problem.New(problem.Conflict, lost.Code, "database", t.DatabaseName(), "journal", filepath.Join(t.Dir, "journal"),
		"entries", strconv.FormatInt(lost.Log, 10), "known", strconv.FormatInt(lost.Known, 10)).Because(err)
}

// damaged says of a journal that does not open what is wrong with it and what to do.
func (b base) damaged(err error) error {
	damage, ok := errors.AsType[*journal.DamageError](err)
	if !ok {
		return err
	}
	code, file := "journal-damaged", filepath.Join(b.Dir, "journal", damage.File)
	if damage.File == "keys" {
		code = "journal-keys-lost"
	}
	return problem.New(problem.Conflict, code, "file", file).Because(err)
}
