package services

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/services/proof"
	"dobosh/internal/storage"
)

// decisionKind marks decisions in the journal.
const decisionKind = "decision"

// sealBy is when the job takes over from the call that made the decision.
const sealBy = 5 * time.Second

// sealPatience is how long a person waits for the seal.
const sealPatience = 10 * time.Second

// sealNow seals at once, so that the person sees a sealed decision. Should it
// fail, the job does it.
func (r *Room) sealNow(ctx context.Context, decision string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealPatience) // the decision stands, whether or not the person still waits
	defer cancel()
	if err := r.seal(ctx, decision); err != nil {
		r.Log.WarnContext(ctx, "decision is sealed later", slog.String("decision", decision), slog.Any("error", err))
	}
}

// seal puts the content of a decision into the journal and keeps only its
// place there. Two that seal the same decision wait for each other. A process
// that dies between the two leaves an entry that nobody was told of; the job
// then seals again. That is harmless: both entries hold the same decision byte
// for byte, and the row names one of them.
func (r *Room) seal(ctx context.Context, decision string) error {
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
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE services_decisions SET log_index = $1, content = '' WHERE id = $2 AND log_index < 0`, index, decision); err != nil {
			return err
		}
		_, err := endJob(ctx, tx, jobSeal, decision)
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
