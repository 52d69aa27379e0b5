package services

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// decisionKind marks decisions in the journal.
const decisionKind = "decision"

// sealBy is when the job takes over from the call that made the decision.
const sealBy = 5 * time.Second

// sealers is how many jobs seal at once: they come only after those who decided
// have failed to.
const sealers = 4

// sealPatience is how long a person waits for the seal.
const sealPatience = 10 * time.Second

// sealNow seals at once, so that the person sees a sealed decision. Should it
// fail, the job does it.
func (r *Room) sealNow(ctx context.Context, decision string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealPatience) // the decision stands, whether or not the person still waits
	defer cancel()
	err := r.seal(ctx, decision, func(ctx context.Context, save func(context.Context, *storage.Tx) error) error {
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if _, err := r.later.seal.Remove(ctx, tx, decision); err != nil {
				return err
			}
			return save(ctx, tx)
		})
	})
	if err != nil {
		r.Log.WarnContext(ctx, "decision is sealed later", slog.String("decision", decision), slog.Any("error", err))
	}
}

// sealLater is the job.
func (r *Room) sealLater(ctx context.Context, t *work.Try[work.None]) error {
	return r.seal(ctx, t.Ref, t.End)
}

// seal puts the content of a decision into the journal and keeps only its
// place there. Two that seal the same decision wait for each other. A process
// that dies between the two leaves an entry that nobody was told of; the job
// then seals again. That is harmless: both entries hold the same decision byte
// for byte, and the row names one of them. The end is a transaction that also
// ends the job.
func (r *Room) seal(ctx context.Context, decision string, end func(context.Context, func(context.Context, *storage.Tx) error) error) error {
	unlock := r.sealing.lock(decision)
	defer unlock()
	d, err := r.decisionWhere(ctx, "id", decision)
	if err != nil {
		return err
	}
	index := d.index
	if index < 0 {
		if index, err = r.sealContent(ctx, d); err != nil {
			return err
		}
	}
	return end(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE services_decisions SET log_index = $1, content = '' WHERE id = $2 AND log_index < 0`, index, decision)
		return err
	})
}

func (r *Room) sealContent(ctx context.Context, d storedDecision) (int64, error) {
	meta, err := proof.Content{Decision: proof.Decision{ID: d.id}}.Meta()
	if err != nil {
		return 0, err
	}
	s, err := r.service(d.service)
	if err != nil {
		return 0, err
	}
	subjects, err := r.subjectsOf(s.Sector, d.person)
	if err != nil {
		return 0, err
	}
	stamp, err := r.Journal.Append(ctx, journal.Entry{
		Kind: decisionKind, ID: d.id, At: d.madeAt, Subjects: subjects, Meta: meta, Body: []byte(d.content),
	})
	if err != nil {
		return 0, fmt.Errorf("seal decision %s: %w", d.id, err)
	}
	return stamp.Index, nil
}
